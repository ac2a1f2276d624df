package main

import (
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// openBrowser opens the link if there is a screen. The browser gets a file that redirects to the link, so that the
// token is on no command line; the file is in the scratch folder, which is removed.
func openBrowser(scratch, link string) {
	name := ""
	switch {
	case runtime.GOOS == "darwin":
		name = "open"
	case os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "":
		name = "xdg-open"
	}
	opener, err := exec.LookPath(name)
	if name == "" || err != nil {
		return // the link is printed anyway
	}
	path := filepath.Join(scratch, "open.html")
	page := `<!DOCTYPE html><meta http-equiv="refresh" content="0; url=` + html.EscapeString(link) + `">`
	if os.WriteFile(path, []byte(page), 0o600) != nil {
		return
	}
	cmd := exec.Command(opener, path)
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }()
	}
}
