package train_test

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// drawFolder makes a folder of two classes with ten small images each.
func drawFolder(t *testing.T, folder string) {
	for class, name := range []string{"light", "dark"} {
		require.NoError(t, os.MkdirAll(filepath.Join(folder, name), 0o700))
		for i := range 10 {
			m := image.NewRGBA(image.Rect(0, 0, 6, 6))
			for at := range m.Pix {
				m.Pix[at] = uint8(200 - 160*class + i + at%6)
			}
			m.Set(i%6, i/6, color.White)
			file, err := os.Create(filepath.Join(folder, name, string(rune('a'+i))+".png"))
			require.NoError(t, err)
			require.NoError(t, png.Encode(file, m))
			require.NoError(t, file.Close())
		}
	}
}

// A run knows its data by their contents: it can be resumed and opened after the folder has moved.
func TestDataMoved(t *testing.T) {
	t.Chdir(t.TempDir())
	drawFolder(t, "pictures")
	load := func(name string) *datasets.Dataset {
		d, err := datasets.Load(t.Context(), name, datasets.Sizes{}, nil)
		require.NoError(t, err)
		return d
	}
	c := quick(t, "run", 1)
	c.Data = load("folder:pictures")
	whole := c
	whole.Run, whole.Epochs = "whole", 2
	_, err := train.Train(t.Context(), c)
	require.NoError(t, err)
	_, err = train.Train(t.Context(), whole)
	require.NoError(t, err)

	opened := func() *runs.Run {
		manifest, err := runs.ReadManifest(c.Run)
		require.NoError(t, err)
		return &runs.Run{Dir: c.Run, Manifest: manifest}
	}
	run := opened()
	d, err := run.Data(t.Context(), "", nil)
	require.NoError(t, err)
	require.Equal(t, c.Data.SHA256, d.SHA256)
	t.Chdir(t.TempDir()) // a relative path is found from every working directory
	_, err = run.Data(t.Context(), "", nil)
	require.NoError(t, err)

	home := filepath.Dir(d.Name[len(datasets.FolderPrefix):])
	t.Chdir(home)
	require.NoError(t, os.Rename("pictures", "moved"))
	_, err = run.Data(t.Context(), "", nil)
	require.ErrorIs(t, err, runs.ErrData)
	require.ErrorIs(t, err, os.ErrNotExist)
	d, err = run.Data(t.Context(), "folder:moved", nil)
	require.NoError(t, err)
	require.Equal(t, c.Data.SHA256, d.SHA256)

	c.Data, c.Epochs = load("folder:moved"), 2
	_, err = train.Train(t.Context(), c)
	require.NoError(t, err, "the same images elsewhere are the same data")
	require.Equal(t, contents(t, "whole"), contents(t, "run"))
	run = opened()
	require.Equal(t, datasets.FolderPrefix+filepath.Join(home, "moved"), run.Manifest.Data.Name, "where they lie now")

	require.NoError(t, os.Rename("moved/dark", "moved/dim")) // the same pixels, in another class
	_, err = run.Data(t.Context(), "", nil)
	require.ErrorIs(t, err, runs.ErrData)
	require.ErrorContains(t, err, "classes of other names")
	c.Data = load("folder:moved")
	_, err = train.Train(t.Context(), c)
	require.ErrorContains(t, err, "was trained differently (classes [")
	require.NoError(t, os.Rename("moved/dim", "moved/dark"))
	require.NoError(t, os.Rename("moved/dark/a.png", "moved/light/z.png"))
	_, err = run.Data(t.Context(), "", nil)
	require.ErrorIs(t, err, runs.ErrData)
}
