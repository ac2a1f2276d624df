package datasets

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// place writes files into a folder, by their names.
func place(t *testing.T, root string, files map[string]string) {
	for name, content := range files {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	}
}

// write makes n different texts in a class's folder.
func write(t *testing.T, folder string, n int) {
	for i := range n {
		place(t, folder, map[string]string{fmt.Sprintf("%03d.TXT", i): fmt.Sprintf("\ufeff %s says %d\r\n", filepath.Base(folder), i)})
	}
}

// A folder of texts has the layouts of one of pictures.
func TestFolderOfTexts(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "pos"), 20)
	write(t, filepath.Join(root, "neg", "more"), 11)
	place(t, root, map[string]string{"README.txt": "about", "neg/labels.csv": "", ".hidden": ""})
	info, err := Named(FolderPrefix + root)
	require.NoError(t, err)
	require.Equal(t, taxonomy.Text, info.Modality)
	require.Equal(t, []string{"neg", "pos"}, info.Classes)
	require.Equal(t, [3]int{25, 0, 6}, [3]int{info.TrainSize, info.ValSize, info.TestSize})
	require.Zero(t, info.Channels)
	require.False(t, info.Mirrors)
	d, notes := notesOf(t, root, Sizes{Val: 5})
	require.Equal(t, [3]int{20, 5, 6}, [3]int{len(d.Train), len(d.Val), len(d.Test)})
	require.Contains(t, append(append(d.Train, d.Val...), d.Test...), Sample{Text: "pos says 7", Label: 1})
	require.Equal(t, []string{
		"left out, for their suffix: 1 .csv (texts are .txt)",
		"left out, because no class folder holds them: 1 text in " + root + ", such as README.txt",
		"left out: 1 hidden files or folders",
	}, notes)
	again, _ := notesOf(t, root, Sizes{Val: 5})
	require.Equal(t, d, again)
}

// The folder's own parts are used; what is no text and what is a copy is named or counted, and left out.
func TestFolderOfTextsLeavesOut(t *testing.T) {
	root := t.TempDir()
	for part, n := range map[string]int{"Training": 5, "valid": 3, "test": 2} {
		for _, class := range []string{"a", "b"} {
			folder := filepath.Join(root, part, class)
			for i := range n {
				place(t, folder, map[string]string{fmt.Sprintf("%d.txt", i): part + class + fmt.Sprint(i)})
			}
		}
	}
	place(t, root, map[string]string{
		"Training/a/copy.txt":  "testa1\n",
		"Training/b/copy.txt":  "validb2",
		"Training/b/copy2.txt": " Trainingb2 ",
		"valid/a/copy.txt":     "testa1",
		"Training/a/empty.txt": "",
		"Training/a/blank.txt": " \n",
		"Training/a/latin.txt": "eins\nsch\xf6n",
		"Training/a/utf16.txt": "\xff\xfea\x00",
		"Training/a/nul.txt":   "a\x00b",
		"Training/b/long.txt":  strings.Repeat("long ", 1<<20),
	})
	d, notes := notesOf(t, root, Sizes{})
	require.Equal(t, [3]int{10, 6, 4}, [3]int{len(d.Train), len(d.Val), len(d.Test)})
	requireApart(t, d.Train, d.Val, d.Test)
	in := func(name string) string { return "left out: " + filepath.Join(root, "Training", name) }
	require.Equal(t, []string{
		in("a/blank.txt") + " has no text",
		in("a/empty.txt") + " is an empty file",
		in("a/latin.txt") + " is not UTF-8: line 2 has the byte 0xF6: save it as UTF-8, from Latin-1 or whatever encoding it has",
		in("a/nul.txt") + " has a NUL byte, which no text has",
		in("a/utf16.txt") + " is UTF-16: save it as UTF-8",
		in("b/long.txt") + " is larger than 1 MB",
		"6 of 30 texts can't be read and were left out",
		"left out: 1 validation text that is also in the test part",
		"left out: 1 training text that is also in the test part",
		"left out: 1 training text that is also in the validation part",
		"left out: 1 training text that is there more than once",
	}, notes)
	require.Equal(t, [3]int{10, 6, 4}, [3]int{d.TrainSize, d.ValSize, d.TestSize})
}

// What is no folder of texts is refused in one line; pictures and texts are not mixed.
func TestFolderOfTextsRefuses(t *testing.T) {
	for want, make := range map[string]func(root string){
		"it has 0 folders with pictures (" + strings.Join(suffixes, " ") + ") or texts (.txt), and 2 classes at least are needed: one folder for each class, or train and test with one for each class; it has other files: 1 .txt": func(root string) {
			place(t, root, map[string]string{"a.txt": "a"})
		},
		"it has 1 folder with texts (.txt), and 2 classes": func(root string) { write(t, filepath.Join(root, "a"), 3) },
		"it has 5 texts (.txt) in a, b, and 1 picture, such as b/000.PNG: a data set has either, so move the others elsewhere": func(root string) {
			write(t, filepath.Join(root, "a"), 4)
			write(t, filepath.Join(root, "b"), 1)
			paint(t, filepath.Join(root, "b"), 1, red)
		},
		"no pictures (" + strings.Join(suffixes, " ") + ") in class a (it has other files: 3 .txt)": func(root string) {
			write(t, filepath.Join(root, "a"), 3)
			paint(t, filepath.Join(root, "b"), 3, red)
		},
		"it has no text for testing: a class needs 2 texts, or the folder a test part": func(root string) {
			write(t, filepath.Join(root, "a"), 1)
			write(t, filepath.Join(root, "b"), 1)
		},
		"its folder test has 2 texts and no class folders: make folders in it, one for each class (a, b)": func(root string) {
			write(t, filepath.Join(root, "train", "a"), 1)
			write(t, filepath.Join(root, "train", "b"), 1)
			write(t, filepath.Join(root, "test"), 2)
		},
		"no texts (.txt) in class b (its folder is empty): put some in": func(root string) {
			write(t, filepath.Join(root, "a"), 2)
			write(t, filepath.Join(root, "c"), 2)
			require.NoError(t, os.Mkdir(filepath.Join(root, "b"), 0o700))
		},
		"class b has no training text that can be read, of 2 files, such as: ": func(root string) {
			write(t, filepath.Join(root, "a"), 3)
			place(t, root, map[string]string{"b/1.txt": "", "b/2.txt": "", "b/3.txt": ""})
		},
		"no test text can be read, of 1 file: ": func(root string) {
			write(t, filepath.Join(root, "train", "a"), 3)
			write(t, filepath.Join(root, "train", "b"), 3)
			place(t, root, map[string]string{"test/a/1.txt": "\n"})
		},
		`class "b" has no text for training: all of its texts are in another part, or copies of others`: func(root string) {
			write(t, filepath.Join(root, "a"), 3)
			place(t, root, map[string]string{"b/1.txt": "a says 1", "b/2.txt": "a says 2"})
		},
	} {
		root := t.TempDir()
		make(root)
		_, err := Load(t.Context(), FolderPrefix+root, Sizes{}, nil)
		require.ErrorContains(t, err, want)
		require.NotContains(t, err.Error(), "\n")
		require.True(t, strings.HasPrefix(err.Error(), FolderPrefix+root+": "), err)
	}
}

// A folder with more texts than fit in memory is refused before they are read.
func TestFolderOfTextsBound(t *testing.T) {
	files := make([]folderFile, 513)
	for i := range files {
		files[i].bytes = maxText
	}
	require.NoError(t, textFiles.tooMany(files[:512]))
	require.EqualError(t, textFiles.tooMany(files), "its texts have 513 MB, and 512 MB at most can be held in memory")
	files[0].bytes = maxText + 1
	require.NoError(t, textFiles.tooMany(files), "a text that is left out does not count")
}

// Whatever a file contains, it is a text that can be a sample, or the error is one line.
func FuzzReadText(f *testing.F) {
	for _, seed := range []string{"good\n", "\ufeffgood", "\xff\xfeg\x00", "sch\xf6n", "PK\x03\x04", "\x00", ""} {
		f.Add([]byte(seed))
	}
	path := filepath.Join(f.TempDir(), "a.txt")
	f.Fuzz(func(t *testing.T, content []byte) {
		require.NoError(t, os.WriteFile(path, content, 0o600))
		sample, err := textFiles.read(path)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		require.NoError(t, checkText(sample.Text))
		require.Contains(t, string(content), sample.Text)
		require.Equal(t, strings.TrimSpace(sample.Text), sample.Text)
	})
}
