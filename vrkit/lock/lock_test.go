package lock

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const pathEnv = "LOCK_TEST_PATH"

// TestMain makes the test binary a process that takes a lock, says so, and keeps it until its input ends.
func TestMain(m *testing.M) {
	path := os.Getenv(pathEnv)
	if path == "" {
		os.Exit(m.Run())
	}
	if _, err := Try(path); err != nil {
		os.Exit(1)
	}
	os.Stdout.WriteString("locked")
	_, _ = os.Stdin.Read(make([]byte, 1))
}

func TestTry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	for range 2 {
		unlock, err := Try(path)
		require.NoError(t, err)
		_, err = Try(path)
		require.Equal(t, &HeldError{"another part of this program"}, err)
		unlock()
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Empty(t, text)
	}
	_, err := Try(filepath.Join(path, "lock"))
	require.ErrorAs(t, err, new(*os.PathError))
}

// A process says which other one has the lock, and the lock of one that was killed is free.
func TestTryProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	other := exec.Command(os.Args[0])
	other.Env = append(os.Environ(), pathEnv+"="+path)
	out, err := other.StdoutPipe()
	require.NoError(t, err)
	_, err = other.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, other.Start())
	_, err = out.Read(make([]byte, 6))
	require.NoError(t, err)
	_, err = Try(path)
	held := new(HeldError)
	require.ErrorAs(t, err, &held)
	require.Regexp(t, "^process [0-9]+$", held.By)
	require.NoError(t, other.Process.Kill())
	_ = other.Wait()
	unlock, err := Try(path)
	require.NoError(t, err)
	unlock()

	require.NoError(t, os.WriteFile(path, []byte("\x1b[2J"), 0o600))
	require.Equal(t, "another process", holder(path))
}
