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

// Slider shows 2 to 60 figures of one size in one place, to step through: in a notebook with a range
// input, which begins at the frame of number start, from 0; elsewhere each is saved under the title and its number, "the-title-01.png", and a line on
// standard output says where.
func Slider(title string, frames []figure.Frame, start int) error {
	html, err := figure.Slider(title, frames, start)
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
