// Package show displays figures, text and progress: inline in a GoNB notebook, in files and on the terminal elsewhere.
// A cell and a command use the same calls. It is the only package that knows GoNB.
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

	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// FolderVariable names the environment variable with the folder for figures outside a notebook. The default is
// "figures".
const FolderVariable = "VRKIT_FIGURES"

// Figure shows a figure: inline, at its own width, in a notebook; elsewhere it saves the figure under the name and
// prints the path.
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

// Text shows Markdown, which may contain TeX: rendered in a notebook, unchanged on standard output elsewhere.
func Text(markdown string) error {
	if gonbui.IsNotebook {
		return send(&protocol.DisplayData{Data: map[protocol.MIMEType]any{protocol.MIMETextMarkdown: markdown}})
	}
	_, err := fmt.Fprintln(os.Stdout, markdown)
	return err
}

// figureName allows names without a path.
var figureName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// Save writes a figure to <folder>/<name>.png or .svg, also in a notebook, and returns the path. It replaces an
// existing file as a whole. It prints the meaning of the figure's marks on standard error, because the file can't show
// it.
func Save(f figure.Figure, name string) (path string, err error) {
	if !figureName.MatchString(name) {
		return "", fmt.Errorf("show: %q can't name a figure's file; use letters, digits, '.', '-' and '_'", name)
	}
	content, extension := f.PNG, ".png"
	if len(content) == 0 {
		content, extension = f.SVG, ".svg"
	}
	if len(content) == 0 {
		return "", errors.New("show: the figure is empty; check the error of the call that drew it")
	}
	folder := os.Getenv(FolderVariable)
	if folder == "" {
		folder = "figures"
	}
	path = filepath.Join(folder, name+extension)
	err = os.MkdirAll(folder, 0o755)
	if err == nil {
		err = runs.WriteFile(path, content, 0o644)
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
	return fmt.Sprintf("show: figures can't be written into %s (set %s to another folder): %v", e.Folder, FolderVariable, e.Err)
}

func (e *FolderError) Unwrap() error { return e.Err }

// listed lists the meaning of marks in one line.
func listed(marks []figure.Mark) string {
	says := make([]string, len(marks))
	for i, m := range marks {
		says[i] = m.String()
	}
	return strings.Join(says, ", ")
}

// inline sends a figure to the notebook, as HTML: for an image without HTML JupyterLab and nbconvert use no alternative
// text, and JupyterLab no width that GoNB can send.
func inline(f figure.Figure) error {
	if len(f.PNG)+len(f.SVG) == 0 {
		return errors.New("show: the figure is empty; check the error of the call that drew it")
	}
	return send(&protocol.DisplayData{Data: map[protocol.MIMEType]any{
		protocol.MIMETextHTML:  f.HTML(),
		protocol.MIMETextPlain: "figure: " + f.Alt,
	}})
}

// send shows something in the notebook and waits until it has arrived, because a cell's process may end right after.
func send(data *protocol.DisplayData) error {
	gonbui.SendData(data)
	if err := gonbui.Error(); err != nil {
		return fmt.Errorf("show: the notebook's kernel can't be reached; restart it: %w", err)
	}
	gonbui.Sync()
	return nil
}
