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

// Package writes a package file with this name, a wheel or a source package (tar.gz), and returns its path. members are
// its files, by their paths inside.
func Package(t testing.TB, file string, members map[string]string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), file)
	f := must(os.Create(path))(t)
	defer f.Close()
	if strings.HasSuffix(file, ".whl") {
		writeWheel(t, f, file, members)
	} else {
		writeSdist(t, f, members)
	}
	return path
}

func writeWheel(t testing.TB, f io.Writer, file string, members map[string]string) {
	t.Helper()
	parts := strings.Split(strings.TrimSuffix(file, ".whl"), "-") // name, version, then Python, ABI and platform
	z := zip.NewWriter(f)
	info := parts[0] + "-" + parts[1] + ".dist-info/"
	for member, content := range map[string]string{
		info + "METADATA": "Metadata-Version: 2.1\nName: " + parts[0] + "\nVersion: " + parts[1] + "\n",
		info + "WHEEL":    "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: " + strings.Join(parts[2:], "-") + "\n",
		info + "RECORD":   "",
	} {
		must(io.WriteString(must(z.Create(member))(t), content))(t)
	}
	for member, file := range members {
		w := must(z.CreateHeader(&zip.FileHeader{Name: member, Method: zip.Store}))(t)
		copyFile(t, w, file)
	}
	done(t, z.Close())
}

func writeSdist(t testing.TB, f io.Writer, members map[string]string) {
	t.Helper()
	packed := gzip.NewWriter(f)
	w := tar.NewWriter(packed)
	for member, file := range members {
		info := must(os.Stat(file))(t)
		done(t, w.WriteHeader(&tar.Header{Name: member, Mode: 0o600, Size: info.Size(), Typeflag: tar.TypeReg}))
		copyFile(t, w, file)
	}
	done(t, w.Close())
	done(t, packed.Close())
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
