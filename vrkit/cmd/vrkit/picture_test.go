package main

import (
	"encoding/json"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
)

// savePNG writes a picture into a folder.
func savePNG(t *testing.T, path string, picture image.Image) {
	t.Helper()
	file, err := os.Create(path)
	require.NoError(t, err)
	defer file.Close()
	require.NoError(t, png.Encode(file, picture))
}

func TestPicturesRefused(t *testing.T) {
	dir := t.TempDir()
	savePNG(t, filepath.Join(dir, "wide.png"), image.NewGray(image.Rect(0, 0, 40, 32)))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "broken.png"), []byte("\x89PNG\r\n"), 0o600))
	refused(t, dir, "needs a picture: -image FILE", "logits")
	refused(t, dir, "-top must be at least 1, not 0", "logits", "-image", "wide.png", "-top", "0")
	refused(t, dir, "multiples of 32, not 100", "logits", "-image", "wide.png", "-side", "100")
	refused(t, dir, `no model is called "resnet"`, "logits", "-image", "wide.png", "-model", "resnet")
	refused(t, dir, `no device is called "tpu"`, "logits", "-image", "wide.png", "-device", "tpu")
	refused(t, dir, "broken.png is no picture (PNG, JPEG, ", "logits", "-image", "broken.png")
	refused(t, dir, "nowhere.png", "logits", "-image", "nowhere.png")
	refused(t, dir, "wide.png has 40×32 pixels: -raw takes square pictures", "logits", "-raw", "-image", "wide.png")
	refused(t, dir, "needs RUN SAMPLE...", "predict")
	refused(t, dir, "needs RUN SAMPLE...", "predict", "run")
	refused(t, dir, "broken.png is no picture", "predict", "run", "broken.png")
	refused(t, dir, "run is no run directory", "predict", "run", "wide.png")
	refused(t, dir, `no model is called "resnet"`, "models", "-fetch", "resnet")
	refused(t, dir, `no data set is called "imagenet"`, "datasets", "-fetch", "imagenet")
}

func TestLists(t *testing.T) {
	dir := t.TempDir()
	for command, name := range map[string]string{"models": models.All()[0].Name, "datasets": datasets.All()[0].Name} {
		status, stdout, stderr := vrkitIn(t, dir, command)
		require.Equal(t, 0, status, stderr)
		require.Contains(t, stdout, name)
		status, stdout, stderr = vrkitIn(t, dir, command, "-json")
		require.Equal(t, 0, status, stderr)
		var list []entry
		require.NoError(t, json.Unmarshal([]byte(stdout), &list))
		require.Equal(t, name, list[0].Name)
		require.NotEmpty(t, list[0].Sources)

		status, stdout, stderr = vrkitIn(t, dir, command, "-markdown")
		require.Equal(t, 0, status, stderr)
		require.Contains(t, stdout, "`"+name+"`")
	}
}

// TestDocs compares the pages that are written from the code with what the code writes.
func TestDocs(t *testing.T) {
	docs, err := filepath.Abs("../../../docs")
	require.NoError(t, err)
	for _, command := range []string{"models", "datasets"} {
		t.Setenv("VRKIT_DATA", "")
		_, stdout, _ := vrkitIn(t, t.TempDir(), command, "-markdown")
		page, err := os.ReadFile(filepath.Join(docs, command+".md"))
		require.NoError(t, err)
		require.Equal(t, stdout, string(page), "write it again: go run ./vrkit/cmd/vrkit %s -markdown > docs/%s.md", command, command)
	}
}

// TestLogits compares the logits of a real photo on the command line with the values of TestSqueezenetParity in models:
// the crop of coffee.png at left 186, top 86, at its own size, 227.
func TestLogits(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: weights are fetched")
	}
	backendtest.XLA(t)
	coffee, err := datasets.Photo(t.Context(), "coffee", nil)
	require.NoError(t, err)
	dir := t.TempDir()
	savePNG(t, filepath.Join(dir, "crop.png"), coffee.Crop(image.Rect(186, 86, 186+227, 86+227)).Picture())
	status, stdout, stderr := vrkitIn(t, dir, "logits", "-raw", "-image", "crop.png", "-json", "-npy", "z.npy")
	require.Equal(t, 0, status, stderr)
	var answers []struct {
		Source int
		Label  string
		Logit  float64
	}
	require.NoError(t, json.Unmarshal([]byte(stdout), &answers))
	require.Len(t, answers, 5)
	for i, want := range []struct {
		source int
		logit  float64
	}{{967, 35.6125}, {809, 30.6331}, {925, 30.6023}, {968, 28.9246}, {504, 28.7047}} {
		require.Equal(t, want.source, answers[i].Source)
		require.InDelta(t, want.logit, answers[i].Logit, .03)
	}
	require.Equal(t, "espresso", answers[0].Label)
	values, shape, err := readArray[float32]("z.npy", "logits", 1)
	require.NoError(t, err)
	require.Equal(t, []int{1000}, shape)
	require.InDelta(t, -.9019, values[0], .03)
}

// An image is prepared as for the measurement of the weights, in proportion to the side, and the command says how.
func TestLogitsPrepared(t *testing.T) {
	of := func(name string, side int) string {
		info, err := models.Named(name)
		require.NoError(t, err)
		_, how := prepare(datasets.Image{Height: 1, Width: 2, Channels: 1, Pixels: make([]uint8, 2)}, info.Prepared, side)
		return how
	}
	require.Equal(t, "its shorter side resized to 256 pixels, the middle 224×224 of it, as the weights were measured", of("resnet18", 224))
	require.Equal(t, "its shorter side resized to 232 pixels, the middle 224×224 of it, as the weights were measured", of("resnet50", 224))
	require.Equal(t, "its shorter side resized to 146 pixels, the middle 128×128 of it, in proportion to the 256 and 224 at which the weights were measured", of("resnet18", 128))
	require.Equal(t, "its middle square resized to 224×224, which may not be how pictures were prepared when the weights were measured", of("squeezenet1.1", 224))
	if testing.Short() {
		return
	}
	backendtest.XLA(t)
	dir := t.TempDir()
	ownWeights(t, filepath.Join(dir, "own.safetensors"), 3)
	picture, err := datasets.ReadImage("../../../datasets/testdata/rgb_60x140.png")
	require.NoError(t, err)
	savePNG(t, filepath.Join(dir, "picture.png"), picture.Picture())
	prepared := datasets.Image{Height: 64, Width: 64, Channels: 3, Pixels: picture.Prepare(73, 64)}
	savePNG(t, filepath.Join(dir, "prepared.png"), prepared.Picture())
	own := []string{"logits", "-model", "squeezenet1.1-torchvision", "-weights", "own.safetensors"}
	status, _, stderr := vrkitIn(t, dir, append(own, "-image", "picture.png", "-side", "64", "-npy", "a.npy")...)
	require.Equal(t, 0, status, stderr)
	require.Contains(t, stderr, "the picture, its shorter side resized to 73 pixels, the middle 64×64 of it, in proportion to the 256 and 224")
	status, _, stderr = vrkitIn(t, dir, append(own, "-image", "prepared.png", "-raw", "-npy", "b.npy")...)
	require.Equal(t, 0, status, stderr)
	require.Contains(t, stderr, "the picture, taken as it is")
	a, err := os.ReadFile("a.npy")
	require.NoError(t, err)
	b, err := os.ReadFile("b.npy")
	require.NoError(t, err)
	require.Equal(t, b, a)
}

// One error names all pictures that can't be read, and the others are read.
func TestReadPictures(t *testing.T) {
	dir := t.TempDir()
	good, bad, gone := filepath.Join(dir, "good.png"), filepath.Join(dir, "bad.png"), filepath.Join(dir, "gone.png")
	savePNG(t, good, image.NewGray(image.Rect(0, 0, 4, 4)))
	require.NoError(t, os.WriteFile(bad, []byte("junk"), 0o600))
	pictures, err := readPictures([]string{bad, good, gone})
	require.Len(t, pictures, 1)
	require.Equal(t, good, pictures[0].path)
	require.ErrorContains(t, err, "2 of 3 pictures can't be read: "+bad)
	require.ErrorContains(t, err, gone)
	_, err = readPictures([]string{good})
	require.NoError(t, err)
}
