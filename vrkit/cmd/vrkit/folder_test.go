package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// paintFolder makes a folder of two classes with n pictures each, and one more file in each that can't be read.
func paintFolder(t *testing.T, root string, n int) {
	for class, colour := range map[string]color.RGBA{"red": {R: 255, A: 255}, "blue": {B: 255, A: 255}} {
		folder := filepath.Join(root, class)
		require.NoError(t, os.MkdirAll(folder, 0o700))
		for i := range n {
			picture := image.NewRGBA(image.Rect(0, 0, 8, 8))
			for at := range 64 {
				colour.G = uint8(i)
				picture.Set(at%8, at/8, colour)
			}
			file, err := os.Create(filepath.Join(folder, fmt.Sprintf("%03d.png", i)))
			require.NoError(t, err)
			require.NoError(t, png.Encode(file, picture))
			require.NoError(t, file.Close())
		}
		require.NoError(t, os.WriteFile(filepath.Join(folder, "page.jpg"), []byte("<html>404</html>"), 0o600))
	}
}

// Of a folder with files that can't be read the other pictures are trained on, also by a table, and the run is resumed
// and evaluated. Sizes that are too large are an error that names their flags.
func TestFolderWithUnreadableFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a real network is trained")
	}
	backendtest.XLA(t)
	t.Setenv(commandEnv, "1") // the table starts this test binary as the command
	dir := t.TempDir()
	paintFolder(t, filepath.Join(dir, "own"), 9)
	small := []string{"-side", "64", "-batch", "8"}
	train := append([]string{"train", "-dataset", "folder:own", "-o", "run"}, small...)
	for _, sizes := range [][]string{nil, {"-train", "0", "-test", "0"}} { // the second time the run exists
		status, _, stderr := vrkitIn(t, dir, append(append(train, "-epochs", "1"), sizes...)...)
		require.Equal(t, 0, status, stderr)
		require.Contains(t, stderr, "own/red/page.jpg is no picture (PNG, ")
		require.Contains(t, stderr, "2 of 20 pictures can't be read and were left out")
	}
	manifest, err := runs.ReadManifest("run")
	require.NoError(t, err)
	require.Equal(t, 18, manifest.Data.Train+manifest.Data.Test)
	status, stdout, stderr := vrkitIn(t, dir, "eval", "run", "-part", "train")
	require.Equal(t, 0, status, stderr)
	require.Contains(t, stdout, fmt.Sprintf("%d samples", manifest.Data.Train))
	status, _, stderr = vrkitIn(t, dir, append(train, "-epochs", "2")...)
	require.Equal(t, 0, status, stderr)

	grid := append([]string{"table", "-datasets", "folder:own", "-seeds", "0", "-epochs", "1", "-o", "table"}, small...)
	status, _, stderr = vrkitIn(t, dir, grid...)
	require.Equal(t, 0, status, stderr)
	require.Contains(t, stderr, "2 of 20 pictures can't be read")

	all := fmt.Sprint(manifest.Data.Train + 1)
	refusal := fmt.Sprintf("-train %s: folder:own has %d training samples, too few to take %s", all, manifest.Data.Train, all)
	for _, command := range [][]string{train, grid} {
		status, stdout, stderr = vrkitIn(t, dir, append(command, "-train", all)...)
		require.Equal(t, 1, status)
		require.Empty(t, stdout)
		require.Contains(t, stderr, "2 of 20 pictures can't be read")
		require.Contains(t, stderr, refusal)
	}

	// A table does not show the results of older contents of its folder.
	kept, err := os.ReadFile(filepath.Join(dir, "own/red/000.png"))
	require.NoError(t, err)
	other, err := os.ReadFile(filepath.Join(dir, "own/red/001.png"))
	require.NoError(t, err)
	require.NotEqual(t, kept, other)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "own/red/000.png"), other, 0o600))
	status, _, stderr = vrkitIn(t, dir, grid...)
	require.Equal(t, 1, status)
	require.Contains(t, stderr, "seed-0 was trained with other images than folder:own holds now: give the table another folder with -o, or delete that run")

	require.NoError(t, os.WriteFile(filepath.Join(dir, "own/red/000.png"), nil, 0o600))
	status, _, stderr = vrkitIn(t, dir, "eval", "run")
	require.Equal(t, 1, status)
	require.Contains(t, stderr, "own/red/000.png is an empty file")
	require.Contains(t, stderr, "too few to take")
}
