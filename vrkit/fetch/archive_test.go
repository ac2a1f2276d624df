package fetch

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// entry is a file in a test archive; one with a target is a symbolic link.
type entry struct{ name, body, target string }

func zipped(t testing.TB, entries ...entry) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		w, err := z.Create(e.name)
		require.NoError(t, err)
		_, err = w.Write([]byte(e.body))
		require.NoError(t, err)
	}
	require.NoError(t, z.Close())
	return b.Bytes()
}

func tarred(t testing.TB, entries ...entry) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: 0o600, Size: int64(len(e.body)), Typeflag: tar.TypeReg}
		if e.target != "" {
			h.Typeflag, h.Linkname = tar.TypeSymlink, e.target
		}
		require.NoError(t, w.WriteHeader(h))
		_, err := w.Write([]byte(e.body))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return gzipped(t, b.Bytes())
}

func gzipped(t testing.TB, body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write(body)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Bytes()
}

func TestUnpack(t *testing.T) {
	entries := []entry{
		{"../../escape", "outside", ""},
		{"lib/plugin.so", "", "/etc/passwd"},
		{"pkg/data/other.so", "other", ""},
		{"./pkg/lib/pjrt_cpu_v1_plugin.so", "library", ""},
		{"pkg/empty", "", ""},
	}
	archives := map[string][]byte{"tar.gz": tarred(t, entries...), "zip": zipped(t, append(entries[:1:1], entries[2:]...)...)}
	for kind, archive := range archives {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			from, to := filepath.Join(dir, "download"), filepath.Join(dir, "member")
			require.NoError(t, os.WriteFile(from, archive, 0o600))
			for member, want := range map[string]string{
				"pkg/lib/pjrt_cpu_v1_plugin.so": "library",
				"pjrt_cpu_*_plugin.*":           "library",
				"pkg/*/other.so":                "other",
				"empty":                         "",
				"escape":                        "outside", // its path is not used: only "member" is written
			} {
				path, err := unpack(from, member, to, 100, "test", nil)
				require.NoError(t, err, member)
				require.Equal(t, to, path)
				got, err := os.ReadFile(path)
				require.NoError(t, err)
				require.Equal(t, want, string(got), member)
			}
			_, err := unpack(from, "missing", to, 100, "test", nil)
			require.ErrorContains(t, err, "it holds no missing")
			_, err = unpack(from, "plugin.so", to, 100, "test", nil)
			require.ErrorContains(t, err, "it holds no plugin.so", "a link is not followed")
			_, err = unpack(from, "other.so", to, 4, "test", nil)
			require.ErrorContains(t, err, "more than the 4 bytes")
			_, err = unpack(from, "other.so", to, 5, "test", nil)
			require.NoError(t, err)

			require.NoError(t, os.WriteFile(from, archive[:len(archive)/2], 0o600))
			_, err = unpack(from, "empty", to, 100, "test", nil)
			require.ErrorContains(t, err, "can't be unpacked")
		})
	}
}

func TestUnpackGzip(t *testing.T) {
	dir := t.TempDir()
	from, to := filepath.Join(dir, "download"), filepath.Join(dir, "member")
	require.NoError(t, os.WriteFile(from, gzipped(t, content), 0o600))
	_, err := unpack(from, "any", to, int64(len(content)), "test", nil)
	require.NoError(t, err)
	got, err := os.ReadFile(to)
	require.NoError(t, err)
	require.Equal(t, content, got)
	_, err = unpack(from, "any", to, int64(len(content))-1, "test", nil)
	require.ErrorContains(t, err, "more than", "a bomb is stopped")

	require.NoError(t, os.WriteFile(from, []byte("no archive"), 0o600))
	_, err = unpack(from, "any", to, 100, "test", nil)
	require.ErrorContains(t, err, "neither zip nor gzip")
	require.NoError(t, os.WriteFile(from, nil, 0o600))
	_, err = unpack(from, "any", to, 100, "test", nil)
	require.ErrorContains(t, err, "can't be unpacked")
}

// A member of an archive in an archive is found at any depth; nothing is left but the member.
func TestUnpackNested(t *testing.T) {
	wanted, other := entry{"data/a.txt", "wanted", ""}, entry{"data/b.txt", "other", ""}
	innermost := string(tarred(t, other, wanted))
	for kind, archive := range map[string][]byte{
		"tar.gz in tar.gz": tarred(t, entry{"pkg/readme", "text", ""}, entry{"pkg/deep/in.gz", innermost, ""}),
		"tar.gz in zip":    zipped(t, entry{"pkg/readme", "text", ""}, entry{"pkg/deep/in.gz", innermost, ""}),
		"zip in tar.gz":    tarred(t, entry{"pkg/deep/in.gz", string(zipped(t, other, wanted)), ""}),
	} {
		dir := t.TempDir()
		from, to := filepath.Join(dir, "download"), filepath.Join(dir, "member")
		require.NoError(t, os.WriteFile(from, archive, 0o600))
		path, err := unpack(from, "pkg/deep/in.gz!/data/a.txt", to, 6, "test", nil)
		require.NoError(t, err, kind)
		got, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, "wanted", string(got), kind)
		for member, want := range map[string]string{
			"pkg/none.gz!/data/a.txt":            "it holds no pkg/none.gz",
			"pkg/deep/in.gz!/data/c.txt":         "in pkg/deep/in.gz: the archive can't be unpacked: it holds no data/c.txt",
			"pkg/deep/in.gz!/data/a.txt!/a":      "in pkg/deep/in.gz: in data/a.txt: the archive can't be unpacked: neither zip nor gzip",
			"pkg/deep/in.gz!/data/b.txt":         "",
			"pkg/deep/in.gz!/../data/a.txt":      "it holds no ../data/a.txt",
			"pkg/deep/in.gz!/data/a.txt!/b!/c/d": "neither zip nor gzip",
		} {
			_, err := unpack(from, member, to, 6, "test", nil)
			if want == "" {
				require.NoError(t, err, member)
				continue
			}
			require.ErrorContains(t, err, want, member)
		}
		_, err = unpack(from, "in.gz!/a.txt", to, 5, "test", nil)
		require.ErrorContains(t, err, "more than the 5 bytes")
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, left, 2, "the archive between is removed")
	}
	dir := t.TempDir()
	from := filepath.Join(dir, "download")
	third := tarred(t, entry{"2.tgz", string(tarred(t, entry{"1.zip", string(zipped(t, wanted)), ""})), ""})
	require.NoError(t, os.WriteFile(from, third, 0o600))
	_, err := unpack(from, "2.tgz!/1.zip!/a.txt", filepath.Join(dir, "member"), 6, "test", nil)
	require.NoError(t, err)
}

// A tar of the old format, which has no word for its kind in the header, is a tar too.
func TestUnpackOldTar(t *testing.T) {
	header := make([]byte, 512)
	copy(header, "data/a.txt")
	copy(header[100:], "0000644\x000000000\x000000000\x0000000000006\x0000000000000\x00        0")
	sum := 0
	for _, b := range header {
		sum += int(b)
	}
	copy(header[148:], fmt.Sprintf("%06o\x00 ", sum))
	old := append(append(header, "wanted"...), make([]byte, 506+1024)...)
	dir := t.TempDir()
	from, to := filepath.Join(dir, "download"), filepath.Join(dir, "member")
	require.NoError(t, os.WriteFile(from, gzipped(t, old), 0o600))
	_, err := unpack(from, "data/a.txt", to, 6, "test", nil)
	require.NoError(t, err)
	got, err := os.ReadFile(to)
	require.NoError(t, err)
	require.Equal(t, "wanted", string(got))
}
