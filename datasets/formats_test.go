package datasets

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// formatFiles are the files in testdata/formats: examples of users' files.
func formatFiles(t testing.TB) (paths []string) {
	all, err := filepath.Glob("testdata/formats/*")
	require.NoError(t, err)
	for _, path := range all {
		if _, err := os.Stat(path + ".png"); err == nil {
			paths = append(paths, path)
		}
	}
	require.Greater(t, len(paths), 30)
	return paths
}

// Every format gives PIL's pixels (testdata/formats.py): to the last bit where decoders must agree, and within the
// rounding of JPEG decoders and transparency elsewhere.
func TestReadImageFormats(t *testing.T) {
	for _, path := range formatFiles(t) {
		name := filepath.Base(path)
		tolerance := 0
		switch {
		case strings.HasPrefix(name, "alpha"), name == "animated-lossless.webp":
			tolerance = 1
		case strings.Contains(name, ".j"):
			tolerance = 3
		}
		require.Contains(t, suffixes, filepath.Ext(name))
		want, err := ReadImage(path + ".png")
		require.NoError(t, err)
		got, err := ReadImage(path)
		require.NoError(t, err)
		require.Equal(t, [3]int{want.Height, want.Width, 3}, [3]int{got.Height, got.Width, got.Channels}, name)
		worst := 0
		for i := range want.Pixels {
			worst = max(worst, int(got.Pixels[i])-int(want.Pixels[i]), int(want.Pixels[i])-int(got.Pixels[i]))
		}
		assert.LessOrEqual(t, worst, tolerance, name)
	}
}

// Black is read as 0 and white as 255, though the file has 16 and 235.
func TestReadImageLimitedRange(t *testing.T) {
	halves, err := ReadImage("testdata/formats/halves.webp")
	require.NoError(t, err)
	require.Equal(t, uint8(0), halves.Pixels[0])
	require.Equal(t, uint8(255), halves.Pixels[len(halves.Pixels)-1])
}

// A file of any format that is cut off is refused, unless only its end is missing.
func TestReadImageCutOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "cut")
	for _, whole := range formatFiles(t) {
		content, err := os.ReadFile(whole)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, content[:len(content)*2/3], 0o600))
		_, err = ReadImage(path)
		if name := filepath.Base(whole); strings.HasPrefix(name, "animated") || name == "no-alpha.webp" {
			continue // the missing part may come after the first frame
		}
		require.Error(t, err, whole)
	}
}

func TestReadImageSaysWhy(t *testing.T) {
	folder := t.TempDir()
	for name, content := range map[string]string{
		"is no picture (PNG, JPEG, WebP, GIF, TIFF, BMP, PPM, PGM or PBM)": "<!DOCTYPE html><html>404</html>",
		"is an empty file": "",
		"is no picture that can be read: it is cut off": "\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\x00\x00\x00\x05",
	} {
		path := filepath.Join(folder, "x")
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		_, err := ReadImage(path)
		require.ErrorContains(t, err, path+" ")
		require.ErrorContains(t, err, name)
	}
	_, err := ReadImage(filepath.Join(folder, "gone.png"))
	require.EqualError(t, err, filepath.Join(folder, "gone.png")+" can't be opened: no such file or directory")
}

// A missing part is added; a complete file does not change.
func TestCompleted(t *testing.T) {
	for _, name := range []string{"lossy.webp.png", "cmyk.jpg", "grey.jpe", "bare.jfif", "none.tif"} {
		file, err := os.ReadFile(filepath.Join("testdata/formats", name))
		require.NoError(t, err)
		require.Equal(t, file, completed(file), name)
	}
	file, err := os.ReadFile("testdata/formats/no-end.png")
	require.NoError(t, err)
	before := bytes.Clone(file)
	_, err = png.Decode(bytes.NewReader(completed(file)))
	require.NoError(t, err)
	require.Equal(t, before, file)
}
