package npickle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// fixedArgument gives the bytes that follow each opcode that a file of arrays uses; opcodes with a
// length or a line after them are in checkLengths. Python's pickletools names them.
var fixedArgument = map[byte]int{
	0x80: 1,                         // PROTO
	'}':  0, ']': 0, ')': 0, '(': 0, // EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE, MARK
	'q': 1, 'r': 4, 'h': 1, 'j': 4, // BINPUT, LONG_BINPUT, BINGET, LONG_BINGET
	'K': 1, 'M': 2, 'J': 4, // BININT1, BININT2, BININT
	't': 0, 0x85: 0, 0x86: 0, 0x87: 0, // TUPLE, TUPLE1, TUPLE2, TUPLE3
	'R': 0, 'b': 0, // REDUCE, BUILD
	'N': 0, 0x88: 0, 0x89: 0, // NONE, NEWTRUE, NEWFALSE
	'a': 0, 'e': 0, 's': 0, 'u': 0, // APPEND, APPENDS, SETITEM, SETITEMS
}

// checkLengths walks the opcodes before anything is built: it refuses those that a file of arrays
// does not use, and any that claims more bytes than the file has, so that a short file can't ask for
// much memory.
func checkLengths(data []byte) error {
	for at := 0; at < len(data); {
		opcode := data[at]
		at++
		rest := data[at:]
		skip, ok := fixedArgument[opcode]
		switch {
		case ok:
		case opcode == '.': // STOP
			return nil
		case opcode == 'B' || opcode == 'X': // BINBYTES, BINUNICODE
			if len(rest) < 4 {
				return errors.New("the pickle is cut off")
			}
			skip = 4 + int(binary.LittleEndian.Uint32(rest))
		case opcode == 'C': // SHORT_BINBYTES
			if len(rest) < 1 {
				return errors.New("the pickle is cut off")
			}
			skip = 1 + int(rest[0])
		case opcode == 'c': // GLOBAL: two lines
			first := bytes.IndexByte(rest, '\n')
			second := bytes.IndexByte(rest[first+1:], '\n')
			if first < 0 || second < 0 {
				return errors.New("the pickle is cut off")
			}
			skip = first + 1 + second + 1
		default:
			return fmt.Errorf("the pickle has the opcode 0x%02x, which a file of arrays has no need of: refused", opcode)
		}
		if skip > len(rest) {
			return errors.New("the pickle is cut off")
		}
		at += skip
	}
	return errors.New("the pickle is cut off")
}
