package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// makePython installs JupyterLab and the other packages of jupyter/requirements.txt into a virtual environment in the
// cache.
func (l *launcher) makePython(ctx context.Context) error {
	requirements := filepath.Join(l.root, "notebooks", "jupyter", "requirements.txt")
	pins, err := os.ReadFile(requirements)
	if err != nil {
		return err
	}
	base, version, err := findPython(ctx)
	if err != nil {
		return err
	}
	m := &making{l: l, what: "JupyterLab"}
	const name = "notebooks/jupyter"
	mark := stamp(string(pins), version)
	folder := filepath.Join(l.cache, name+"-"+mark)
	l.python = filepath.Join(folder, "bin", "python")
	_, err = fetch.Once(ctx, name, mark, m.report(folder), func(dir string) error {
		packages := strings.Count(string(pins), "==")
		m.begin(fmt.Sprintf("installing %d Python packages, 240 MB, about half a minute", packages))
		if err := makeVenv(ctx, base, dir, l.pythonEnv()); err != nil {
			return err
		}
		return l.pipInstall(ctx, m, requirements, packages)
	})
	return err
}

// findPython returns a Python that is new enough, and a text that identifies it.
func findPython(ctx context.Context) (path, version string, err error) {
	found := "there is none"
	for _, name := range []string{"python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		const ask = "import sys; print('%d.%d.%d' % sys.version_info[:3], sys.version_info >= (3, 11), sys.base_prefix)"
		out, err := exec.CommandContext(ctx, path, "-I", "-c", ask).Output()
		if ctx.Err() != nil {
			return "", "", ctx.Err()
		}
		fields := strings.Fields(string(out))
		if err != nil || len(fields) < 3 {
			continue
		}
		if fields[1] == "True" {
			return path, string(out), nil
		}
		found = name + " is " + fields[0]
	}
	return "", "", fmt.Errorf("JupyterLab needs Python 3.11 or later, and %s: install it (Debian, Ubuntu: apt install python3 python3-venv)", found)
}

// makeVenv makes an empty virtual environment. It adds pip in a separate step, because venv hides that step's errors.
func makeVenv(ctx context.Context, python, dir string, env []string) error {
	for _, args := range [][]string{
		{python, "-I", "-m", "venv", "--without-pip", dir},
		{filepath.Join(dir, "bin", "python"), "-I", "-m", "ensurepip", "--default-pip"},
	} {
		var said []string
		err := lines(command(ctx, env, args[0], args[1:]...), func(line string) { said = append(said, line) })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			continue
		}
		text := strings.Join(said, " ")
		if disk, ok := fetch.Reason(text).(*fetch.DiskError); ok {
			return fmt.Errorf("JupyterLab: %w", disk)
		}
		if strings.Contains(text, "No module named") {
			return fmt.Errorf("%s has no venv with pip: install it (Debian, Ubuntu: apt install python3-venv)", python)
		}
		return fmt.Errorf("%s cannot make a virtual environment: %w", python, because(text, err))
	}
	return nil
}

// pipInstall installs the pinned requirements, by hash, and nothing else.
func (l *launcher) pipInstall(ctx context.Context, m *making, requirements string, packages int) error {
	cmd := command(ctx, l.pythonEnv(), l.python, "-m", "pip", "install", "--no-input", "--progress-bar=off",
		"--require-hashes", "--no-deps", "--prefer-binary", "--requirement", requirements)
	count, failure := 0, ""
	var said strings.Builder
	err := lines(cmd, func(line string) {
		said.WriteString(line + "\n")
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "Collecting "):
			count++
			m.now("%d of %d packages fetched", count, packages)
		case strings.HasPrefix(line, "Installing "):
			m.now("%d packages fetched, now unpacking them", count)
		case strings.HasPrefix(line, "ERROR: ") && failure == "", strings.Contains(line, "THESE PACKAGES DO NOT MATCH"):
			failure = strings.TrimPrefix(line, "ERROR: ")
		}
	})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err == nil {
		return nil
	}
	switch reason := fetch.Reason(said.String()).(type) {
	case *fetch.NetworkError:
		return fmt.Errorf("JupyterLab: pip's package index: %w; check the network and pip's settings, then start again", reason)
	case *fetch.DiskError:
		return fmt.Errorf("JupyterLab: %w", reason)
	}
	return fmt.Errorf("pip could not install JupyterLab: %w; check pip's settings (pip config list), then start again", because(failure, err))
}

// pythonEnv keeps pip's settings for where packages come from. It removes those that would install elsewhere, and
// Python's variables that would load other code or write into HOME.
func (l *launcher) pythonEnv() []string {
	return environment([]string{
		"PIP_NO_CACHE_DIR=1", "PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_ROOT_USER_ACTION=ignore",
		"PIP_USER=0", "PIP_REQUIRE_VIRTUALENV=0", "PYTHONNOUSERSITE=1",
		"TMPDIR=" + filepath.Join(l.scratch, "tmp"),
	}, "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONUSERBASE", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_REQUIREMENT", "PIP_CONSTRAINT", "PIP_DRY_RUN")
}
