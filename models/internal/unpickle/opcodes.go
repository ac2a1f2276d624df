package unpickle

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// fixedArgument gives the number of bytes that follow each admitted opcode whose argument has a fixed
// length; check knows the opcodes with other arguments. The names are those of Python's pickletools.
var fixedArgument = map[byte]int{
	0x80: 1,                         // PROTO
	'}':  0, ']': 0, ')': 0, '(': 0, // EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE, MARK
	'q': 1, 'r': 4, 'h': 1, 'j': 4, // BINPUT, LONG_BINPUT, BINGET, LONG_BINGET
	'K': 1, 'M': 2, 'J': 4, 'G': 8, // BININT1, BININT2, BININT, BINFLOAT
	't': 0, 0x85: 0, 0x86: 0, 0x87: 0, // TUPLE, TUPLE1, TUPLE2, TUPLE3
	'R': 0, 'b': 0, 'Q': 0, // REDUCE, BUILD, BINPERSID
	'N': 0, 0x88: 0, 0x89: 0, // NONE, NEWTRUE, NEWFALSE
	'a': 0, 'e': 0, 's': 0, 'u': 0, // APPEND, APPENDS, SETITEM, SETITEMS
}

// lengthBytes gives the number of bytes of the length, little-endian, that comes before an opcode's argument.
var lengthBytes = map[byte]int{
	'B': 4, 'C': 1, // BINBYTES, SHORT_BINBYTES
	'X': 4, 'U': 1, // BINUNICODE, SHORT_BINSTRING
	0x8a: 1, // LONG1
}

// maxOpcodes is the largest number of opcodes in a pickle. It bounds the memory of the objects that they make, which
// take a few hundred bytes each. A weight file has about forty opcodes for each tensor.
const maxOpcodes = 1 << 17

var errCut = errors.New("the pickle is cut off")

// check goes through the opcodes up to STOP before anything is built, and returns the pickle's length in
// bytes. It refuses opcodes and globals that the reader does not admit. It also refuses an opcode that claims
// more bytes than there are, so that a short file can't ask for much memory.
func (r Reader) check(data []byte) (length int, err error) {
	at := 0
	for range maxOpcodes {
		if at >= len(data) {
			return 0, errCut
		}
		opcode, rest := data[at], data[at+1:]
		if opcode == '.' { // STOP
			return at + 1, nil
		}
		skip, fixed := fixedArgument[opcode]
		size, counted := lengthBytes[opcode]
		switch {
		case fixed:
		case counted && len(rest) < size:
			return 0, errCut
		case counted && size == 1:
			skip = 1 + int(rest[0])
		case counted:
			skip = 4 + int(binary.LittleEndian.Uint32(rest))
		case opcode == 'c': // GLOBAL: two lines
			lines := bytes.SplitN(rest, []byte("\n"), 3)
			if len(lines) < 3 {
				return 0, errCut
			}
			name := string(lines[0]) + "." + string(lines[1])
			if _, ok := r.Globals[name]; !ok {
				return 0, r.refused("asks for " + printable(name))
			}
			skip = len(lines[0]) + len(lines[1]) + 2
		default:
			return 0, r.refused(fmt.Sprintf("has the opcode 0x%02x", opcode))
		}
		if skip > len(rest) {
			return 0, errCut
		}
		at += 1 + skip
	}
	return 0, fmt.Errorf("the pickle has more than %d opcodes: refused", maxOpcodes)
}

// printable is a name from the file, quoted and shortened for an error of one line.
func printable(name string) string {
	return strings.Trim(fmt.Sprintf("%.80q", name), `"`)
}
