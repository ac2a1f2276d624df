package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	vrshow "github.com/vrkit-go/reprogram/vrkit/show"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// show writes a run's figures.
func show(ctx context.Context, c *call) error {
	which := c.String("epoch", string(vrkit.Last), "which epoch's prompt and ω: last, or best (on validation)")
	folder := c.String("o", "", "where the figures go; the run's own folder figures if not given")
	if err := c.parse(); err != nil {
		return err
	}
	if err := checkEpoch(*which); err != nil {
		return err
	}
	run, err := train.OpenRun(ctx, c.arguments[0], vrkit.Which(*which), fetch.Terminal(c.stderr))
	if err != nil {
		return err
	}
	if *folder == "" {
		*folder = filepath.Join(run.Dir, "figures")
	}
	if err := os.Setenv(vrshow.FolderVariable, *folder); err != nil {
		return err
	}
	paths, err := vrshow.SaveRun(run)
	if err != nil {
		return err
	}
	return c.print(paths, func(w io.Writer) {
		for _, path := range paths {
			fmt.Fprintln(w, path)
		}
	})
}
