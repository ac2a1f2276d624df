package show_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/show"
)

func ExampleFigure() {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	os.Setenv(show.FolderVariable, folder)
	defer os.Unsetenv(show.FolderVariable)

	black := figure.RGB8(make([]uint8, 28*28*3), 28, 28)
	f, err := figure.Grid([]figure.Tile{{Image: black}}, 1, "")
	if err != nil {
		fmt.Println(err)
		return
	}
	path, err := show.Save(f, "digits") // show.Figure(f, "digits") also prints the path
	fmt.Println(filepath.Base(path), err)
	// Output: digits.png <nil>
}

func ExampleText() {
	_ = show.Text("The weights did *not* change.")
	// Output: The weights did *not* change.
}

// A figure's file can't show the meaning of its marks, so it is printed.
func TestSaveMarks(t *testing.T) {
	t.Setenv(show.FolderVariable, t.TempDir())
	f, err := figure.Confusion([]int{1, 0, 0, 1}, []string{"猫", "café ☕"}, "")
	require.NoError(t, err)
	stderr := os.Stderr
	defer func() { os.Stderr = stderr }()
	reader, writer, err := os.Pipe()
	require.NoError(t, err)
	os.Stderr = writer
	_, err = show.Save(f, "confusion")
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	said, err := io.ReadAll(reader)
	require.NoError(t, err)
	require.Equal(t, "confusion.png: its font lacks letters: □1 = 猫, □2 = ☕\n", string(said))
}

func TestSave(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	t.Setenv(show.FolderVariable, folder)

	for _, content := range []string{"first", "second"} {
		path, err := show.Save(figure.Figure{PNG: []byte(content)}, "digits")
		require.NoError(t, err)
		require.Equal(t, filepath.Join(folder, "digits.png"), path)
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, content, string(got))
	}
	path, err := show.Save(figure.Figure{SVG: []byte("<svg/>")}, "table")
	require.NoError(t, err)
	require.Equal(t, "table.svg", filepath.Base(path))
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, 2, "nothing half-written is left")

	for _, name := range []string{"", "../up", "a/b", ".hidden"} {
		_, err = show.Save(figure.Figure{PNG: []byte("x")}, name)
		require.ErrorContains(t, err, "can't name a figure's file")
	}
	_, err = show.Save(figure.Figure{}, "nothing")
	require.ErrorContains(t, err, "the figure is empty")
	t.Setenv(show.FolderVariable, filepath.Join(folder, "digits.png"))
	_, err = show.Save(figure.Figure{PNG: []byte("x")}, "digits")
	require.ErrorContains(t, err, "set VRKIT_FIGURES to another")
}
