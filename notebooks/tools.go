package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// buildTools builds the kernel, GoNB, and goimports, which GoNB calls, in the versions of tools.mod: a module file of
// its own, so that the library does not depend on them.
func (l *launcher) buildTools(ctx context.Context) error {
	modFile := filepath.Join(l.root, "notebooks", "tools.mod")
	mod, err := os.ReadFile(modFile)
	if err != nil {
		return err
	}
	sum, err := os.ReadFile(strings.TrimSuffix(modFile, ".mod") + ".sum")
	if err != nil {
		return err
	}
	m := &making{l: l, what: "Go kernel (gonb, goimports)"}
	const name = "notebooks/tools"
	mark := stamp(string(mod), string(sum), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	l.tools, err = fetch.Once(ctx, name, mark, m.report(filepath.Join(l.cache, name+"-"+mark)), func(dir string) error {
		m.begin("building it from source, 20 MB, about a minute")
		cmd := command(ctx, l.goEnv("GOBIN="+dir), "go", "install", "-v", "-modfile="+modFile, "tool")
		cmd.Dir = l.root
		return l.goBuild(cmd, m)
	})
	return err
}

// goEnv is the environment for the go command, whatever workspace or -mod the user has set. launch.sh gives kernels the
// same, so that they find in Go's build cache what is built here.
func (l *launcher) goEnv(set ...string) []string {
	flags := []string{"-mod=readonly"}
	for _, flag := range strings.Fields(os.Getenv("GOFLAGS")) {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if name != "mod" && name != "modfile" {
			flags = append(flags, flag)
		}
	}
	return environment(append(set,
		"GOFLAGS="+strings.Join(flags, " "),
		"TMPDIR="+filepath.Join(l.scratch, "tmp"),
	), "GOWORK")
}

// goBuild runs a go command that builds with -v, and counts its packages.
func (l *launcher) goBuild(cmd *exec.Cmd, m *making) error {
	packages, last := 0, ""
	var said []string
	err := lines(cmd, func(line string) {
		switch {
		case strings.HasPrefix(line, "go: downloading "):
			m.now("%s", strings.TrimPrefix(line, "go: "))
		case strings.ContainsAny(line, " \t"): // not a package path
			said = append(said, line)
		default:
			packages, last = packages+1, line
			m.now("%d packages built, now %s", packages, last)
		}
	})
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("the go command is not on the PATH: add the bin folder of Go")
	}
	if err == nil {
		return nil
	}
	switch reason := fetch.Reason(strings.Join(said, "\n")).(type) {
	case *fetch.NetworkError:
		return fmt.Errorf("%s: Go's module proxy: %w; check the network and GOPROXY, then start again", m.what, reason)
	case *fetch.DiskError:
		return fmt.Errorf("%s: %w", m.what, reason)
	}
	return fmt.Errorf("%s: the build failed: %w", m.what, because(strings.Join(said, " | "), err))
}
