package fetch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// arReader reads the members of an ar archive, the format of Debian packages: a first line that names the format, then
// for each member a header of 60 bytes of text and its contents, padded to an even length. It keeps one header in
// memory, whatever sizes the headers claim.
type arReader struct {
	from *bufio.Reader
	left int64 // of the current member
	fill int64 // padding after it
}

const (
	arMagic  = "!<arch>\n"
	arHeader = 60
)

func newArReader(r io.Reader) (*arReader, error) {
	a := &arReader{from: bufio.NewReaderSize(r, 64<<10)}
	magic := make([]byte, len(arMagic))
	if _, err := io.ReadFull(a.from, magic); err != nil || string(magic) != arMagic {
		return nil, errors.New("it is no Debian package: it does not begin as an ar archive does")
	}
	return a, nil
}

// next goes to the next member and returns its name; io.EOF after the last.
func (a *arReader) next() (name string, err error) {
	if _, err := io.CopyN(io.Discard, a.from, a.left+a.fill); err != nil {
		return "", cutOff(err)
	}
	a.left, a.fill = 0, 0
	var header [arHeader]byte
	if _, err := io.ReadFull(a.from, header[:]); err == io.EOF {
		return "", io.EOF
	} else if err != nil {
		return "", cutOff(err)
	}
	text := func(from, to int) string { return strings.TrimRight(string(header[from:to]), " ") }
	size, err := strconv.ParseUint(text(48, 58), 10, 40) // at most ten digits
	if err != nil || string(header[58:]) != "`\n" {
		return "", errors.New("the package is broken: an ar header makes no sense")
	}
	a.left, a.fill = int64(size), int64(size)%2
	return strings.TrimSuffix(text(0, 16), "/"), nil
}

// Read reads the current member; it is an error if the package ends within it.
func (a *arReader) Read(p []byte) (int, error) {
	if a.left == 0 {
		return 0, io.EOF
	}
	n, err := a.from.Read(p[:min(int64(len(p)), a.left)])
	a.left -= int64(n)
	if err != nil {
		err = cutOff(err)
	}
	return n, err
}

func cutOff(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("the package is cut off: %w", io.ErrUnexpectedEOF)
	}
	return err
}
