package main

import (
	"encoding/csv"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func TestNames(t *testing.T) {
	for text, want := range map[string][]string{
		"":                            nil,
		" , ,":                        nil,
		"pad":                         {"pad"},
		" pad , full,":                {"pad", "full"},
		`"folder:/a, b",mnist`:        {"folder:/a, b", "mnist"},
		`mnist, "folder:/a ""b"", c"`: {"mnist", `folder:/a "b", c`},
		"folder:/cats and dogs,mnist": {"folder:/cats and dogs", "mnist"},
		"folder:/it's":                {"folder:/it's"},
	} {
		got, err := names("datasets", text, itself)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{`"folder:/a,b`, `folder:/a"b,c"`, `"a" b,c`, `"`, "a\nb"} {
		_, err := names("datasets", text, itself)
		require.ErrorContains(t, err, "-datasets: the quotes of ", text)
	}
}

func FuzzNames(f *testing.F) {
	f.Add("a,b", "c")
	f.Add(`"`, " x ")
	f.Fuzz(func(t *testing.T, one, two string) {
		_, _ = names("f", one, itself) // it ends, whatever the text
		want := slices.DeleteFunc([]string{strings.TrimSpace(one), strings.TrimSpace(two)}, func(s string) bool { return s == "" })
		if len(want) == 0 || len(want) == 2 && want[0] == want[1] || strings.Contains(one+two, "\r") { // CSV has no \r\n in a name
			return
		}
		var text strings.Builder
		w := csv.NewWriter(&text)
		require.NoError(t, w.Write(want))
		w.Flush()
		got, err := names("f", strings.TrimSuffix(text.String(), "\n"), itself)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

func FuzzWords(f *testing.F) {
	f.Add("a b", `"c`)
	f.Add("caf\xe9", "é")
	f.Add("$(x);`y` & <z>|", `\`)
	f.Fuzz(func(t *testing.T, one, two string) {
		_, _ = words(one)
		quote := func(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }
		got, err := words(quote(one) + " \t" + quote(two))
		if !utf8.ValidString(one + " " + two) {
			require.ErrorContains(t, err, "UTF-8")
			return
		}
		require.NoError(t, err)
		require.Equal(t, []string{one, two}, got)
	})
}

func TestWords(t *testing.T) {
	for line, want := range map[string][]string{
		`-inputs pad  -seeds 0,1`:                        {"-inputs", "pad", "-seeds", "0,1"},
		`-datasets "folder:/a b"`:                        {"-datasets", "folder:/a b"},
		`-datasets '"folder:/a, b",mnist' -label exact`:  {"-datasets", `"folder:/a, b",mnist`, "-label", "exact"},
		`-datasets folder:/photos\ (1)/it\'s -label=a#b`: {"-datasets", "folder:/photos (1)/it's", "-label=a#b"},
		`-label ""`:                 {"-label", ""},
		`-seeds 1 # and -label x`:   {"-seeds", "1"},
		`-label "# x" -seeds '1' #`: {"-label", "# x", "-seeds", "1"},
		`# all`:                     {},
		``:                          {},
	} {
		got, err := words(line)
		require.NoError(t, err, line)
		require.Equal(t, want, got, line)
	}
}

// A folder's path may contain commas and spaces, in a flag and in a plan. However it is written, it is one data set.
func TestTableFolders(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, folder := range []string{"cats, dogs", "plain/birds", "other/birds"} {
		for _, name := range []string{"a/1", "a/2", "b/1", "b/2"} {
			path := filepath.Join(folder, "train", name+".png")
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
			file, err := os.Create(path)
			require.NoError(t, err)
			require.NoError(t, png.Encode(file, image.NewGray(image.Rect(0, 0, 4, 4))))
			require.NoError(t, file.Close())
		}
		require.NoError(t, os.CopyFS(filepath.Join(folder, "test"), os.DirFS(filepath.Join(folder, "train"))))
	}
	require.NoError(t, os.Symlink("cats, dogs", "link"))
	require.NoError(t, os.WriteFile("a.csv", []byte("text,label\ngood,x\nbad,y\nfine,x\nsad,y\n"), 0o600))
	grid := func(datasets string) ([]cell, error) {
		c := newCall("table", "-datasets", datasets, "-seeds", "0")
		g := c.gridFlags()
		require.NoError(t, c.parse())
		return g.cells(c, "grid")
	}
	cells, err := grid(`"folder:cats, dogs",mnist`)
	require.NoError(t, err)
	require.Len(t, cells, 2)
	require.Equal(t, "folder:cats, dogs", cells[0].Dataset)

	for twice, cause := range map[string]string{
		`"folder:cats, dogs",folder:link`:                   "-datasets: folder:cats, dogs and folder:link are the same: write one of them",
		`folder:plain/birds,folder:./plain/birds/`:          "folder:plain/birds and folder:./plain/birds/ are the same",
		"folder:plain/birds,folder:" + dir + "/plain/birds": "are the same",
		"csv:a.csv,csv:link/../a.csv":                       "csv:a.csv and csv:link/../a.csv are the same",
		`folder:plain/birds,folder:other/birds`:             "the runs of folder:plain/birds and of folder:other/birds would be in the same folder, grid",
	} {
		_, err := grid(twice)
		require.ErrorContains(t, err, cause)
	}

	c := newCall("table")
	c.gridFlags()
	plan := func(text string) ([]cell, error) {
		require.NoError(t, os.WriteFile("a.plan", []byte(text), 0o600))
		return planned(c, "a.plan", "grid")
	}
	cells, err = plan(`-datasets '"folder:cats, dogs",mnist' -seeds 0` + "\n")
	require.NoError(t, err)
	require.Len(t, cells, 2)
	_, err = plan("-datasets folder:plain/birds -seeds 0,1\n-datasets folder:./plain/birds -seeds 1\n")
	require.ErrorContains(t, err, "a.plan:2: folder:./plain/birds squeezenet1.1 pad blm seed 1 is in line 1 too")
}
