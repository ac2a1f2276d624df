package fetch

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"regexp"
	"strings"
)

// errNoPython is what a user is told who has no Python.
var errNoPython = errors.New("there is no Python: install Python 3.11 or later with pip (Debian, Ubuntu: apt install python3-pip python3-venv)")

// pip runs pip with the user's settings in force, and returns what it prints.
func pip(ctx context.Context, args ...string) (string, error) {
	name, err := exec.LookPath("python3")
	if err != nil {
		if name, err = exec.LookPath("python"); err != nil {
			return "", errNoPython
		}
	}
	command := exec.CommandContext(ctx, name, append([]string{"-m", "pip"}, args...)...)
	command.Env = append(os.Environ(), "PIP_NO_INPUT=1", "PIP_REQUIRE_VIRTUALENV=0",
		"PIP_DISABLE_PIP_VERSION_CHECK=1", "PYTHONDONTWRITEBYTECODE=1")
	out, err := output(ctx, command)
	return string(out), err
}

// pipSettings are those of the user's pip settings that say where packages are.
type pipSettings struct {
	index     string // pip's own where the settings name none
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
	list, err := pip(ctx, "config", "list")
	if err != nil {
		return pipSettings{}, err
	}
	settings := parsePipSettings(list)
	if settings.index != "" || settings.noIndex {
		return settings, nil
	}
	help, err := pip(ctx, "download", "--help")
	if err != nil {
		return settings, err
	}
	found := ownIndex.FindStringSubmatch(help)
	if found == nil {
		return settings, errors.New("pip's help does not say where its index is: set PIP_INDEX_URL")
	}
	settings.index = found[1]
	return settings, nil
}

// ownIndex finds the index of pip's own in its help.
var ownIndex = regexp.MustCompile(`Package\s+Index\s+\(default\s+(\S+?)\)`)

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
