package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Sometimes GoNB does not translate a frame of a panic to the cell: the line is found all the same, whichever cell it
// is in.
func TestFailureOfARawFrame(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "gonb_ab12")
	require.NoError(t, os.Mkdir(folder, 0o700))
	program := filepath.Join(folder, "main.go")
	require.NoError(t, os.WriteFile(program, []byte("package main\n\nfunc f() {\n\tpanic(\"no\")\n}\n\nfunc main() { f() }\n"), 0o600))
	find := func(cells string) string {
		script := fmt.Sprintf(`import failure
stack = "panic: no\n\ngoroutine 1 [running]:\nmain.f(...)\n\t" + %q + ":4 +0x18\nexit status 2\n"
print(failure.process(3, %s, stack))`, program, cells)
		python := exec.Command("python3", "-B", "-c", script)
		python.Dir = "jupyter"
		out, err := python.CombinedOutput()
		require.NoError(t, err, string(out))
		return string(out)
	}
	const called = `{2: 'func f() {\n\tpanic("no")\n}', 3: '%%\nf()'}`
	require.Equal(t, "Failure(cell=2, line=2, text='panic: no')\n", find(called))
	const both = `{2: 'panic("no")', 3: '%%\n\npanic("no")'}`
	require.Equal(t, "Failure(cell=3, line=3, text='panic: no')\n", find(both), "the cell that ran goes before another")
	const unknown = `{2: 'panic("no")', 3: 'f()', 4: 'panic("no")'}`
	require.Contains(t, find(unknown), "Failure(cell=3, line=0,", "two others have that line")
}
