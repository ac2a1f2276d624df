// Package show puts figures, text and progress where the reader is: inline in
// a GoNB notebook, in files and on the terminal everywhere else. A cell and a
// command share the same calls. It is the only package that knows GoNB.
package show

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/figure"
)

// FolderVariable names the environment variable that says where figures are
// written outside a notebook. Without it that is "figures".
const FolderVariable = "VRKIT_FIGURES"

// Figure shows a figure: inline, at its own width, in a notebook; elsewhere it
// is saved under the name and a line on standard output says where.
func Figure(f figure.Figure, name string) error {
	if gonbui.IsNotebook {
		return inline(f)
	}
	path, err := Save(f, name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(os.Stdout, "figure: %s\n", path)
	return err
}

// Text shows Markdown, which may hold TeX: rendered in a notebook, as it is on
// standard output elsewhere.
func Text(markdown string) error {
	if gonbui.IsNotebook {
		return send(&protocol.DisplayData{Data: map[protocol.MIMEType]any{protocol.MIMETextMarkdown: markdown}})
	}
	_, err := fmt.Fprintln(os.Stdout, markdown)
	return err
}

// figureName keeps figures inside their folder.
var figureName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Save writes a figure to <folder>/<name>.png or .svg, in a notebook too, and
// returns the path. A file that is there is replaced as a whole.
func Save(f figure.Figure, name string) (path string, err error) {
	if !figureName.MatchString(name) {
		return "", fmt.Errorf("show: %q can't name a figure's file; use letters, digits, '.', '-' and '_'", name)
	}
	content, extension := f.PNG, ".png"
	if len(content) == 0 {
		content, extension = f.SVG, ".svg"
	}
	if len(content) == 0 {
		return "", errors.New("show: the figure is empty; was the error of drawing it looked at?")
	}
	folder := os.Getenv(FolderVariable)
	if folder == "" {
		folder = "figures"
	}
	path = filepath.Join(folder, name+extension)
	err = os.MkdirAll(folder, 0o755)
	if err == nil {
		err = vrkit.WriteFile(path, content, 0o644)
	}
	if err != nil {
		return "", &FolderError{folder, err}
	}
	return path, nil
}

// FolderError says that a figure can't be written into a folder.
type FolderError struct {
	Folder string
	Err    error
}

func (e *FolderError) Error() string {
	return fmt.Sprintf("show: no figure can be written into %s (set %s to another folder): %v", e.Folder, FolderVariable, e.Err)
}

func (e *FolderError) Unwrap() error { return e.Err }

// inline sends a figure to the notebook.
func inline(f figure.Figure) error {
	if len(f.SVG) > 0 {
		// As HTML, because notebooks lose an SVG output when they are converted.
		return send(&protocol.DisplayData{Data: map[protocol.MIMEType]any{
			protocol.MIMETextHTML: fmt.Sprintf(`<div style="max-width:%dpx">%s</div>`, f.Width, f.SVG)}})
	}
	if len(f.PNG) == 0 {
		return errors.New("show: the figure is empty; was the error of drawing it looked at?")
	}
	return send(&protocol.DisplayData{
		Data: map[protocol.MIMEType]any{
			protocol.MIMEImagePNG:  f.PNG,
			protocol.MIMETextPlain: "figure: " + f.Caption,
		},
		// The PNG has two pixels for a CSS pixel, so the width has to be said.
		// GoNB's wire format knows maps of strings, not of anything.
		Metadata: map[string]any{string(protocol.MIMEImagePNG): map[string]string{
			"width": strconv.Itoa(f.Width), "alt": f.Caption}},
	})
}

// send shows something in the notebook and waits until it has arrived, for a
// cell's process may end right after.
func send(data *protocol.DisplayData) error {
	gonbui.SendData(data)
	if err := gonbui.Error(); err != nil {
		return fmt.Errorf("show: the notebook's kernel can't be reached; restart it: %w", err)
	}
	gonbui.Sync()
	return nil
}
