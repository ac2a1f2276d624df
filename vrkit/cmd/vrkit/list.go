package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// entry is one line of a list: a model or a data set, and whether it is cached.
type entry struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	About    string   `json:"about"` // its task, and its known accuracy
	Bytes    int64    `json:"bytes"` // to fetch once; 0 if nothing is fetched, −1 if the size is not known
	Cached   bool     `json:"cached"`
	Sources  []string `json:"sources"`           // of its first file, in the order in which they are tried
	Split    string   `json:"split,omitempty"`   // how the parts were made, if they are not the official ones
	ByHand   string   `json:"by_hand,omitempty"` // the file that is never fetched, because no sum of it is published
	Checked  string   `json:"checked,omitempty"`
	Homepage string   `json:"homepage,omitempty"`
	License  string   `json:"license"`
	Citation string   `json:"citation"`
}

// listModels lists the frozen models, or fetches one.
func listModels(ctx context.Context, c *call) error {
	entries := func() ([]entry, error) {
		var list []entry
		for _, m := range models.All() {
			files, err := models.Assets(m.Name)
			if err != nil {
				return nil, err
			}
			e := newEntry(m.Name, m.Title, aboutModel(m), m.License, m.Citation, files)
			e.Checked = m.Checked
			list = append(list, e)
		}
		return append(list, entry{
			Name: models.ONNXPrefix + "FILE", Title: "A network of your own", Cached: true, License: "yours",
			About: "An ONNX file of an image classifier, or of a network that gives features, with a free batch. " +
				"A JSON file beside it, with .json in place of .onnx, says what the ONNX file does not: " +
				"mean and std of the pixels in 0..1, and labels, a list of names or \"imagenet\", or features, the number of outputs; also side, layout and output, if they are not certain. " +
				"The error of a missing key gives the JSON to write. Before the first training, the gradient is tried along one random direction",
		}), nil
	}
	return c.list(ctx, "Models", "model", models.Assets, entries)
}

// aboutModel says what the model is known to answer, and which images or texts it takes.
func aboutModel(m models.Info) string {
	if m.Modality == taxonomy.Text {
		return fmt.Sprintf("A language model: it reads texts of up to %d tokens, and its source labels are the tokens of its vocabulary", m.Window)
	}
	answers := fmt.Sprintf("ImageNet top-1 %.1f %%%s", m.Top1, measuredOn(m.Prepared))
	switch {
	case m.Features > 0:
		answers = fmt.Sprintf("No classifier: its source labels are its %d features", m.Features)
	case m.Top1 == 0:
		answers = "ImageNet top-1 not published for these images"
	}
	return fmt.Sprintf("%s; side: %s", answers, m.Sides)
}

// measuredOn says which images an accuracy was measured on, if that is known.
func measuredOn(p models.Preparation) string {
	if p == (models.Preparation{}) {
		return ""
	}
	return fmt.Sprintf(", of the middle %d×%d of pictures whose shorter side has %d pixels", p.Crop, p.Crop, p.Resize)
}

// listDatasets lists the data sets, or fetches one.
func listDatasets(ctx context.Context, c *call) error {
	entries := func() ([]entry, error) {
		var list []entry
		for _, d := range datasets.All() {
			files, err := datasets.Assets(d.Name)
			if err != nil {
				return nil, err
			}
			e := newEntry(d.Name, d.Title, aboutData(d), d.License, d.Citation, files)
			e.Bytes, e.Homepage, e.Split = d.Download, d.Homepage, d.Split
			list = append(list, e)
		}
		return append(list, entry{
			Name: datasets.FolderPrefix + "PATH", Title: "A folder of your own", Cached: true, License: "yours",
			About: "Folders of " + datasets.Formats + " files, or of .txt files in UTF-8, one a class, with all in folders below it; folders train, val and test above the classes are respected; what is left out is reported",
		}, entry{
			Name: datasets.CSVPrefix + "FILE", Title: "A table of texts of your own", Cached: true, License: "yours",
			About: "A file in UTF-8 with a header and a text in each row, with commas, semicolons or tabs between its fields: " + datasets.CSVColumns + "; what is left out is reported",
		}), nil
	}
	return c.list(ctx, "Data sets", "data set", datasets.Assets, entries)
}

func aboutData(d datasets.Info) string {
	things := "images"
	if d.Modality == taxonomy.Text {
		things = "texts"
	}
	about := fmt.Sprintf("%d classes, %d training and %d test %s", len(d.Classes), d.TrainSize, d.TestSize, things)
	if d.ValSize > 0 {
		about = fmt.Sprintf("%d classes, %d training, %d validation and %d test %s", len(d.Classes), d.TrainSize, d.ValSize, d.TestSize, things)
	}
	kind := "grey"
	if d.Channels == 3 {
		kind = "colour"
	}
	switch {
	case d.Modality == taxonomy.Text:
		return about
	case d.Height > 0:
		return fmt.Sprintf("%s, %d×%d, %s", about, d.Width, d.Height, kind)
	}
	return about + " of different sizes, " + kind
}

func newEntry(name, title, about, license, citation string, files []fetch.Asset) entry {
	e := entry{Name: name, Title: title, About: about, License: license, Citation: citation, Cached: true}
	for i, file := range files {
		if file.ByHand {
			e.ByHand = file.File
		}
		if file.Size == 0 || e.Bytes < 0 {
			e.Bytes = -1
		} else {
			e.Bytes += file.Size
		}
		if _, ok := file.Cached(); !ok {
			e.Cached = false
		}
		for _, source := range file.Sources {
			if i == 0 {
				e.Sources = append(e.Sources, source.String())
			}
		}
	}
	return e
}

// list is the work of both lists: it prints a table, JSON or a page of the docs, or fetches.
func (c *call) list(ctx context.Context, heading, kind string, artefacts func(string) ([]fetch.Asset, error), entries func() ([]entry, error)) error {
	name := c.String("fetch", "", "fetch this "+kind+" into the cache")
	markdown := c.Bool("markdown", false, "print the page that docs/ keeps")
	if err := c.parse(); err != nil {
		return err
	}
	if *name != "" {
		files, err := artefacts(*name)
		if err != nil {
			return err
		}
		for _, file := range files {
			if _, err := file.Get(ctx, fetch.Terminal(c.stderr)); err != nil {
				return err
			}
		}
	}
	list, err := entries()
	if err != nil {
		return err
	}
	if *markdown {
		return page(c.stdout, heading, c.command.name, list)
	}
	return c.print(list, func(w io.Writer) {
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, e := range list {
			state := "not cached"
			if e.Cached {
				state = "cached"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", e.Name, megabytes(e.Bytes), state, e.License, e.About)
		}
		table.Flush()
	})
}

// page prints the list as Markdown.
func page(w io.Writer, heading, command string, list []entry) error {
	fmt.Fprintf(w, "# %s\n\nWritten by `go run ./vrkit/cmd/vrkit %s -markdown`; do not edit.\n\n", heading, command)
	for _, e := range list {
		fmt.Fprintf(w, "## %s: `%s`\n\n%s.\n\n", e.Title, e.Name, e.About)
		for _, line := range []struct{ name, value string }{
			{"Fetched once", fetched(e)}, {"By hand", byHand(e)}, {"Parts", e.Split}, {"Checked", e.Checked}, {"Licence", e.License}, {"Cite", e.Citation}, {"See", e.Homepage},
		} {
			if line.value != "" {
				fmt.Fprintf(w, "- %s: %s\n", line.name, line.value)
			}
		}
		fmt.Fprintln(w)
	}
	return nil
}

// fetched says how many bytes come from which sources.
func fetched(e entry) string {
	if len(e.Sources) == 0 || e.ByHand != "" {
		return ""
	}
	return megabytes(e.Bytes) + ", from " + strings.Join(e.Sources, "; else ")
}

// byHand says what to do where nothing is fetched.
func byHand(e entry) string {
	if e.ByHand == "" {
		return ""
	}
	return fmt.Sprintf("no SHA-256 of the file is published, so that it is never fetched: download it from %s, and give it with `-weights FILE` or put it into the cache as `%s`",
		strings.Join(e.Sources, "; else "), e.ByHand)
}

func megabytes(bytes int64) string {
	switch {
	case bytes == 0:
		return "nothing"
	case bytes < 0:
		return "size unknown"
	case bytes < 100e3:
		return fmt.Sprintf("%.0f kB", float64(bytes)/1e3)
	}
	return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
}
