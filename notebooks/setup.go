package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// A step makes one thing, with progress, unless it exists. It can be stopped at any moment, and leaves nothing
// half-made; two launchers wait for each other.
type step func(context.Context) error

// kernelSteps are the steps for the kernel, in their order.
func (l *launcher) kernelSteps() []step {
	return []step{l.plugin, l.buildTools, l.warmUp}
}

// allSteps are the steps for this project's notebooks. The build cache comes last, because it takes longest, and a
// missing network is noticed before.
func (l *launcher) allSteps() []step {
	return []step{
		l.plugin, l.buildTools, l.makePython,
		artefacts(l, func() ([]fetch.Asset, error) { return models.Assets("squeezenet1.1") }),
		artefacts(l, func() ([]fetch.Asset, error) { return datasets.Assets("mnist") }),
		artefacts(l, func() ([]fetch.Asset, error) { return datasets.PhotoAssets(), nil }),
		l.warmUp,
	}
}

func (l *launcher) setUp(ctx context.Context, steps []step) error {
	for _, make := range steps {
		if err := make(ctx); err != nil {
			return err
		}
	}
	return nil
}

// plugin fetches XLA's plugin.
func (l *launcher) plugin(ctx context.Context) error {
	_, err := backend.Locate(ctx, backend.Options{Report: l.report})
	return err
}

// artefacts fetches the files of a model or a data set.
func artefacts(l *launcher, list func() ([]fetch.Asset, error)) step {
	return func(ctx context.Context) error {
		files, err := list()
		for _, file := range files {
			if err == nil {
				_, err = file.Get(ctx, l.report)
			}
		}
		return err
	}
}

// making is the progress of one thing that a command makes.
type making struct {
	l    *launcher
	what string // its name for users
	last time.Time
}

// report passes on fetch's progress, with the name for users and the size of the finished folder.
func (m *making) report(folder string) fetch.Report {
	return func(p fetch.Progress) {
		p.What = m.what
		if p.Finished {
			p.Done = weigh(folder)
		}
		m.l.report(p)
	}
}

// begin says what starts, with its size and time.
func (m *making) begin(note string) {
	m.last = time.Now()
	m.l.report(fetch.Progress{What: m.what, Stage: "running", Note: note})
}

// now reports progress, every few seconds.
func (m *making) now(format string, args ...any) {
	if time.Since(m.last) >= 5*time.Second {
		m.last = time.Now()
		m.l.report(fetch.Progress{What: m.what, Stage: "running", Note: fmt.Sprintf(format, args...)})
	}
}

// weigh returns the bytes of the files below a folder.
func weigh(folder string) (bytes int64) {
	_ = filepath.WalkDir(folder, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			if info, err := entry.Info(); err == nil {
				bytes += info.Size()
			}
		}
		return nil
	})
	return bytes
}

// stamp is a short hash of a recipe, so that another recipe makes another folder.
func stamp(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
