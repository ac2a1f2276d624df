package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"text/tabwriter"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// finding is the result of one check.
type finding struct {
	What   string `json:"what"`
	OK     bool   `json:"ok"`
	Found  string `json:"found"`
	Remedy string `json:"remedy,omitempty"`
}

// doctor says what is there, and how to get what is missing. It fetches nothing.
func doctor(ctx context.Context, c *call) error {
	device := c.String("device", "auto", "the device that computes: "+strings.Join(backend.Devices, ", "))
	if err := c.parse(); err != nil {
		return err
	}
	if err := checkDevice(*device); err != nil {
		return err
	}
	findings := []finding{version(), cache(), engine(ctx, *device), largeBlocks(), python(ctx)}
	for _, m := range models.All() {
		files, err := models.Assets(m.Name)
		if err != nil {
			return err
		}
		findings = append(findings, filesFinding("model "+m.Name, files))
	}
	for _, d := range datasets.All() {
		files, err := datasets.Assets(d.Name)
		if err != nil {
			return err
		}
		findings = append(findings, filesFinding("data set "+d.Name, files))
	}
	return c.print(findings, func(w io.Writer) {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, f := range findings {
			mark := "ok"
			if !f.OK {
				mark = "--"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\n", mark, f.What, f.Found)
			if f.Remedy != "" {
				fmt.Fprintf(table, "\t\t→ %s\n", f.Remedy)
			}
		}
		table.Flush()
	})
}

// version lists the versions of Go and of the modules that compute.
func version() finding {
	parts := []string{runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		parts = append(parts, "reprogram "+info.Main.Version)
		for _, d := range info.Deps {
			if strings.HasPrefix(d.Path, "github.com/gomlx/") {
				parts = append(parts, strings.TrimPrefix(d.Path, "github.com/gomlx/")+" "+d.Version)
			}
		}
	}
	return finding{What: "versions", OK: true, Found: strings.Join(parts, ", ")}
}

func cache() finding {
	dir, err := fetch.Dir()
	if err != nil {
		return finding{What: "cache", Found: "none", Remedy: firstLine(err)}
	}
	return finding{What: "cache", OK: true, Found: dir}
}

// engine opens the backend that is on the machine.
func engine(ctx context.Context, device string) finding {
	if f := largeBlocks(); !f.OK {
		return finding{What: "backend", Found: "not opened, because of the next line", Remedy: f.Remedy}
	}
	b, info, err := backend.Open(ctx, backend.Options{Device: device, Offline: true})
	if _, ok := errors.AsType[*backend.FlagError](err); ok {
		return finding{What: "backend", Found: firstLine(err), Remedy: "correct or unset XLA_FLAGS"}
	}
	if err != nil {
		return finding{What: "backend", Found: firstLine(err), Remedy: "any command that computes fetches a plugin; or set GOMLX_BACKEND=xla:/absolute/path.so to one of your own"}
	}
	b.Finalize()
	return finding{What: "backend", OK: true, Found: info.String()}
}

// largeBlocks says which allocator serves the engine's large blocks of memory.
func largeBlocks() finding {
	who, err := backend.LargeBlocks()
	if err != nil {
		return finding{What: "large blocks", Found: firstLine(err), Remedy: "unset " + backend.BlocksEnv}
	}
	return finding{What: "large blocks", OK: true, Found: who}
}

// python checks Python, which is needed only to fetch from Python packages, and for notebooks.
func python(ctx context.Context) finding {
	out, err := exec.CommandContext(ctx, "python3", "-c", "import sys, pip, venv; print(sys.version.split()[0], 'with pip', pip.__version__)").CombinedOutput()
	if err != nil {
		return finding{What: "python3", Found: "not there, or without pip or venv", Remedy: "install Python 3.11 or later with pip and venv (Debian: apt install python3-venv python3-pip); it fetches packages and serves the notebooks"}
	}
	return finding{What: "python3", OK: true, Found: strings.TrimSpace(string(out))}
}

// filesFinding says how many files of a model or a data set are cached, and how large the others are.
func filesFinding(what string, files []fetch.Asset) finding {
	var bytes int64 // to fetch, of the files with a known size
	cached, unsaid := 0, 0
	remedy := "the first command that needs it fetches it"
	for _, file := range files {
		if _, ok := file.Cached(); ok {
			cached++
			continue
		}
		if size := cmp.Or(file.Download, file.Size); size > 0 {
			bytes += size
		} else {
			unsaid++
		}
		if path, err := file.Path(); err == nil && file.ByHand {
			remedy = fmt.Sprintf("it is not fetched, because no checksum is published: download %s and put the file at %s", file.Sources[0], path)
		}
	}
	if cached == len(files) {
		return finding{What: what, OK: true, Found: "cached"}
	}
	missing := megabytes(bytes) + " missing"
	switch {
	case unsaid > 0 && bytes == 0:
		missing = "size of the rest unknown"
	case unsaid > 0:
		missing += fmt.Sprintf(", and %d of unknown size", unsaid)
	}
	return finding{What: what, Found: fmt.Sprintf("%d of %d files cached, %s", cached, len(files), missing), Remedy: remedy}
}
