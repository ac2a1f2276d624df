package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
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
	samples, broken := readSamples(modalityOf(c.arguments[0]), c.arguments[1:])
	if len(samples) == 0 {
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
		Image       string         `json:"image,omitempty"`
		Text        string         `json:"text,omitempty"`
		Label       string         `json:"label"`
		Probability float64        `json:"probability"`
		Voters      []vrkit.Ballot `json:"voters"`
	}
	var predictions []prediction
	for _, s := range samples {
		rows, err := s.rows(program)
		if err != nil {
			return err
		}
		reading, err := program.Read(rows, run.Classes(), *voters)
		rows.Finalize()
		if err != nil {
			return fmt.Errorf("%s: %w", cmp.Or(s.path, s.text), err)
		}
		predictions = append(predictions, prediction{s.path, s.text, reading.Label, reading.Probability, reading.Voters})
	}
	err = c.print(predictions, func(w io.Writer) {
		for _, p := range predictions {
			var said []string
			for _, v := range p.Voters {
				said = append(said, fmt.Sprintf("%s %.0f %%", terminal.Escape(v.Source), 100*v.Share))
			}
			fmt.Fprintf(w, "%s: %s, %.1f %% (%s)\n", terminal.Escape(cmp.Or(p.Image, p.Text)), terminal.Escape(p.Label), 100*p.Probability, strings.Join(said, ", "))
		}
	})
	return errors.Join(err, broken)
}

// modalityOf is what the frozen model of a run reads; pictures, if the run can't be read, which is refused when it is
// opened.
func modalityOf(run string) taxonomy.Modality {
	manifest, err := runs.ReadManifest(run)
	if err != nil {
		return taxonomy.Picture
	}
	info, _ := models.Named(manifest.Model.Name)
	return info.Modality
}

// sample is a picture with the path of its file, or a text.
type sample struct {
	datasets.Image
	path, text string
}

// rows are the sample as a program takes it.
func (s sample) rows(program *vrkit.Compiled) (vrkit.Rows, error) {
	if s.path == "" {
		return program.Texts([]string{s.text})
	}
	return program.Pictures(s.Resized(program.ImageSide()))
}

// readSamples are the arguments as samples: texts as they are, or files of pictures. It leaves out pictures that can't be
// read, and names them in one error.
func readSamples(reads taxonomy.Modality, arguments []string) (samples []sample, broken error) {
	if reads == taxonomy.Picture {
		return readPictures(arguments)
	}
	for _, text := range arguments {
		if strings.TrimSpace(text) == "" {
			broken = errors.New("an argument is an empty text: there is nothing to label")
			continue
		}
		samples = append(samples, sample{text: text})
	}
	return samples, broken
}

// readPictures reads picture files.
func readPictures(paths []string) (pictures []sample, broken error) {
	var reasons []string
	for _, path := range paths {
		m, err := datasets.ReadImage(path)
		if err != nil {
			reasons = append(reasons, err.Error())
			continue
		}
		pictures = append(pictures, sample{Image: m, path: path})
	}
	switch {
	case len(reasons) == 1:
		broken = errors.New(reasons[0])
	case len(reasons) > 1:
		broken = fmt.Errorf("%d of %d pictures can't be read: %s", len(reasons), len(paths), strings.Join(reasons, "; "))
	}
	return pictures, broken
}
