package fetchtest

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Wheel writes a wheel that holds files, given by their paths inside, and
// returns its path.
func Wheel(t testing.TB, name, version string, members map[string]string) string {
	t.Helper()
	name = strings.ReplaceAll(name, "-", "_")
	path := filepath.Join(t.TempDir(), name+"-"+version+"-py3-none-any.whl")
	f := must(os.Create(path))(t)
	defer f.Close()
	z := zip.NewWriter(f)
	info := name + "-" + version + ".dist-info/"
	for member, content := range map[string]string{
		info + "METADATA": "Metadata-Version: 2.1\nName: " + name + "\nVersion: " + version + "\n",
		info + "WHEEL":    "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
		info + "RECORD":   "",
	} {
		must(io.WriteString(must(z.Create(member))(t), content))(t)
	}
	for member, file := range members {
		w := must(z.CreateHeader(&zip.FileHeader{Name: member, Method: zip.Store}))(t)
		copyFile(t, w, file)
	}
	done(t, z.Close())
	return path
}

// Sdist writes a source package that holds files, likewise.
func Sdist(t testing.TB, name, version string, members map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+"-"+version+".tar.gz")
	f := must(os.Create(path))(t)
	defer f.Close()
	packed := gzip.NewWriter(f)
	w := tar.NewWriter(packed)
	for member, file := range members {
		info := must(os.Stat(file))(t)
		done(t, w.WriteHeader(&tar.Header{Name: member, Mode: 0o600, Size: info.Size(), Typeflag: tar.TypeReg}))
		copyFile(t, w, file)
	}
	done(t, w.Close())
	done(t, packed.Close())
	return path
}

func copyFile(t testing.TB, w io.Writer, file string) {
	t.Helper()
	f := must(os.Open(file))(t)
	defer f.Close()
	must(io.Copy(w, f))(t)
}

func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		done(t, err)
		return value
	}
}

func done(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
