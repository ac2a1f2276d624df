package datasets

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// paint writes n different pictures, 6×4, mostly of one colour, into a class's folder.
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
	files, err := Assets("folder:" + root)
	require.NoError(t, err)
	require.Empty(t, files)
}

// The folder's own parts are used, also for validation.
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
	require.ErrorContains(t, err, "has 7 validation samples, too few to take 8")

	require.NoError(t, os.RemoveAll(filepath.Join(root, "test")))
	info, err = Named("folder:" + root)
	require.NoError(t, err)
	require.Equal(t, [3]int{9, 7, 2}, [3]int{info.TrainSize, info.ValSize, info.TestSize}, "the test part is drawn from training")
}

// notesOf loads a folder, or a data set by its name, and returns the notes of its report.
func notesOf(t *testing.T, name string, sizes Sizes) (d *Dataset, notes []string) {
	if _, _, own := Own(name); !own {
		name = FolderPrefix + name
	}
	d, err := Load(t.Context(), name, sizes, func(p fetch.Progress) {
		if p.Note != "" {
			notes = append(notes, p.Note)
		}
	})
	require.NoError(t, err)
	return d, notes
}

// Subsets that are taken of one reading are those of a reading each.
func TestTake(t *testing.T) {
	root := t.TempDir()
	paint(t, filepath.Join(root, "a"), 9, red)
	paint(t, filepath.Join(root, "b"), 9, green)
	whole, err := Open(t.Context(), "folder:"+root, nil)
	require.NoError(t, err)
	for _, sizes := range []Sizes{{}, {Train: 5, Val: 3, Test: 1}, {Train: 4, MostTest: 2}, {}} {
		want, err := Load(t.Context(), "folder:"+root, sizes, nil)
		require.NoError(t, err)
		got, err := whole.Take(sizes)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err = whole.Take(Sizes{Train: 99})
	require.ErrorIs(t, err, ErrTooFew)
}

func TestAbsolute(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	here, err := os.Getwd()
	require.NoError(t, err)
	for name, want := range map[string]string{
		"mnist": "mnist", "folder:own": "folder:" + filepath.Join(here, "own"), "folder:./a/../own/": "folder:" + filepath.Join(here, "own"), "folder:/own": "folder:/own", "csv:own.tsv": "csv:" + filepath.Join(here, "own.tsv"),
	} {
		require.Equal(t, want, Absolute(name))
	}
}

// What holds no picture is named, counted and left out, and all is what can be read.
func TestFolderLeavesOut(t *testing.T) {
	root := t.TempDir()
	paint(t, filepath.Join(root, "train", "a"), 4, red)
	paint(t, filepath.Join(root, "train", "b"), 4, green)
	paint(t, filepath.Join(root, "val", "a"), 2, red)
	paint(t, filepath.Join(root, "test", "a"), 2, red)
	paint(t, filepath.Join(root, "test", "b"), 1, green)
	broken := filepath.Join(root, "train", "b", "002.PNG")
	whole, err := os.ReadFile(broken)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(broken, whole[:len(whole)-20], 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "test", "a", "x.webp"), []byte("<html>404"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(root, "val", "a", "empty.jpg"), nil, 0o600))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(root, "train", "a", "gone.jpg")))

	d, notes := notesOf(t, root, Sizes{})
	require.Equal(t, [3]int{7, 2, 3}, [3]int{len(d.Train), len(d.Val), len(d.Test)})
	require.Equal(t, [3]int{7, 2, 3}, [3]int{d.TrainSize, d.ValSize, d.TestSize})
	require.Len(t, d.Skipped, 4)
	require.Equal(t, []string{
		"left out: " + filepath.Join(root, "test", "a", "x.webp") + " is no picture (" + Formats + ")",
		"left out: " + filepath.Join(root, "train", "a", "gone.jpg") + " can't be opened: no such file or directory",
		"left out: " + filepath.Join(root, "val", "a", "empty.jpg") + " is an empty file",
		"left out: " + broken + " is no picture that can be read: png: invalid format: unexpected EOF",
		"4 of 16 pictures can't be read and were left out",
	}, notes)

	// A record's sizes load the same images again; a larger bound takes all.
	for _, sizes := range []Sizes{{Train: 7, Val: 2, Test: 3}, {MostTrain: 1000, MostTest: 1000}, {MostTrain: 8}} {
		again, _ := notesOf(t, root, sizes)
		require.Equal(t, d.SHA256, again.SHA256)
	}
	_, err = Load(t.Context(), "folder:"+root, Sizes{Train: 9}, nil)
	require.ErrorContains(t, err, "has 7 training samples, too few to take 9 (4 can't be read)")
	require.ErrorIs(t, err, ErrTooFew)

	spoil := func(part, class, want string) {
		for i := range 4 {
			require.NoError(t, os.WriteFile(filepath.Join(root, part, class, fmt.Sprintf("%03d.PNG", i)), nil, 0o600))
		}
		_, err = Load(t.Context(), "folder:"+root, Sizes{}, nil)
		require.ErrorContains(t, err, want)
	}
	spoil("val", "a", "no validation picture can be read, of 5 files: ")
	require.NoError(t, os.RemoveAll(filepath.Join(root, "val")))
	spoil("train", "b", "class b has no training picture that can be read, of 4 files, such as: "+filepath.Join(root, "train", "b", "000.PNG")+" is an empty file")
}

// A long list is cut.
func TestFolderLeavesOutMany(t *testing.T) {
	root := t.TempDir()
	paint(t, filepath.Join(root, "a"), 5, red)
	paint(t, filepath.Join(root, "b"), 5, green)
	for i := range 30 {
		require.NoError(t, os.WriteFile(filepath.Join(root, "a", fmt.Sprintf("x%02d.jpg", i)), nil, 0o600))
	}
	_, notes := notesOf(t, root, Sizes{})
	require.Len(t, notes, 22)
	require.Equal(t, []string{"left out: 10 more", "30 of 40 pictures can't be read and were left out"}, notes[20:])
}

// Files with other suffixes are reported with their number, and so are pictures in no class.
func TestFolderSaysWhatElse(t *testing.T) {
	root := t.TempDir()
	paint(t, filepath.Join(root, "a"), 5, red)
	paint(t, filepath.Join(root, "b"), 5, green)
	paint(t, root, 2, red)
	for _, name := range []string{"a/1.txt", "a/2.txt", "b/x.heic", "b/LICENSE", "labels.csv", ".hidden", "a/._000.PNG", "__MACOSX/a/._000.PNG"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o700))
		require.NoError(t, os.WriteFile(filepath.Join(root, name), nil, 0o600))
	}
	require.NoError(t, os.Symlink(root, filepath.Join(root, "a", "up")))
	d, notes := notesOf(t, root, Sizes{})
	require.Equal(t, 10, len(d.Train)+len(d.Test))
	require.Equal(t, []string{
		"left out, for their suffix: 2 .txt, 1 without a suffix, 1 .csv, 1 .heic (pictures are " + strings.Join(suffixes, " ") + ")",
		"left out, because no class folder holds them: 2 pictures in " + root + ", such as 000.PNG",
		"left out: 3 hidden files or folders",
		"left out: 1 link to a folder above",
	}, notes)
	require.Equal(t, notes, d.Skipped)
}

// Pictures in folders below a class's folder belong to the class, also behind links.
func TestFolderNested(t *testing.T) {
	root, elsewhere := t.TempDir(), t.TempDir()
	paint(t, filepath.Join(root, "a"), 2, red)
	paint(t, filepath.Join(root, "a", "more", "still"), 3, red)
	paint(t, filepath.Join(root, "b", "only", "below"), 4, green)
	paint(t, elsewhere, 6, green)
	require.NoError(t, os.Symlink(elsewhere, filepath.Join(root, "b", "linked")))
	info, err := Named("folder:" + root)
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, info.Classes)
	require.Equal(t, [2]int{4 + 8, 1 + 2}, [2]int{info.TrainSize, info.TestSize})
}

// The contents of folders decide whether they are parts or classes.
func TestFolderLayouts(t *testing.T) {
	for name, c := range map[string]struct {
		folders []string // each gets 5 pictures
		empty   []string
		classes []string
		parts   [3]int // training, validation, test
		note    string
		err     string
	}{
		"a class called train":          {folders: []string{"bus", "car", "train"}, classes: []string{"bus", "car", "train"}, parts: [3]int{12, 0, 3}, note: "taken for classes, because they hold no class folders: train"},
		"classes called as all parts":   {folders: []string{"a", "Training", "val", "test"}, classes: []string{"Training", "a", "test", "val"}, parts: [3]int{16, 0, 4}, note: "Training, test, val"},
		"a class with folders of parts": {folders: []string{"a/train", "a/x", "b"}, classes: []string{"a", "b"}, parts: [3]int{12, 0, 3}},
		"parts":                         {folders: []string{"train/a", "train/b", "test/a", "test/b"}, classes: []string{"a", "b"}, parts: [3]int{10, 0, 10}},
		"parts with nested classes":     {folders: []string{"train/a/x", "train/b", "validation/b/y", "Test/a"}, classes: []string{"a", "b"}, parts: [3]int{10, 5, 5}, note: "without a test picture: class b"},
		"parts beside other things":     {folders: []string{"train/a", "train/b"}, empty: []string{"docs"}, classes: []string{"a", "b"}, parts: [3]int{8, 0, 2}},
		"a class of the part's name":    {folders: []string{"train/train", "train/b"}, classes: []string{"b", "train"}, parts: [3]int{8, 0, 2}},
		"pictures beside the classes":   {folders: []string{"train/a", "train/b", "train"}, classes: []string{"a", "b"}, parts: [3]int{8, 0, 2}, note: "no class folder holds them: 5 pictures in "},

		"a flat test part":            {folders: []string{"train/a", "train/b", "test"}, err: "its folder test has 5 pictures and no class folders: make folders in it, one for each class (a, b), or move it elsewhere"},
		"flat parts":                  {folders: []string{"train", "test"}, err: "its folder test has 5 pictures and no class folders"},
		"an empty part":               {folders: []string{"train/a", "train/b"}, empty: []string{"val"}, err: "its folder val has 0 pictures and no class folders"},
		"parts and something else":    {folders: []string{"train/a", "train/b", "dev/a", "dev/b"}, err: "its folders train hold folders of pictures, as parts do, and beside them there is dev, which is no part"},
		"parts and loose pictures":    {folders: []string{"train/a", "train/b", "test/a", "unsorted"}, err: "beside them there is unsorted, which is no part"},
		"parts below classes":         {folders: []string{"a/train", "a/test", "b/train", "b/test"}, err: "its folder a holds folders test, train: if it is a class, parts belong above it, as in test/a; if it is a data set, name it, folder:"},
		"no training":                 {folders: []string{"test/a", "val/a"}, err: "and no folder train"},
		"one folder around":           {folders: []string{"animals/cat", "animals/dog"}, err: "it has one folder with pictures, animals, which holds folders of them (cat, dog): is folder:"},
		"one folder around all parts": {folders: []string{"animals/train/cat", "animals/train/dog", "animals/test/cat"}, err: "animals, which holds folders of them (test, train): is folder:"},
		"one folder around parts":     {folders: []string{"animals/train/cat", "animals/train/dog"}, err: "it has one folder with pictures, animals"},
		"an empty class":              {folders: []string{"a", "b"}, empty: []string{"dogs", "cats"}, err: "in class cats (its folder is empty), dogs (its folder is empty): put some in, or move the folder elsewhere"},
		"a class of files not known":  {folders: []string{"a", "b"}, empty: []string{"dogs/x.heic", "dogs/more/x.mp4"}, err: "in class dogs (it has other files: 1 .heic, 1 .mp4)"},
		"an empty class of a part":    {folders: []string{"train/a", "train/b", "test/a"}, empty: []string{"test/dogs"}, err: "in class dogs (its folder is empty)"},
		"classes only for testing":    {folders: []string{"train/a", "train/b", "test/a", "test/images"}, err: "class images has pictures and none of them for training"},
	} {
		root := t.TempDir()
		for _, folder := range c.folders {
			paint(t, filepath.Join(root, folder), 5, red)
		}
		for _, path := range c.empty {
			if filepath.Ext(path) == "" {
				require.NoError(t, os.MkdirAll(filepath.Join(root, path), 0o700))
				continue
			}
			require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(root, path)), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(root, path), nil, 0o600))
		}
		info, err := Named("folder:" + root)
		if c.err != "" {
			require.ErrorContains(t, err, c.err, name)
			continue
		}
		require.NoError(t, err, name)
		require.Equal(t, c.classes, info.Classes, name)
		require.Equal(t, c.parts, [3]int{info.TrainSize, info.ValSize, info.TestSize}, name)
		_, notes := notesOf(t, root, Sizes{})
		require.Contains(t, strings.Join(notes, "\n"), c.note, name)
		if c.note == "" {
			require.Empty(t, notes, name)
		}
	}
}

// What is no file, such as a pipe, is not opened, because reading it might never end.
func TestFolderPipe(t *testing.T) {
	root := t.TempDir()
	paint(t, filepath.Join(root, "a"), 2, red)
	paint(t, filepath.Join(root, "b"), 2, green)
	require.NoError(t, syscall.Mkfifo(filepath.Join(root, "a", "pipe.jpg"), 0o600))
	_, notes := notesOf(t, root, Sizes{})
	require.Len(t, notes, 1)
	require.Contains(t, notes[0], "1 .jpg that is no file")
	_, err := ReadImage(filepath.Join(root, "a", "pipe.jpg"))
	require.ErrorContains(t, err, "pipe.jpg is no regular file")
}

// A run directory in the folder of its data is no class, and a name that a record can't hold is an error.
func TestFolderWithRuns(t *testing.T) {
	root := t.TempDir()
	paint(t, filepath.Join(root, "a"), 2, red)
	paint(t, filepath.Join(root, "b"), 2, green)
	run := filepath.Join(root, "runs", "first")
	require.NoError(t, os.MkdirAll(filepath.Join(run, "state"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(run, "program.json"), []byte("{}"), 0o600))
	paint(t, filepath.Join(run, "figures"), 2, red)
	require.NoError(t, os.Rename(run, filepath.Join(root, "run")))
	require.NoError(t, os.Remove(filepath.Join(root, "runs")))
	d, notes := notesOf(t, root, Sizes{})
	require.Equal(t, []string{"a", "b"}, d.Classes)
	require.Equal(t, []string{"left out, because it is no data: 1 run directory"}, notes)

	paint(t, filepath.Join(root, "caf\xe9"), 2, green)
	_, err := Named(FolderPrefix + root)
	require.ErrorContains(t, err, `the name of its folder "caf\xe9" is not UTF-8, so that no file can record it: rename the folder`)
	_, err = Named(FolderPrefix + filepath.Join(root, "caf\xe9"))
	require.ErrorContains(t, err, "is not UTF-8")
}

func TestFolderRefuses(t *testing.T) {
	for want, make := range map[string]func(root string){
		"can't be read as a folder: no such file": func(root string) { require.NoError(t, os.Remove(root)) },
		"it has 0 folders with pictures":          func(string) {},
		"it has 1 folder with pictures":           func(root string) { paint(t, filepath.Join(root, "only"), 5, red) },
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
