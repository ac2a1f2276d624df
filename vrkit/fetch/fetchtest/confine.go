// Package fetchtest makes failures for tests with real processes: a machine without a network, a disk that is full or
// read-only, a Python without some modules, a package index with only some packages.
package fetchtest

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Bad says what fails for a process that [Command] starts; the kernel causes each failure.
type Bad struct {
	Offline  bool   // no network but loopback
	Small    string // a folder on a disk of its own
	Room     int    // that disk's size, in MB
	ReadOnly string // a folder that is read-only, with its contents
	Setup    string // shell commands to run first, in the small folder
}

// Command is [exec.Command] in namespaces of its own, where the failures happen. It skips the test if the system does
// not allow this user such namespaces, as in many containers.
func (b Bad) Command(t testing.TB, name string, args ...string) *exec.Cmd {
	t.Helper()
	flags := []string{"--user", "--map-root-user", "--mount"}
	var script strings.Builder
	script.WriteString("set -e\n")
	if b.Offline {
		flags = append(flags, "--net")
		script.WriteString("ip link set lo up\n")
	}
	if b.Small != "" {
		fmt.Fprintf(&script, "mount -t tmpfs -o size=%dm,mode=700 tmpfs \"$SMALL\"\n", b.Room)
		if b.Setup != "" {
			fmt.Fprintf(&script, "(cd \"$SMALL\" && %s)\n", b.Setup)
		}
	}
	if b.ReadOnly != "" {
		script.WriteString("mount --bind \"$READONLY\" \"$READONLY\"\nmount -o remount,bind,ro \"$READONLY\"\n")
	}
	unshare := func(script string, args ...string) *exec.Cmd {
		command := exec.Command("unshare", append(append(flags, "sh", "-c", script, "sh"), args...)...)
		command.Env = append(os.Environ(), "SMALL="+b.Small, "READONLY="+b.ReadOnly)
		return command
	}
	if out, err := unshare("").CombinedOutput(); err != nil {
		t.Skipf("the system allows this user no namespaces: %v %s", err, out)
	}
	if out, err := unshare(script.String()).CombinedOutput(); err != nil {
		Missing(t, "the failure can't be made: %v %s", err, out)
	}
	return unshare(script.String()+`unset SMALL READONLY; exec "$@"`, append([]string{name}, args...)...)
}
