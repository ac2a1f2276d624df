package fetch

import (
	"archive/tar"
	"compress/bzip2"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/therootcompany/xz"
)

// maxWindow bounds the window that a decompressor keeps in memory: xz -9 needs 64 MiB, dpkg-deb's default 8.
const maxWindow = 64 << 20

// DebFile is an opened Debian package (deb(5)): Next returns its files, as a [tar.Reader] does. It is read once, from
// start to end; nothing in it is run or written. It needs at most 64 MiB and some buffers, whatever the package claims.
type DebFile struct {
	*tar.Reader
	close []func() error
}

// OpenDeb opens a package file.
func OpenDeb(path string) (*DebFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	d, err := newDebFile(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	d.close = append(d.close, f.Close)
	return d, nil
}

// Close closes the package file.
func (d *DebFile) Close() error {
	var errs []error
	for _, c := range d.close {
		errs = append(errs, c())
	}
	return errors.Join(errs...)
}

// newDebFile finds the package's files: the ar member data.tar, with one of five compressions.
func newDebFile(r io.Reader) (*DebFile, error) {
	ar, err := newArReader(r)
	if err != nil {
		return nil, err
	}
	for first := true; ; first = false {
		name, err := ar.next()
		if err == io.EOF {
			return nil, errors.New("the package holds no data.tar")
		}
		if err != nil {
			return nil, err
		}
		if first != (name == "debian-binary") {
			return nil, errors.New("it is no Debian package: debian-binary is not its first member")
		}
		if strings.HasPrefix(name, "data.tar") {
			return decompress(ar, strings.TrimPrefix(name, "data.tar"))
		}
	}
}

func decompress(r io.Reader, suffix string) (*DebFile, error) {
	d := &DebFile{}
	var err error
	switch suffix {
	case "":
	case ".gz":
		r, err = gzip.NewReader(r)
	case ".xz":
		r, err = xz.NewReader(r, maxWindow)
	case ".bz2":
		r = bzip2.NewReader(r)
	case ".zst":
		var z *zstd.Decoder
		z, err = zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err == nil {
			r = z
			d.close = append(d.close, func() error { z.Close(); return nil })
		}
	default:
		err = fmt.Errorf("the package is compressed in a way that is not known here: data.tar%s", suffix)
	}
	d.Reader = tar.NewReader(r)
	return d, err
}
