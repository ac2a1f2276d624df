package datasets

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// gtsrbHere returns a folder with GTSRB, or its subset, in the official layout: the one that VRKIT_DATA names, or the
// unpacked archive of the subset that VRKIT_TEST_GTSRB names.
func gtsrbHere(t *testing.T) string {
	if data, err := gtsrb.given(); err == nil && data != "" {
		return data
	}
	name := os.Getenv("VRKIT_TEST_GTSRB")
	if name == "" {
		t.Skipf("GTSRB is not here: set %s to the folder that holds its folder GTSRB", DataEnv)
	}
	archive, err := os.Open(name)
	require.NoError(t, err)
	defer archive.Close()
	unzipped, err := gzip.NewReader(archive)
	require.NoError(t, err)
	data := t.TempDir()
	root, err := os.OpenRoot(data)
	require.NoError(t, err)
	defer root.Close()
	for files := tar.NewReader(unzipped); ; {
		header, err := files.Next()
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		if header.Typeflag == tar.TypeReg {
			body, err := io.ReadAll(files)
			require.NoError(t, err)
			require.NoError(t, root.MkdirAll(filepath.Dir(header.Name), 0o700))
			require.NoError(t, root.WriteFile(header.Name, body, 0o600))
		}
	}
	t.Setenv(DataEnv, data)
	return data
}

func TestGTSRB(t *testing.T) {
	gtsrbHere(t)
	t.Setenv("VRKIT_CACHE", t.TempDir()) // nothing is fetched
	d, err := Load(t.Context(), "gtsrb", Sizes{}, nil)
	require.NoError(t, err)
	require.Len(t, d.Train, 1546)
	require.Len(t, d.Test, 2000)
	require.Len(t, d.Classes, 43)
	perClass := make([]int, 43)
	for _, sample := range d.Train {
		perClass[sample.Label]++
		require.Equal(t, [3]int{32, 32, 3}, [3]int{sample.Height, sample.Width, sample.Channels})
	}
	for class, tracks := range gtsrbTracks {
		require.Equal(t, 2*min(tracks, 25), perClass[class])
	}
	require.Equal(t, "8945fea5f23c85943362806e39424921806cc51d4c37a99ffd88137851741a9a", d.SHA256, "the rescaled images are others than those of the subset in development")
	files, err := Assets("gtsrb")
	require.NoError(t, err)
	require.Empty(t, files, "nothing is to be fetched")
}

// gtsrbTracks is the number of tracks of each class in the official training set; a track has 30 photos, except the
// twentieth of class 33, which has 29.
var gtsrbTracks = []int{7, 74, 75, 47, 66, 62, 14, 48, 47, 49, 67, 44, 70, 72, 26, 21, 14, 37, 40, 7, 12, 11, 13, 17, 9, 50, 20,
	8, 18, 9, 15, 26, 8, 23, 14, 40, 13, 7, 69, 10, 12, 8, 8}

// The rule picks the subset's images out of archives of the official size and layout, in which reading any other image
// is an error.
func TestGTSRBFromArchives(t *testing.T) {
	data := gtsrbHere(t)
	if testing.Short() {
		t.Skip("-short: archives of 50,000 photos are written")
	}
	want, err := readGTSRBFolder(data)
	require.NoError(t, err)
	here := os.DirFS(data)

	var training, test, truth bytes.Buffer
	z := zip.NewWriter(&training)
	for class, tracks := range gtsrbTracks {
		folder := fmt.Sprintf("GTSRB/Final_Training/Images/%05d", class)
		known := rowsByName(t, here, fmt.Sprintf("%s/GT-%05d.csv", folder, class))
		table := bytes.NewBufferString("Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\r\n")
		for track := range tracks {
			photos := 30
			if class == 33 && track == 19 {
				photos = 29
			}
			for frame := range photos {
				row := gtsrbRow{name: fmt.Sprintf("%05d_%05d.ppm", track, frame), width: "1", height: "1", class: int32(class)}
				body := []byte("no picture")
				if chosen, ok := known[row.name]; ok {
					row = chosen
					body, err = fs.ReadFile(here, folder+"/"+row.name)
					require.NoError(t, err)
				}
				fmt.Fprintf(table, "%s;%s;%s;1;1;1;1;%d\r\n", row.name, row.width, row.height, row.class)
				put(t, z, folder+"/"+row.name, body)
			}
		}
		put(t, z, fmt.Sprintf("%s/GT-%05d.csv", folder, class), table.Bytes())
	}
	require.NoError(t, z.Close())

	z = zip.NewWriter(&truth)
	table, err := fs.ReadFile(here, "GTSRB/Final_Test/GT-final_test.csv")
	require.NoError(t, err)
	for i := 2000; i < 12630; i++ {
		table = fmt.Appendf(table, "%05d.ppm;1;1;1;1;1;1;7\r\n", i)
	}
	put(t, z, "GT-final_test.csv", table)
	require.NoError(t, z.Close())

	z = zip.NewWriter(&test)
	require.NoError(t, fs.WalkDir(here, "GTSRB/Final_Test/Images", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			var body []byte
			body, err = fs.ReadFile(here, path)
			put(t, z, path, body)
		}
		return err
	}))
	require.NoError(t, z.Close())

	paths := make([]string, 3)
	for i, archive := range [][]byte{training.Bytes(), test.Bytes(), truth.Bytes()} {
		paths[i] = filepath.Join(t.TempDir(), "archive.zip")
		require.NoError(t, os.WriteFile(paths[i], archive, 0o600))
	}
	got, err := readGTSRBArchives(paths)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func rowsByName(t *testing.T, in fs.FS, table string) map[string]gtsrbRow {
	rows, err := readGTSRBTable(in, table)
	require.NoError(t, err)
	byName := map[string]gtsrbRow{}
	for _, row := range rows {
		byName[row.name] = row
	}
	return byName
}

func put(t *testing.T, z *zip.Writer, name string, body []byte) {
	w, err := z.Create(name)
	require.NoError(t, err)
	_, err = w.Write(body)
	require.NoError(t, err)
}

func TestGTSRBRefuses(t *testing.T) {
	t.Setenv("VRKIT_CACHE", t.TempDir())
	t.Setenv(DataEnv, filepath.Join(t.TempDir(), "nowhere"))
	load := func() error {
		t.Helper()
		_, err := Load(t.Context(), "gtsrb", Sizes{}, nil)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "\n")
		return err
	}
	require.ErrorContains(t, load(), "which is no folder: set it to the folder that holds your data sets, or unset it")

	data := t.TempDir()
	t.Setenv(DataEnv, data)
	folder := filepath.Join(data, "GTSRB", "Final_Training", "Images", "00000")
	require.NoError(t, os.MkdirAll(folder, 0o700))
	require.ErrorContains(t, load(), "GTSRB/Final_Training/Images/00000/GT-00000.csv")

	for table, want := range map[string]string{
		"Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2\r\n": "it is no table of GTSRB with classes",
		gtsrbColumns + "a.ppm;1;1;1;1;1;1;43\n":                 `line 2 makes no sense: "a.ppm", class "43"`,
		gtsrbColumns + "../a.ppm;1;1;1;1;1;1;0\n":               "line 2 makes no sense",
		gtsrbColumns + "a.ppm;1;1\n":                            "wrong number of fields",
		gtsrbColumns + "a.ppm;1;1;1;1;1;1;0\n":                  "00000/a.ppm",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "GT-00000.csv"), []byte(table), 0o600))
		require.ErrorContains(t, load(), want)
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "GT-00000.csv"), []byte(gtsrbColumns+"a.ppm;1;1;1;1;1;1;0\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "a.ppm"), []byte("P6 9 9 255\n"), 0o600))
	require.ErrorContains(t, load(), "a.ppm: the PNM file is cut off")
}

const gtsrbColumns = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId\n"

// FuzzGTSRBTable: no panic, and every row is of one of the 43 classes and has a name in the folder.
func FuzzGTSRBTable(f *testing.F) {
	f.Add([]byte(gtsrbColumns + "00000.ppm;53;54;6;5;48;49;16\r\n"))
	f.Add([]byte(gtsrbColumns + "\"a\nb\";1;1;1;1;1;1;0\n"))
	f.Fuzz(func(t *testing.T, table []byte) {
		rows, err := parseGTSRBTable(bytes.NewReader(table))
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
		}
		require.LessOrEqual(t, len(rows), len(table))
		for _, row := range rows {
			require.Less(t, int(row.class), 43)
			require.NotContains(t, row.name, "/")
		}
	})
}
