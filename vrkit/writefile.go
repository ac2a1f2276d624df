package vrkit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// WriteFile writes a file beside its final name, makes sure of it on the disk, and renames it: at no
// moment is there half a file under that name.
func WriteFile(path string, data []byte, mode os.FileMode) error {
	beside, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("can't write %s: %w", path, cause(err))
	}
	defer os.Remove(beside.Name()) // fails, as it should, after the rename
	_, err = beside.Write(data)
	if err = errors.Join(err, beside.Chmod(mode), beside.Sync(), beside.Close()); err != nil {
		return fmt.Errorf("can't write %s: %w", path, err)
	}
	if err := os.Rename(beside.Name(), path); err != nil {
		return fmt.Errorf("can't write %s: %w", path, cause(err))
	}
	return nil
}

// cause is an error of the file system without the name of the file beside.
func cause(err error) error {
	if path, ok := errors.AsType[*os.PathError](err); ok {
		return path.Err
	}
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return link.Err
	}
	return err
}
