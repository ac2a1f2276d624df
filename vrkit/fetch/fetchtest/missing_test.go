package fetchtest

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// Missing skips a test on a person's machine, and fails it in CI.
func TestMissing(t *testing.T) {
	if os.Getenv("VRKIT_TEST_MISSING") != "" {
		Missing(t, "there is no %s", "python3")
	}
	for ci, want := range map[string]string{
		"":      "there is no python3\n--- SKIP: TestMissing",
		"false": "there is no python3\n--- SKIP: TestMissing",
		"true":  "under CI=true nothing may be missing: there is no python3\n--- FAIL: TestMissing",
	} {
		child := exec.Command(os.Args[0], "-test.run=^TestMissing$", "-test.v")
		child.Env = append(os.Environ(), "VRKIT_TEST_MISSING=1", "CI="+ci)
		out, err := child.CombinedOutput()
		require.Equal(t, ci == "true", err != nil, string(out))
		require.Contains(t, string(out), want)
	}
}

// Each failure happens for the process that is started with it.
func TestBadDays(t *testing.T) {
	folder := t.TempDir()
	for script, bad := range map[string]Bad{
		`test -z "$(ip route)"`:                              {Offline: true},
		`! touch "$0/file" 2>/dev/null`:                      {ReadOnly: folder},
		`! head -c 3000000 /dev/zero 2>/dev/null >"$0/file"`: {Small: folder, Room: 2},
	} {
		out, err := bad.Command(t, "sh", "-ec", script, folder).CombinedOutput()
		require.NoError(t, err, "%s: %s", script, out)
	}
	require.NoFileExists(t, folder+"/file")
}
