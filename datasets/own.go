package datasets

import (
	"path/filepath"
	"strings"
)

// Own tells whether a name is of a user's own data, and returns its prefix, [FolderPrefix] or [CSVPrefix], and the path
// behind it.
func Own(name string) (prefix, path string, ok bool) {
	for _, prefix := range []string{FolderPrefix, CSVPrefix} {
		if path, ok := strings.CutPrefix(name, prefix); ok {
			return prefix, path, true
		}
	}
	return "", "", false
}

// Absolute is the name of a data set as it is from every working directory: the path of a user's own begins at the root.
// Other names stay as they are.
func Absolute(name string) string {
	if prefix, path, ok := Own(name); ok {
		if path, err := filepath.Abs(path); err == nil {
			return prefix + path
		}
	}
	return name
}
