package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/terminal"
)

// predict labels pictures with a trained run, and says which source labels voted.
func predict(ctx context.Context, c *call) error {
	which := c.String("epoch", string(runs.Last), "which epoch's prompt and ω: last, or best (on validation)")
	voters := c.Int("voters", 3, "how many source labels to print, those with the largest votes")
	weights := c.weightsFlag()
	device := c.String("device", "auto", "the device that computes: "+strings.Join(backend.Devices, ", "))
	if err := c.parse(); err != nil {
		return err
	}
	if err := errors.Join(checkEpoch(*which), checkDevice(*device)); err != nil {
		return err
	}
	if *voters < 0 {
		return fmt.Errorf("-voters must be at least 0, not %d", *voters)
	}
	pictures, broken := readPictures(c.arguments[1:])
	if len(pictures) == 0 {
		return broken
	}
	report := fetch.Terminal(c.stderr)
	run, err := openRun(ctx, c.arguments[0], *which, *weights, report)
	if err != nil {
		return err
	}
	engine, _, err := c.open(ctx, *device, report)
	if err != nil {
		return err
	}
	program, err := run.Compile(engine)
	if err != nil {
		return err
	}
	type prediction struct {
		Image       string         `json:"image"`
		Label       string         `json:"label"`
		Probability float64        `json:"probability"`
		Voters      []vrkit.Ballot `json:"voters"`
	}
	var predictions []prediction
	for _, p := range pictures {
		rows, err := program.Pictures(p.Resized(program.ImageSide()))
		if err != nil {
			return err
		}
		reading, err := program.Read(rows, run.Classes(), *voters)
		rows.Finalize()
		if err != nil {
			return fmt.Errorf("%s: %w", p.path, err)
		}
		predictions = append(predictions, prediction{p.path, reading.Label, reading.Probability, reading.Voters})
	}
	err = c.print(predictions, func(w io.Writer) {
		for _, p := range predictions {
			var said []string
			for _, v := range p.Voters {
				said = append(said, fmt.Sprintf("%s %.0f %%", terminal.Escape(v.Source), 100*v.Share))
			}
			fmt.Fprintf(w, "%s: %s, %.1f %% (%s)\n", p.Image, terminal.Escape(p.Label), 100*p.Probability, strings.Join(said, ", "))
		}
	})
	return errors.Join(err, broken)
}

// picture is a picture with the path of its file.
type picture struct {
	datasets.Image
	path string
}

// readPictures reads picture files. It leaves out those that can't be read, and names them in one error.
func readPictures(paths []string) (pictures []picture, broken error) {
	var reasons []string
	for _, path := range paths {
		m, err := datasets.ReadImage(path)
		if err != nil {
			reasons = append(reasons, err.Error())
			continue
		}
		pictures = append(pictures, picture{m, path})
	}
	switch {
	case len(reasons) == 1:
		broken = errors.New(reasons[0])
	case len(reasons) > 1:
		broken = fmt.Errorf("%d of %d pictures can't be read: %s", len(reasons), len(paths), strings.Join(reasons, "; "))
	}
	return pictures, broken
}
