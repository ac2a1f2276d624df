package fetch

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// unearthRequirements is what [unearth] is installed from.
//
//go:embed unearth.txt
var unearthRequirements []byte

// errNoPython is what a user is told who has no Python.
var errNoPython = errors.New("there is no Python: install Python 3.11 or later with pip (Debian, Ubuntu: apt install python3-pip python3-venv)")

// python returns a command that runs Python with pip's settings in force, but
// for those that would send what we install elsewhere, and nothing cached in
// HOME.
func python(ctx context.Context, args ...string) (*exec.Cmd, error) {
	name, err := exec.LookPath("python3")
	if err != nil {
		if name, err = exec.LookPath("python"); err != nil {
			return nil, errNoPython
		}
	}
	command := exec.CommandContext(ctx, name, args...)
	// One retry unless the user wants another number: there are other sources.
	command.Env = append([]string{"PIP_RETRIES=1"}, os.Environ()...)
	command.Env = append(command.Env,
		"PIP_NO_CACHE_DIR=1", "PIP_NO_INPUT=1", "PIP_USER=0", "PIP_REQUIRE_VIRTUALENV=0",
		"PIP_DISABLE_PIP_VERSION_CHECK=1", "PIP_ROOT_USER_ACTION=ignore", "PYTHONDONTWRITEBYTECODE=1")
	return command, nil
}

// unearth returns the folder that holds unearth, installed by pip into the
// cache if it isn't there.
func unearth(ctx context.Context, r Report) (dir string, err error) {
	sum := sha256.Sum256(unearthRequirements)
	const name = "tools/unearth"
	return Once(ctx, name, hex.EncodeToString(sum[:4]), r, func(dir string) error {
		r.send(Progress{What: name, Stage: "running"})
		requirements := filepath.Join(dir, "requirements.txt")
		if err := os.WriteFile(requirements, unearthRequirements, 0o600); err != nil {
			return err
		}
		pip, err := python(ctx, "-m", "pip", "install", "--quiet", "--target", filepath.Join(dir, "lib"), "--no-compile",
			"--no-deps", "--only-binary=:all:", "--require-hashes", "--requirement", requirements)
		if err != nil {
			return err
		}
		tmp := filepath.Join(dir, "tmp") // goes with the folder, also after a kill
		if err := os.Mkdir(tmp, 0o700); err != nil {
			return err
		}
		pip.Env = append(pip.Env, "TMPDIR="+tmp)
		if _, err = output(ctx, pip); err != nil && !hopeless(err) {
			err = fmt.Errorf("unearth, which finds packages, can't be installed: %w", err)
		}
		return errors.Join(err, os.RemoveAll(tmp))
	})
}

// pipSettings are those of the user's pip settings that say where packages are.
type pipSettings struct {
	index     string // empty for pip's own
	noIndex   bool
	extra     []string // further indexes
	findLinks []string // folders and pages with links
	trusted   []string // hosts whose certificates are not asked for
	cert      string   // PEM file of further certificate authorities
	proxy     string
}

// readPipSettings asks pip for its settings, whether they come from its files or
// from the environment.
func readPipSettings(ctx context.Context) (pipSettings, error) {
	pip, err := python(ctx, "-m", "pip", "config", "list")
	if err != nil {
		return pipSettings{}, err
	}
	out, err := output(ctx, pip)
	if err != nil {
		return pipSettings{}, err
	}
	return parsePipSettings(string(out)), nil
}

// parsePipSettings reads lines as global.index-url='https://...'; the
// environment's settings win over the command's, and those over the global.
func parsePipSettings(list string) pipSettings {
	values := map[string]string{}
	for _, section := range []string{"global.", "download.", ":env:."} {
		for line := range strings.Lines(list) {
			key, value, ok := strings.Cut(strings.TrimSpace(line), "=")
			if key, inSection := strings.CutPrefix(key, section); ok && inSection {
				// The value is a Python literal; in a list, \n separates.
				value = strings.Trim(value, `'"`)
				values[key] = strings.ReplaceAll(value, `\n`, " ")
			}
		}
	}
	return pipSettings{
		index:     values["index-url"],
		noIndex:   isTrue(values["no-index"]),
		extra:     strings.Fields(values["extra-index-url"]),
		findLinks: strings.Fields(values["find-links"]),
		trusted:   strings.Fields(values["trusted-host"]),
		cert:      values["cert"],
		proxy:     values["proxy"],
	}
}

// isTrue reads a switch as pip does.
func isTrue(value string) bool {
	switch strings.ToLower(value) {
	case "1", "y", "yes", "t", "true", "on":
		return true
	}
	return false
}
