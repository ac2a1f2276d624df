package datasets

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// paint writes pictures of one colour, 6×4, all different, into a class's folder.
func paint(t *testing.T, folder string, n int, colour color.RGBA) {
	require.NoError(t, os.MkdirAll(folder, 0o700))
	for i := range n {
		picture := image.NewRGBA(image.Rect(0, 0, 6, 4))
		for at := range 24 {
			colour.B = uint8(len(folder)*7 + i)
			picture.Set(at%6, at/6, colour)
		}
		file, err := os.Create(filepath.Join(folder, fmt.Sprintf("%03d.PNG", i)))
		require.NoError(t, err)
		require.NoError(t, png.Encode(file, picture))
		require.NoError(t, file.Close())
	}
}

var red, green = color.RGBA{R: 255, A: 255}, color.RGBA{G: 255, A: 255}

// A folder of class folders: a share of each class is drawn for testing, always the same.
func TestFolder(t *testing.T) {
	t.Setenv("VRKIT_CACHE", t.TempDir())
	root := filepath.Join(t.TempDir(), "meine Bilder ü")
	paint(t, filepath.Join(root, "zebra"), 20, red)
	paint(t, filepath.Join(root, "ant"), 11, green)
	require.NoError(t, os.MkdirAll(filepath.Join(root, ".hidden"), 0o700))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "empty"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(root, "ant", "README.txt"), []byte("no picture"), 0o600))
	require.NoError(t, os.Symlink(filepath.Join(root, "zebra", "000.PNG"), filepath.Join(root, "ant", "link.png")))

	info, err := Named("folder:" + root)
	require.NoError(t, err)
	require.Equal(t, []string{"ant", "zebra"}, info.Classes)
	require.Equal(t, [3]int{26, 0, 6}, [3]int{info.TrainSize, info.ValSize, info.TestSize})
	require.Equal(t, "meine Bilder ü", info.Title)
	require.Contains(t, info.Split, "20 % of each class")

	d, err := Load(t.Context(), "folder:"+root, Sizes{Val: 6}, nil)
	require.NoError(t, err)
	require.Equal(t, [3]int{20, 6, 6}, [3]int{len(d.Train), len(d.Val), len(d.Test)})
	perClass := make([]int, 2)
	for _, sample := range d.Test {
		perClass[sample.Label]++
		require.Equal(t, [3]int{4, 6, 3}, [3]int{sample.Height, sample.Width, sample.Channels})
	}
	require.Equal(t, []int{2, 4}, perClass)
	again, err := Load(t.Context(), "folder:"+root, Sizes{Val: 6}, nil)
	require.NoError(t, err)
	require.Equal(t, d, again)
	files, err := Artefacts("folder:" + root)
	require.NoError(t, err)
	require.Empty(t, files)
}

// The folder's own parts are what is taken, for validation too.
func TestFolderParts(t *testing.T) {
	root := t.TempDir()
	for part, n := range map[string]int{"Training": 5, "valid": 3, "test": 2} {
		paint(t, filepath.Join(root, part, "a"), n, red)
		paint(t, filepath.Join(root, part, "b"), n+1, green)
	}
	info, err := Named("folder:" + root)
	require.NoError(t, err)
	require.Equal(t, [3]int{11, 7, 5}, [3]int{info.TrainSize, info.ValSize, info.TestSize})
	d, err := Load(t.Context(), "folder:"+root, Sizes{}, nil)
	require.NoError(t, err)
	require.Equal(t, [3]int{11, 7, 5}, [3]int{len(d.Train), len(d.Val), len(d.Test)})
	d, err = Load(t.Context(), "folder:"+root, Sizes{Train: 11, Val: 2, Test: 1}, nil)
	require.NoError(t, err)
	require.Equal(t, [3]int{11, 2, 1}, [3]int{len(d.Train), len(d.Val), len(d.Test)})
	_, err = Load(t.Context(), "folder:"+root, Sizes{Val: 8}, nil)
	require.ErrorContains(t, err, "has 11 training and 7 validation images, too few for -train 0 and -val 8")

	require.NoError(t, os.RemoveAll(filepath.Join(root, "test")))
	info, err = Named("folder:" + root)
	require.NoError(t, err)
	require.Equal(t, [3]int{9, 7, 2}, [3]int{info.TrainSize, info.ValSize, info.TestSize}, "the test part is drawn from training")
}

// What holds no picture is named, counted and left out.
func TestFolderSkips(t *testing.T) {
	root := t.TempDir()
	paint(t, filepath.Join(root, "train", "a"), 4, red)
	paint(t, filepath.Join(root, "train", "b"), 4, green)
	paint(t, filepath.Join(root, "test", "a"), 2, red)
	broken := filepath.Join(root, "train", "b", "002.PNG")
	whole, err := os.ReadFile(broken)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(broken, whole[:len(whole)-20], 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "test", "a", "x.webp"), []byte("RIFF....WEBP"), 0o600))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(root, "train", "a", "gone.jpg")))

	var notes []string
	report := func(p fetch.Progress) {
		if p.Note != "" {
			notes = append(notes, p.Note)
		}
	}
	d, err := Load(t.Context(), "folder:"+root, Sizes{}, report)
	require.NoError(t, err)
	require.Equal(t, [2]int{7, 2}, [2]int{len(d.Train), len(d.Test)})
	require.Equal(t, 7, d.TrainSize)
	require.Len(t, d.Skipped, 3)
	require.Len(t, notes, 4)
	require.Contains(t, notes[0], filepath.Join("test", "a", "x.webp")+" is no picture that can be read")
	require.Contains(t, notes[1], filepath.Join("train", "a", "gone.jpg"))
	require.Contains(t, notes[2], broken+" is no picture that can be read")
	require.Equal(t, "3 of 12 files hold no picture that can be read and were skipped", notes[3])

	_, err = Load(t.Context(), "folder:"+root, Sizes{Train: 9}, nil)
	require.ErrorContains(t, err, "has 7 training images, too few for -train 9")
	for i := range 4 {
		require.NoError(t, os.WriteFile(filepath.Join(root, "train", "b", fmt.Sprintf("%03d.PNG", i)), nil, 0o600))
	}
	_, err = Load(t.Context(), "folder:"+root, Sizes{}, nil)
	require.ErrorContains(t, err, "class b has no training picture that can be read (6 files can't)")
}

func TestFolderRefuses(t *testing.T) {
	for want, make := range map[string]func(root string){
		"can't be read as a folder: no such file": func(root string) { require.NoError(t, os.Remove(root)) },
		"it has 0 folders with pictures":          func(string) {},
		"it has 1 folders with pictures":          func(root string) { paint(t, filepath.Join(root, "only"), 5, red) },
		"and no folder train":                     func(root string) { paint(t, filepath.Join(root, "test", "a"), 5, red) },
		"class b has pictures and none of them for training": func(root string) {
			paint(t, filepath.Join(root, "train", "a"), 5, red)
			paint(t, filepath.Join(root, "test", "b"), 5, red)
		},
		"it has no picture for testing": func(root string) {
			paint(t, filepath.Join(root, "a"), 1, red)
			paint(t, filepath.Join(root, "b"), 1, red)
		},
	} {
		root := filepath.Join(t.TempDir(), "data")
		require.NoError(t, os.Mkdir(root, 0o700))
		make(root)
		_, err := Named("folder:" + root)
		require.ErrorContains(t, err, want)
		require.True(t, strings.HasPrefix(err.Error(), "folder:"+root+": "), err)
	}
}

func TestWithin(t *testing.T) {
	m := Image{Height: 300, Width: 600, Channels: 1, Pixels: make([]uint8, 300*600)}.within(256)
	require.Equal(t, [2]int{128, 256}, [2]int{m.Height, m.Width})
	m = Image{Height: 1000, Width: 1, Channels: 1, Pixels: make([]uint8, 1000)}.within(256)
	require.Equal(t, [2]int{256, 1}, [2]int{m.Height, m.Width})
	m = numbered(3)
	require.Equal(t, m, m.within(5))
}
