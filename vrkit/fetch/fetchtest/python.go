package fetchtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Python makes a copy of the real Python that lacks modules, and returns its folder for PATH: the interpreter is
// copied, and its library is linked without those modules.
func Python(t testing.TB, without ...string) (bin string) {
	t.Helper()
	out, err := exec.Command("python3", "-I", "-c", "import sys, sysconfig, os; print(os.path.realpath(sys.executable)); print(sysconfig.get_path('stdlib'))").Output()
	if err != nil {
		Missing(t, "there is no python3 to take parts from")
	}
	interpreter, library, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	prefix := t.TempDir()
	bin = filepath.Join(prefix, "bin")
	lib := filepath.Join(prefix, "lib", filepath.Base(library))
	for _, dir := range []string{bin, lib} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	binary, err := os.ReadFile(interpreter)
	if err == nil {
		err = os.WriteFile(filepath.Join(bin, "python3"), binary, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(library)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if slices.Contains(without, entry.Name()) {
			continue
		}
		if err := os.Symlink(filepath.Join(library, entry.Name()), filepath.Join(lib, entry.Name())); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(filepath.Join(bin, "python3"), "-I", "-c", "import sys, ssl; print(sys.prefix)").CombinedOutput(); err != nil ||
		strings.TrimSpace(string(out)) != prefix {
		Missing(t, "this Python can't be taken apart: %s", out)
	}
	return bin
}
