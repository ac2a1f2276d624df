package datasets

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// CSVPrefix starts the name of a user's own file of texts: csv:FILE. FILE is a table in UTF-8 with a header, whose
// fields are separated by commas, semicolons or tabs. Its column text has the texts and its column label the names of
// their classes; see textColumns and labelColumns for other names. A column split says of each text whether it is for
// train, val or test; without test texts, a share of each class is drawn for testing. A row without text or label is
// left out and reported, and so are copies (see apart); a file that is no such table is an error.
const CSVPrefix = "csv:"

// The names of the columns: if several are there, the first wins.
var (
	textColumns  = []string{"text", "sentence", "review", "content"}
	labelColumns = []string{"label", "class", "category", "target", "sentiment"}
	splitColumns = []string{"split"}
)

// CSVColumns describes the columns of a file of texts, for users.
var CSVColumns = fmt.Sprintf("its column %s has the texts, its column %s their labels; a column split, if there is one, says which are for train, val and test, else %s",
	oneOf(textColumns), oneOf(labelColumns), drawnSplit)

// maxTable bounds a file of texts, in bytes: all are in memory.
const maxTable = 512 << 20

// newCSV describes a file of texts, which it reads whole.
func newCSV(name string) (source, error) {
	path := strings.TrimPrefix(name, CSVPrefix)
	if !utf8.ValidString(Absolute(name)) {
		return source{}, fmt.Errorf("the path %q is not UTF-8, so that no run can record it: rename the file", path)
	}
	content, err := readBounded(path, maxTable)
	if err != nil {
		return source{}, fmt.Errorf("%s: it %w", name, err)
	}
	t, err := parseTable(content)
	if err != nil {
		return source{}, fmt.Errorf("%s: %w", name, err)
	}
	info := Info{
		Name:      name,
		Title:     filepath.Base(path),
		Modality:  taxonomy.Text,
		Classes:   t.classes,
		TrainSize: len(t.all.train),
		ValSize:   len(t.all.val),
		TestSize:  len(t.all.test),
		Split:     "by its column split",
		Source:    "your own file",
		License:   "your own",
	}
	if t.drawn {
		info.Split = drawnSplit
	}
	return source{Info: info, own: func(context.Context, fetch.Report) (parts, error) { return t.all, nil }}, nil
}

// textTable is what a file of texts holds.
type textTable struct {
	all     parts
	classes []string // sorted
	drawn   bool     // the test part is drawn
}

// parseTable reads a file of texts. Rows of it that can't be samples are left out.
func parseTable(content []byte) (textTable, error) {
	text, err := readText(content)
	if err != nil {
		return textTable{}, fmt.Errorf("it %w", err)
	}
	header, rows, err := readRows(text)
	if err != nil {
		return textTable{}, err
	}
	var columns [3]int
	for i, names := range [][]string{textColumns, labelColumns, splitColumns} {
		columns[i], err = column(header, names)
		if err == nil && columns[i] < 0 && i < 2 {
			err = fmt.Errorf("its first line has no column called %s: call one so; it has %s", oneOf(names), quoted(header))
		}
		if err != nil {
			return textTable{}, err
		}
	}
	t := textTable{}
	labels, samples := map[string]int32{}, map[string][]labelled{}
	for _, row := range rows {
		part, one := "train", labelled{strings.TrimSpace(row.fields[columns[0]]), strings.TrimSpace(row.fields[columns[1]])}
		if columns[2] >= 0 {
			split := row.fields[columns[2]]
			if part = partNames[strings.ToLower(strings.TrimSpace(split))]; part == "" {
				return textTable{}, fmt.Errorf("line %d has the split %.40q: the parts are train, val and test", row.line, split)
			}
		}
		if err := one.check(); err != nil {
			t.all.unreadable = append(t.all.unreadable, fmt.Sprintf("line %d %s", row.line, err))
			continue
		}
		labels[one.label] = 0
		samples[part] = append(samples[part], one)
	}
	for label := range labels {
		t.classes = append(t.classes, label)
	}
	slices.Sort(t.classes)
	for i, class := range t.classes {
		labels[class] = int32(i)
	}
	for part, to := range map[string]*[]Sample{"train": &t.all.train, "val": &t.all.val, "test": &t.all.test} {
		for _, one := range samples[part] {
			*to = append(*to, Sample{Text: one.text, Label: labels[one.label]})
		}
	}
	return t, t.divide()
}

// labelled is a text with the name of its class.
type labelled struct{ text, label string }

func (l labelled) check() error {
	switch {
	case l.label == "":
		return errors.New("has no label")
	case strings.Contains(l.label, "\x00"):
		return errors.New("has a NUL byte in its label")
	}
	return checkText(l.text)
}

// divide leaves out copies, draws the test part if there is none, and returns an error if a part or a class lacks
// texts.
func (t *textTable) divide() error {
	switch len(t.classes) {
	case 0:
		if n := len(t.all.unreadable); n > 0 {
			return fmt.Errorf("none of its %s can be used: %s", plural(n, "row"), t.all.unreadable[0])
		}
		return errors.New("it has a header and no rows")
	case 1:
		return fmt.Errorf("all its texts have the label %.40q, and 2 classes at least are needed", t.classes[0])
	}
	if err := t.all.apart(t.classes); err != nil {
		return err
	}
	if t.drawn = len(t.all.test) == 0; t.drawn {
		t.all.drawTest(len(t.classes))
	}
	if len(t.all.test) == 0 {
		return errors.New("it has no text for testing: a class needs 2 different texts, or the file a column split with train and test")
	}
	t.all.tellUntested(t.classes)
	return nil
}

// drawTest moves a share of each class from the training part to the test part, both in their order.
func (all *parts) drawTest(classes int) {
	of := make([][]int, classes)
	for i, sample := range all.train {
		of[sample.Label] = append(of[sample.Label], i)
	}
	drawn := make([]bool, len(all.train))
	for _, train := range of {
		for _, i := range forTesting(train) {
			drawn[i] = true
		}
	}
	train := all.train
	all.train = nil
	for i, sample := range train {
		if drawn[i] {
			all.test = append(all.test, sample)
		} else {
			all.train = append(all.train, sample)
		}
	}
}
