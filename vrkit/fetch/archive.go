package fetch

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// unpack writes one member of an archive to the file at to, which it returns. The archive is a zip, a tar.gz, or a
// single gzip file, whose only member has any name. member is a path in the archive, or a [path.Match] pattern; without
// a slash it is compared with the last part of the path. A member of an archive that is itself a member is written
// outer!/inner, at any depth.
//
// It writes only this one file, and uses no path of the archive; a member of more than limit bytes is an error. An
// archive in an archive is written beside the file and removed, and may have maxInner bytes.
func unpack(archive, member, to string, limit int64, what string, r Report) (string, error) {
	steps := strings.Split(member, "!/")
	in := ""
	for depth, outer := range steps[:len(steps)-1] {
		between := fmt.Sprintf("%s.%d", to, depth)
		defer os.Remove(between)
		if err := unpackOne(archive, outer, between, maxInner, what, r); err != nil {
			return "", fmt.Errorf("%s%w", in, err)
		}
		archive, in = between, in+"in "+outer+": "
	}
	if err := unpackOne(archive, steps[len(steps)-1], to, limit, what, r); err != nil {
		return "", fmt.Errorf("%s%w", in, err)
	}
	return to, nil
}

// maxInner bounds the bytes of an archive in an archive.
const maxInner = 1 << 30

// unpackOne is unpack for a member that lies in the archive itself.
func unpackOne(archive, member, to string, limit int64, what string, r Report) error {
	f, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	magic := make([]byte, 4)
	_, err = io.ReadFull(f, magic)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	switch {
	case err != nil:
	case bytes.Equal(magic, []byte("PK\x03\x04")):
		err = unzip(f, info.Size(), member, to, limit, what, r)
	case bytes.Equal(magic[:2], []byte{0x1f, 0x8b}):
		err = gunzip(f, member, to, limit, what, r)
	default:
		err = errors.New("neither zip nor gzip")
	}
	if err != nil {
		return fmt.Errorf("the archive can't be unpacked: %w", err)
	}
	return nil
}

func unzip(f *os.File, length int64, member, to string, limit int64, what string, r Report) error {
	z, err := zip.NewReader(f, length)
	if err != nil {
		return err
	}
	for _, entry := range z.File {
		if !entry.Mode().IsRegular() || !matches(member, entry.Name) {
			continue
		}
		content, err := entry.Open()
		if err != nil {
			return err
		}
		defer content.Close()
		return write(content, to, limit, int64(entry.UncompressedSize64), what, r)
	}
	return fmt.Errorf("it holds no %s", member)
}

func gunzip(f *os.File, member, to string, limit int64, what string, r Report) error {
	z, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	content := bufio.NewReaderSize(z, 1024)
	header, _ := content.Peek(512)
	if !isTar(header) {
		return write(content, to, limit, 0, what, r)
	}
	t := tar.NewReader(content)
	for {
		entry, err := t.Next()
		if err == io.EOF {
			return fmt.Errorf("it holds no %s", member)
		}
		if err != nil {
			return err
		}
		if entry.Typeflag == tar.TypeReg && matches(member, entry.Name) {
			return write(t, to, limit, entry.Size, what, r)
		}
	}
}

// isTar tells whether a file that begins with these 512 bytes is a tar: they have a word at byte 257, or are a header
// of the old format, which has only a checksum.
func isTar(header []byte) bool {
	if len(header) < 512 {
		return false
	}
	_, err := tar.NewReader(bytes.NewReader(header)).Next()
	return string(header[257:262]) == "ustar" || err == nil
}

// matches compares a member's name, or pattern, with a path in an archive.
func matches(member, name string) bool {
	name = path.Clean(name)
	if !strings.Contains(member, "/") {
		name = path.Base(name)
	}
	if name == member {
		return true
	}
	ok, err := path.Match(member, name)
	return err == nil && ok
}

// write copies at most limit bytes of content to a new file, and reports progress. total is the size in the archive's
// header, 0 if there is none.
func write(content io.Reader, to string, limit, total int64, what string, r Report) error {
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	var done int64
	for {
		r.send(Progress{What: what, Stage: "unpacking", Done: done, Total: total})
		n, err := io.CopyN(f, content, min(8<<20, limit+1-done))
		done += n
		if done > limit {
			return fmt.Errorf("the member has more than the %d bytes that it should have", limit)
		}
		if err == io.EOF {
			return f.Close()
		}
		if err != nil {
			return err
		}
	}
}
