package npy

import (
	"archive/zip"
	"fmt"
	"io"
	"strings"
)

// Looks tells whether r, of size bytes, looks like a .npz file: a zip archive of .npy files only. PyTorch's is not.
func Looks(r io.ReaderAt, size int64) bool {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return false
	}
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, ".npy") {
			return false
		}
	}
	return len(archive.File) > 0
}

// ReadArchive reads a .npz file, a zip archive with one .npy file for each array, from r, of size bytes. The arrays are
// by their names without .npy. An archive can claim, or unpack to, far more than it has: all arrays together may have at
// most ratio times as many values as the archive has bytes.
func ReadArchive(r io.ReaderAt, size, ratio int64) (map[string]Array, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("not a whole zip file: %w", err)
	}
	left := ratio * size
	arrays := map[string]Array{}
	for _, f := range archive.File {
		name := strings.TrimSuffix(f.Name, ".npy")
		if _, twice := arrays[name]; twice {
			return nil, fmt.Errorf("the file has two arrays %.80q", name)
		}
		array, err := readMember(f, left)
		if err != nil {
			return nil, fmt.Errorf("the array %.80q %w", name, err)
		}
		left -= int64(array.Values)
		arrays[name] = array
	}
	return arrays, nil
}

// readMember reads one array, of at most so many values. At the member's end the zip reader compares its checksum.
func readMember(f *zip.File, most int64) (Array, error) {
	member, err := f.Open()
	if err != nil {
		return Array{}, fmt.Errorf("can't be unpacked: %w", err)
	}
	defer member.Close()
	h, err := ReadHeader(member)
	if err != nil {
		return Array{}, err
	}
	if int64(h.Values) > most {
		return Array{}, fmt.Errorf("claims %d values, too many for a file of this size: refused", h.Values)
	}
	return h.Read(member)
}
