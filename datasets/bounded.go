package datasets

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// readBounded reads a regular file of at most limit bytes. Its errors continue the file's name.
func readBounded(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return nil, errors.New("is no regular file") // reading a pipe could wait for ever
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("can't be opened: %w", withoutPath(err))
	}
	defer file.Close()
	tooLarge := fmt.Errorf("is larger than %d MB", limit>>20)
	if info != nil && info.Size() > limit {
		return nil, tooLarge // before it fills the memory
	}
	content, err := io.ReadAll(io.LimitReader(file, limit+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("can't be read: %w", withoutPath(err))
	case len(content) == 0:
		return nil, errors.New("is an empty file")
	case int64(len(content)) > limit:
		return nil, tooLarge
	}
	return content, nil
}
