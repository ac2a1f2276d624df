package fetch

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// arReader reads the members of an ar archive, in which Debian packages come: a line that says so,
// then for each member a header of 60 bytes in text and its contents, filled up to an even length.
// It holds one header in memory, whatever the sizes that the headers tell.
type arReader struct {
	from *bufio.Reader
	left int64 // of the member that is being read
	fill int64 // bytes after it
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
	size, err := strconv.ParseUint(text(48, 58), 10, 40) // ten digits at most
	if err != nil || string(header[58:]) != "`\n" {
		return "", errors.New("the package is broken: an ar header makes no sense")
	}
	a.left, a.fill = int64(size), int64(size)%2
	return strings.TrimSuffix(text(0, 16), "/"), nil
}

// Read reads the member; a package that ends within it is an error.
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
