package runs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// WriteFile writes a file beside its final name, makes sure of it on the disk, and renames it: at no
// moment is there half a file under that name. The file gets the mode, whatever the umask and the file before.
func WriteFile(path string, data []byte, mode os.FileMode) error {
	file, err := renameio.NewPendingFile(path, renameio.WithTempDir(filepath.Dir(path)), renameio.WithStaticPermissions(mode))
	if err == nil {
		defer file.Cleanup() // does nothing after the rename
		_, err = file.Write(data)
	}
	if err == nil {
		err = file.CloseAtomicallyReplace()
	}
	if err != nil {
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
