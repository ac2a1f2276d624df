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
	"strings"

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
// returns the path. A file that is there is replaced as a whole. What the figure's
// marks stand for is said on standard error, for the file can't show it.
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
	if len(f.Marks) > 0 {
		_, err = fmt.Fprintf(os.Stderr, "%s: its font lacks letters: %s\n", filepath.Base(path), listed(f.Marks))
	}
	return path, err
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

// listed says what marks stand for, in one line.
func listed(marks []figure.Mark) string {
	says := make([]string, len(marks))
	for i, m := range marks {
		says[i] = m.String()
	}
	return strings.Join(says, ", ")
}

// inline sends a figure to the notebook, as HTML: of an image alone JupyterLab and
// nbconvert take no alternative text, and JupyterLab no width that GoNB can send.
func inline(f figure.Figure) error {
	if len(f.PNG)+len(f.SVG) == 0 {
		return errors.New("show: the figure is empty; was the error of drawing it looked at?")
	}
	return send(&protocol.DisplayData{Data: map[protocol.MIMEType]any{
		protocol.MIMETextHTML:  f.HTML(),
		protocol.MIMETextPlain: "figure: " + f.Alt,
	}})
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
