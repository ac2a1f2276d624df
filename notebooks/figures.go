package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// declaration is a notebook's metadata under "reprogram".
type declaration struct {
	Figures *int `json:"figures"` // how many figures it shows after execution
	Picture int  `json:"picture"` // the number of the figure in the gallery, from 1; 0: the first
}

// notebookFile has the parts of an .ipynb that are read.
type notebookFile struct {
	Metadata struct {
		Reprogram declaration `json:"reprogram"`
	} `json:"metadata"`
	Cells []struct {
		Type    string    `json:"cell_type"`
		Source  multiline `json:"source"`
		Count   int       `json:"execution_count"`
		Outputs []struct {
			Text multiline                  `json:"text"`
			Data map[string]json.RawMessage `json:"data"`
		} `json:"outputs"`
	} `json:"cells"`
}

// multiline is a text that an .ipynb may also store as a list of lines.
type multiline string

func (m *multiline) UnmarshalJSON(text []byte) error {
	var lines []string
	if json.Unmarshal(text, &lines) == nil {
		*m = multiline(strings.Join(lines, ""))
		return nil
	}
	return json.Unmarshal(text, (*string)(m))
}

func readNotebook(path string) (n notebookFile, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return n, err
	}
	name := filepath.Base(path)
	if err := json.Unmarshal(text, &n); err != nil {
		return n, fmt.Errorf("%s is no notebook: %w", name, err)
	}
	switch d := n.Metadata.Reprogram; {
	case d.Figures == nil:
		return n, fmt.Errorf(`%s does not say how many figures it shows: give its metadata "reprogram": {"figures": N}`, name)
	case d.Picture < 0 || d.Picture > *d.Figures:
		return n, fmt.Errorf("%s: reprogram.picture in its metadata is %d, and it has the figures 1 to %d", name, d.Picture, *d.Figures)
	}
	return n, nil
}

// shownFigure is an output with pictures: an image, a drawing or a slider, whose frames are its pictures.
type shownFigure struct {
	Cell     int // as Jupyter counts, from 1
	What     string
	Pictures []picture
	Silent   bool // one of its <img> has no alternative text
}

// picture is an encoded image or, as Kind "svg+xml", a drawing.
type picture struct {
	Kind string
	Data []byte
}

var (
	dataImage = regexp.MustCompile(`data:image/([a-z0-9.+-]+);base64,([A-Za-z0-9+/=\s]+)`)
	imageTag  = regexp.MustCompile(`<img\b[^>]*>`)
	spoken    = regexp.MustCompile(`\balt="[^"]+"`)
	drawing   = regexp.MustCompile(`(?s)<svg\b.*?</svg>`)
)

// figures lists the figures of an executed notebook, in order.
func (n notebookFile) figures() (list []shownFigure, err error) {
	for _, cell := range n.Cells {
		for _, output := range cell.Outputs {
			f := shownFigure{Cell: cell.Count}
			for kind, raw := range output.Data {
				coding, isImage := strings.CutPrefix(kind, "image/")
				if !isImage && kind != "text/html" {
					continue
				}
				var text multiline
				if err := json.Unmarshal(raw, &text); err != nil {
					return nil, fmt.Errorf("cell %d: its %s is no text: %w", cell.Count, kind, err)
				}
				if isImage {
					err = f.add(coding, string(text))
				} else {
					err = f.addHTML(string(text))
				}
				if err != nil {
					return nil, fmt.Errorf("cell %d: its %s is not encoded as it should be: %w", cell.Count, kind, err)
				}
			}
			if len(f.Pictures) > 0 {
				list = append(list, f)
			}
		}
	}
	return list, nil
}

// add adds an image as Jupyter stores it: base64, or text for a drawing.
func (f *shownFigure) add(kind, text string) error {
	f.What = kind
	if kind == "svg+xml" {
		f.Pictures = append(f.Pictures, picture{kind, []byte(text)})
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	f.Pictures = append(f.Pictures, picture{kind, data})
	return err
}

func (f *shownFigure) addHTML(text string) error {
	for _, found := range drawing.FindAllString(text, -1) {
		f.Pictures = append(f.Pictures, picture{"svg+xml", []byte(found)})
	}
	for _, tag := range imageTag.FindAllString(text, -1) {
		f.Silent = f.Silent || !spoken.MatchString(tag)
	}
	for _, found := range dataImage.FindAllStringSubmatch(html.UnescapeString(text), -1) {
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(found[2]), ""))
		if err != nil {
			return err
		}
		f.Pictures = append(f.Pictures, picture{found[1], data})
	}
	if len(f.Pictures) > 0 {
		f.What = "HTML"
	}
	return nil
}

// checkFigures compares an executed notebook with the number of figures that it declares, and checks every picture.
func checkFigures(executed string) error {
	n, err := readNotebook(executed)
	if err != nil {
		return err
	}
	name := filepath.Base(executed)
	list, err := n.figures()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var shown []string
	for _, f := range list {
		shown = append(shown, fmt.Sprintf("%s in cell %d", f.What, f.Cell))
		if f.Silent {
			return fmt.Errorf("%s: cell %d: its figure (%s) has a picture without an alternative text: show it with show.Figure, or give its <img> an alt", name, f.Cell, f.What)
		}
		for i, p := range f.Pictures {
			if flaw := p.flaw(); flaw != "" {
				which := "its figure"
				if len(f.Pictures) > 1 {
					which = fmt.Sprintf("picture %d of %d of its figure", i+1, len(f.Pictures))
				}
				return fmt.Errorf("%s: cell %d: %s (%s) %s", name, f.Cell, which, f.What, flaw)
			}
		}
	}
	if want := *n.Metadata.Reprogram.Figures; len(list) != want {
		if len(list) == 0 {
			shown = []string{"none"}
		}
		return fmt.Errorf("%s declares %d figures and shows %d (%s): mend the cell that shows too few or too many, or reprogram.figures in its metadata",
			name, want, len(list), strings.Join(shown, ", "))
	}
	return nil
}

func (p picture) decoded() (image.Image, error) {
	m, _, err := image.Decode(bytes.NewReader(p.Data))
	return m, err
}

// shapes matches the shapes of a drawing; a drawing with text only has none.
var shapes = regexp.MustCompile(`<(path|rect|circle|ellipse|line|polyline|polygon|image|use)\b`)

// flaw says what is wrong with a picture; "" if nothing is.
func (p picture) flaw() string {
	if p.Kind == "svg+xml" {
		switch drawn := len(shapes.FindAll(p.Data, -1)); {
		case drawn == 0:
			return "is blank: it draws nothing"
		case drawn < 3:
			return fmt.Sprintf("is nearly blank: it draws %d shapes", drawn)
		}
		return ""
	}
	m, err := p.decoded()
	if err != nil {
		return fmt.Sprintf("is no picture that can be read: %v", err)
	}
	return inkOf(m).flaw()
}
