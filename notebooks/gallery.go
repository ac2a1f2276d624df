package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/image/draw"

	"github.com/vrkit-go/reprogram/vrkit/runs"
)

const (
	galleryBytes = 12_000_000 // of all pages together
	cardWidth    = 640        // pixels of a picture in the index
)

// gallery executes notebooks at full scale, below work, and writes a page of each and an index to out. It changes out
// only after all of them are made.
func (l *launcher) gallery(ctx context.Context, paths []string, work, out string) error {
	if err := l.executeAt(ctx, fullScale, paths, work); err != nil {
		return err
	}
	pages := map[string][]byte{}
	var cards []card
	for _, path := range paths {
		stem := strings.TrimSuffix(filepath.Base(path), ".ipynb")
		text, err := os.ReadFile(filepath.Join(work, stem+".html"))
		if err != nil {
			return err
		}
		text = progressTime.ReplaceAll(text, []byte("done$1"))
		if place := l.placeIn(text); place != "" {
			return fmt.Errorf("%s.html shows the path %s of this machine: have the cell print a relative one", stem, place)
		}
		pages[stem+".html"] = text
		c, err := newCard(filepath.Join(work, stem+".ipynb"), stem+".html")
		if err != nil {
			return err
		}
		cards = append(cards, c)
	}
	var index bytes.Buffer
	if err := galleryPage.Execute(&index, cards); err != nil {
		return err
	}
	pages[galleryIndex] = index.Bytes()
	if err := fits(pages); err != nil {
		return err
	}
	return l.replaceGallery(out, pages)
}

const galleryIndex = "index.html"

// progressTime matches the time of a training, which differs between machines, in the progress of a run (see
// vrkit/show).
var progressTime = regexp.MustCompile(`\bdone in \d[\d. smihn]*(:|</div>|")`)

// placeIn finds a path of this machine in a page.
func (l *launcher) placeIn(page []byte) string {
	home, _ := os.UserHomeDir()
	for _, place := range []string{l.root, l.cache, home, os.TempDir(), os.Getenv("VRKIT_DATA")} {
		if len(place) > 1 && bytes.Contains(page, []byte(place+"/")) {
			return place
		}
	}
	return ""
}

// fits returns an error if the pages are too large together.
func fits(pages map[string][]byte) error {
	total, largest := 0, ""
	for name, text := range pages {
		total += len(text)
		if len(text) > len(pages[largest]) {
			largest = name
		}
	}
	if total > galleryBytes {
		return fmt.Errorf("the gallery would have %.1f MB, and %.0f are the most: the largest page is %s with %.1f MB, so give it fewer or smaller pictures",
			float64(total)/1e6, galleryBytes/1e6, largest, float64(len(pages[largest]))/1e6)
	}
	return nil
}

// linked matches the pages that an index links to.
var linked = regexp.MustCompile(`<a class="card" href="([^"/]+\.html)"`)

// replaceGallery writes the pages, the index last, and removes those that only the old index had.
func (l *launcher) replaceGallery(out string, pages map[string][]byte) error {
	old, err := os.ReadFile(filepath.Join(out, galleryIndex))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return fmt.Errorf("-out cannot be written: %w", err)
	}
	total := 0
	for name, text := range pages {
		total += len(text)
		if name == galleryIndex {
			continue
		}
		if err := runs.WriteFile(filepath.Join(out, name), text, 0o644); err != nil {
			return err
		}
	}
	if err := runs.WriteFile(filepath.Join(out, galleryIndex), pages[galleryIndex], 0o644); err != nil {
		return err
	}
	for _, link := range linked.FindAllSubmatch(old, -1) {
		name := string(link[1])
		if _, stays := pages[name]; !stays {
			if err := os.Remove(filepath.Join(out, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	fmt.Fprintf(l.out, "gallery: %s (notebooks: %d, %.1f MB)\n", filepath.Join(out, galleryIndex), len(pages)-1, float64(total)/1e6)
	return nil
}

// card is a notebook in the index.
type card struct {
	Page, Title, Sentence string
	Picture               template.URL
}

//go:embed jupyter/templates/gallery.html
var galleryText string

var galleryPage = template.Must(template.New("gallery").Parse(galleryText))

// newCard reads a card from an executed notebook.
func newCard(executed, page string) (c card, err error) {
	n, err := readNotebook(executed)
	if err != nil {
		return c, err
	}
	name := filepath.Base(executed)
	figures, err := n.figures()
	if err != nil {
		return c, fmt.Errorf("%s: %w", name, err)
	}
	if len(figures) == 0 {
		return c, fmt.Errorf("%s shows no figure, and the gallery needs a picture of it", name)
	}
	c.Page = page
	if c.Title, c.Sentence = n.opening(); c.Title == "" || c.Sentence == "" || strings.Contains(c.Title+c.Sentence, "$") {
		return c, fmt.Errorf("%s: its first cell needs a heading (#) and under it a sentence for the gallery, both without formulas", name)
	}
	chosen := figures[max(n.Metadata.Reprogram.Picture, 1)-1]
	c.Picture, err = chosen.Pictures[len(chosen.Pictures)-1].small() // of a slider the last
	if err != nil {
		return c, fmt.Errorf("%s: the picture for the gallery: %w", name, err)
	}
	return c, nil
}

// small is a picture no wider than a card has room for, as a data: address.
func (p picture) small() (template.URL, error) {
	if p.Kind != "svg+xml" {
		m, err := p.decoded()
		if err != nil {
			return "", err
		}
		if size := m.Bounds().Size(); size.X > cardWidth {
			scaled := image.NewRGBA(image.Rect(0, 0, cardWidth, max(size.Y*cardWidth/size.X, 1)))
			draw.CatmullRom.Scale(scaled, scaled.Rect, m, m.Bounds(), draw.Over, nil)
			m = scaled
		}
		var out bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, m); err != nil {
			return "", err
		}
		p = picture{"png", out.Bytes()}
	}
	return template.URL("data:image/" + p.Kind + ";base64," + base64.StdEncoding.EncodeToString(p.Data)), nil
}

var (
	leadIn   = regexp.MustCompile(`^\*\*[^*]+\*\*\s*`) // such as **What you will see.**
	sentence = regexp.MustCompile(`(?s)^.+?[.!?](\s|$)`)
	markdown = strings.NewReplacer("**", "", "*", "", "`", "", "\n", " ")
)

// opening returns the title of a notebook and the first sentence below it.
func (n notebookFile) opening() (title, first string) {
	for _, cell := range n.Cells {
		if cell.Type != "markdown" {
			continue
		}
		for _, block := range strings.Split(string(cell.Source), "\n\n") {
			block = strings.TrimSpace(block)
			if heading, ok := strings.CutPrefix(block, "# "); ok && title == "" {
				title = markdown.Replace(strings.TrimSpace(heading))
			} else if title != "" && !strings.HasPrefix(block, "#") {
				first = sentence.FindString(leadIn.ReplaceAllString(block, ""))
				return title, strings.TrimSpace(markdown.Replace(first))
			}
		}
	}
	return title, ""
}
