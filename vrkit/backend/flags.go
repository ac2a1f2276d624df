package backend

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// FlagError says that the user's XLA_FLAGS name a flag that a plugin does not know. No other plugin is tried.
type FlagError struct{ Name string }

func (e *FlagError) Error() string {
	return fmt.Sprintf("%s has --%s, which the plugin does not know: correct it, or unset %s", flagsEnv, e.Name, flagsEnv)
}

// checkFlags returns a [FlagError] if the user's XLA_FLAGS name a flag whose name is nowhere in the plugin's file: as it loads,
// the plugin would end the process at such a flag. A value that does not begin with -- is the path of a file with flags,
// which is left to the plugin.
func checkFlags(plugin, flags string) error {
	if !strings.HasPrefix(strings.TrimSpace(flags), "--") {
		return nil
	}
	unknown := map[string]bool{}
	for _, flag := range strings.Fields(flags) {
		if name, ok := strings.CutPrefix(flag, "--"); ok {
			name, _, _ = strings.Cut(name, "=")
			unknown[name] = true
		}
	}
	file, err := os.Open(plugin)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := cross(unknown, file); err != nil {
		return err
	}
	for _, flag := range strings.Fields(flags) { // the first of them in their order
		name, _, _ := strings.Cut(strings.TrimPrefix(flag, "--"), "=")
		if unknown[name] {
			return &FlagError{name}
		}
	}
	return nil
}

// cross deletes from names those that r holds.
func cross(names map[string]bool, r io.Reader) error {
	longest := 0
	for name := range names {
		longest = max(longest, len(name))
	}
	buffer := make([]byte, longest+4<<20)
	for kept := 0; len(names) > 0; {
		n, err := io.ReadFull(r, buffer[kept:])
		for name := range names {
			if bytes.Contains(buffer[:kept+n], []byte(name)) {
				delete(names, name)
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		kept = copy(buffer, buffer[kept+n-longest:kept+n]) // where a name may have begun
	}
	return nil
}
