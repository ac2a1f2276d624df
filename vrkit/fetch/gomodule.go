package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// GoModule is a file inside a Go module. The go command fetches the module into its own cache, through the user's
// proxy; nothing of the module is compiled.
type GoModule struct{ Module, Version, Member string }

func (m GoModule) String() string { return fmt.Sprintf("the Go module %s %s", m.Module, m.Version) }

// Fetch implements [Source].
func (m GoModule) Fetch(ctx context.Context, a Asset, dir string, r Report) (string, error) {
	goCommand, err := exec.LookPath("go")
	if err != nil {
		return "", errors.New("the go command is not in PATH")
	}
	r.send(Progress{What: a.Name, Stage: "running", Total: a.Download})
	command := exec.CommandContext(ctx, goCommand, "mod", "download", "-json", m.Module+"@"+m.Version)
	// Run it outside any module, and override the user's flags.
	command.Dir = dir
	command.Env = append(os.Environ(), "GO111MODULE=on", "GOWORK=off", "GOFLAGS="+os.Getenv("GOFLAGS")+" -mod=mod")
	out, err := output(ctx, command)
	var module struct{ Dir, Error string }
	if parseErr := json.Unmarshal(out, &module); parseErr == nil && module.Error != "" {
		if err = Reason(module.Error); err == nil {
			err = errors.New(lastLine(module.Error))
		}
	}
	if err != nil {
		return "", err
	}
	content, err := os.OpenInRoot(module.Dir, filepath.FromSlash(m.Member))
	if err != nil {
		return "", err
	}
	defer content.Close()
	to := filepath.Join(dir, "member")
	return to, write(content, to, a.limit(), a.Size, a.Name, r)
}
