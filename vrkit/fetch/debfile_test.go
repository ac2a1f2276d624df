package fetch

import (
	"archive/tar"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch/fetchtest"
)

// arEntry is a member of a made-up ar archive; Size, if not 0, replaces the true size.
type arEntry struct {
	name string
	body []byte
	size int
}

func ared(entries ...arEntry) []byte {
	b := bytes.NewBufferString(arMagic)
	for _, e := range entries {
		size := len(e.body)
		if e.size != 0 {
			size = e.size
		}
		fmt.Fprintf(b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", e.name, 1591347949, 0, 0, "100644", size)
		b.Write(e.body)
		if len(e.body)%2 == 1 {
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}

// debbed makes a Debian package of the files, compressed as the suffix says.
func debbed(t testing.TB, suffix string, files ...entry) []byte {
	var data bytes.Buffer
	w := tar.NewWriter(&data)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: 0o644, Size: int64(len(f.body)), Typeflag: tar.TypeReg}
		if f.target != "" {
			h.Typeflag, h.Linkname = tar.TypeSymlink, f.target
		}
		require.NoError(t, w.WriteHeader(h))
		_, err := w.Write([]byte(f.body))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	body := data.Bytes()
	switch suffix {
	case ".gz":
		body = gzipped(t, body)
	case ".zst":
		z, err := zstd.NewWriter(nil)
		require.NoError(t, err)
		body = z.EncodeAll(body, nil)
	case ".xz":
		xz, err := exec.LookPath("xz")
		if err != nil {
			fetchtest.Missing(t, "there is no xz to make the package with")
		}
		command := exec.Command(xz, "-c")
		command.Stdin = bytes.NewReader(body)
		body, err = command.Output()
		require.NoError(t, err)
	}
	return ared(arEntry{name: "debian-binary", body: []byte("2.0\n")},
		arEntry{name: "control.tar.gz/", body: []byte("odd")}, arEntry{name: "data.tar" + suffix, body: body})
}

// names reads a package to its end.
func names(d *DebFile) (names []string, err error) {
	for {
		entry, err := d.Next()
		if err == io.EOF {
			return names, nil
		}
		if err != nil {
			return names, err
		}
		names = append(names, entry.Name)
		if _, err := io.Copy(io.Discard, d); err != nil {
			return names, err
		}
	}
}

func TestDebFile(t *testing.T) {
	for _, suffix := range []string{"", ".gz", ".zst", ".xz"} {
		t.Run("data.tar"+suffix, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "it.deb")
			require.NoError(t, os.WriteFile(path, debbed(t, suffix, entry{"./usr/a", "alpha", ""}, entry{"./usr/b", string(content), ""}), 0o600))
			d, err := OpenDeb(path)
			require.NoError(t, err)
			got, err := names(d)
			require.NoError(t, err)
			require.Equal(t, []string{"./usr/a", "./usr/b"}, got)
			require.NoError(t, d.Close())

			whole, err := os.ReadFile(path)
			require.NoError(t, err)
			for _, length := range []int{len(whole) - 1500, len(whole) * 2 / 3, len(whole) / 2, 300, 100, 68, 50, 8} {
				if length < 0 {
					continue
				}
				d, err := newDebFile(bytes.NewReader(whole[:length]))
				if err == nil {
					_, err = names(d)
				}
				oneLine(t, err)
			}
		})
	}
}

func TestDebFileRefuses(t *testing.T) {
	first := arEntry{name: "debian-binary", body: []byte("2.0\n")}
	for want, file := range map[string][]byte{
		"does not begin as an ar archive":        []byte("PK\x03\x04 and more"),
		"no data.tar":                            ared(first, arEntry{name: "control.tar.xz", body: []byte("x")}),
		"debian-binary is not its first":         ared(arEntry{name: "data.tar", body: []byte("x")}),
		"an ar header makes no sense":            append(ared(first), bytes.Repeat([]byte("9"), arHeader)...),
		"the package is cut off":                 ared(first, arEntry{name: "control.tar", body: []byte("x"), size: 9999999999}, arEntry{name: "data.tar"}),
		"not known here: data.tar.lz4":           ared(first, arEntry{name: "data.tar.lz4", body: []byte("x")}),
		"gzip: invalid header":                   ared(first, arEntry{name: "data.tar.gz", body: []byte("no gzip, surely")}),
		"dictionary size exceeds max":            ared(first, arEntry{name: "data.tar.xz", body: hugeXZ}),
		"window size exceeded":                   ared(first, arEntry{name: "data.tar.zst", body: []byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xb8, 1, 0, 0}}),
		"the package is cut off: unexpected EOF": ared(first, arEntry{name: "data.tar", body: []byte("x"), size: 9999999999}),
	} {
		d, err := newDebFile(bytes.NewReader(file))
		if err == nil {
			_, err = names(d)
		}
		require.ErrorContains(t, err, want)
		oneLine(t, err)
	}
}

// hugeXZ is the start of an xz file whose block requires a dictionary of 4 GiB.
var hugeXZ = slices.Concat([]byte("\xfd7zXZ\x00"), withCRC(0, 0), withCRC(2, 0, 0x21, 1, 40, 0, 0, 0), make([]byte, 16))

func withCRC(b ...byte) []byte { return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b)) }

// FuzzDebFile reads packages with any contents: no panic, and no more memory than 64 MiB for a decompressor's window,
// 16 MiB for its tables and buffers, and 16 times the file.
func FuzzDebFile(f *testing.F) {
	for _, suffix := range []string{"", ".gz", ".zst"} {
		f.Add(debbed(f, suffix, entry{"./usr/a", "alpha", ""}, entry{"../../b", "", "/etc/passwd"}))
	}
	if xz, err := exec.LookPath("xz"); err == nil && xz != "" {
		f.Add(debbed(f, ".xz", entry{"./usr/a", "alpha", ""}))
	}
	f.Add(ared(arEntry{name: "debian-binary"}, arEntry{name: "data.tar.xz", body: hugeXZ}))
	f.Fuzz(func(t *testing.T, file []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		d, err := newDebFile(bytes.NewReader(file))
		if err == nil {
			readSome(d)
			require.NoError(t, d.Close())
		}
		runtime.ReadMemStats(&after)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(80<<20+16*len(file)))
	})
}

// readSome stops early, because a compression bomb never ends.
func readSome(d *DebFile) {
	for range 16 {
		if _, err := d.Next(); err != nil {
			return
		}
		if _, err := io.CopyN(io.Discard, d, 1<<20); err != nil && err != io.EOF {
			return
		}
	}
}
