package torchpickle

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
)

// readZip reads the zip format, an archive of uncompressed members in one folder: data.pkl is the pickle of the value,
// data/KEY holds the values of each storage, and newer files have a member byteorder.
func readZip(data []byte) (any, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, fmt.Errorf("not a whole zip file: %w", err)
	}
	members, folder := map[string]*zip.File{}, ""
	for _, f := range archive.File {
		if top, ok := strings.CutSuffix(f.Name, "/data.pkl"); ok && !strings.Contains(top, "/") {
			folder = top + "/"
		}
		if members[f.Name] != nil {
			return nil, fmt.Errorf("the zip has two members %.80q", f.Name)
		}
		members[f.Name] = f
	}
	if folder == "" {
		return nil, errors.New("the zip has no data.pkl: not a file of PyTorch's")
	}
	member := func(name string) ([]byte, error) {
		f, ok := members[folder+name]
		if !ok {
			return nil, fmt.Errorf("the zip has no member %.80q", folder+name)
		}
		return stored(data, f)
	}
	if members[folder+"byteorder"] != nil {
		if order, err := member("byteorder"); err != nil || string(order) != "little" {
			return nil, errors.New("the file's values are not little-endian")
		}
	}
	program, err := member("data.pkl")
	if err != nil {
		return nil, err
	}
	found := storages{}
	value, _, err := found.reader().Load(program)
	if err != nil {
		return nil, err
	}
	for key, s := range found {
		raw, err := member("data/" + key)
		if err != nil {
			return nil, err
		}
		if len(raw) != s.count*s.Size {
			return nil, fmt.Errorf("storage %.40q has %d bytes, but %d values of %d bytes", key, len(raw), s.count, s.Size)
		}
		s.raw, s.found = raw, true
	}
	return value, nil
}

// stored returns a member's bytes, a part of the file's bytes. PyTorch does not compress members. A compressed one is
// refused, so that a small file can't take much memory.
func stored(data []byte, f *zip.File) ([]byte, error) {
	if f.Method != zip.Store || f.CompressedSize64 != f.UncompressedSize64 {
		return nil, fmt.Errorf("the zip's member %.80q is compressed, which PyTorch never does: refused", f.Name)
	}
	start, err := f.DataOffset()
	if err != nil {
		return nil, fmt.Errorf("the zip's member %.80q: %w", f.Name, err)
	}
	if start < 0 || start > int64(len(data)) || f.UncompressedSize64 > uint64(int64(len(data))-start) {
		return nil, fmt.Errorf("the zip's member %.80q is cut off", f.Name)
	}
	raw := data[start : start+int64(f.UncompressedSize64)]
	if crc32.ChecksumIEEE(raw) != f.CRC32 {
		return nil, fmt.Errorf("the zip's member %.80q is damaged", f.Name)
	}
	return raw, nil
}
