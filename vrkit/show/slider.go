package show

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

// Slider shows 2 to 60 figures of one size in one place, one at a time: in a notebook with a range input; elsewhere it
// saves each under the title and its number, "the-title-01.png", and prints the paths.
func Slider(title string, frames []figure.Frame) error {
	html, err := figure.Slider(title, frames)
	if err != nil {
		return err
	}
	if gonbui.IsNotebook {
		return send(&protocol.DisplayData{Data: map[protocol.MIMEType]any{protocol.MIMETextHTML: html}})
	}
	for i, f := range frames {
		path, err := Save(f.Figure, fmt.Sprintf("%s-%02d", fileName(title), i+1))
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(os.Stdout, "figure: %s (%s)\n", path, f.Label); err != nil {
			return err
		}
	}
	return nil
}

// unnameable matches what a figure's file name does not contain.
var unnameable = regexp.MustCompile(`[^a-z0-9]+`)

// fileName makes a file name from a title: its ASCII letters and digits. A plus becomes "plus", because only the plus
// distinguishes BLM+ from BLM.
func fileName(title string) string {
	name := strings.ReplaceAll(strings.ToLower(title), "+", "-plus-")
	name = strings.Trim(unnameable.ReplaceAllString(name, "-"), "-")
	if name == "" {
		return "slider"
	}
	return name
}
