package fetch

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// content is served by the loopback server. It is large enough for its sum to be remembered.
var content = []byte(strings.Repeat("a prompt is learned at the input. ", 60_000))

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// asset returns an asset at an address, with the content above.
func asset(address string) Asset {
	return Asset{Name: "test file", File: "test/file.bin", SHA256: sum(content), Size: int64(len(content)),
		Sources: []Source{URL{URL: address}}}
}

// server serves the content through handle and counts the requests.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	requests []*http.Request
}

func serve(t *testing.T, handle func(w http.ResponseWriter, r *http.Request, nth int)) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r)
		nth := len(s.requests)
		s.mu.Unlock()
		handle(w, r, nth)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// whole sends the content.
func whole(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = w.Write(content) }

// slowly sends the content in parts over about the given time.
func slowly(d time.Duration) func(http.ResponseWriter, *http.Request, int) {
	return func(w http.ResponseWriter, r *http.Request, _ int) {
		const parts = 20
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		for i := range parts {
			_, _ = w.Write(content[i*len(content)/parts : (i+1)*len(content)/parts])
			_ = http.NewResponseController(w).Flush()
			select {
			case <-time.After(d / parts):
			case <-r.Context().Done():
				return
			}
		}
	}
}

// emptyCache gives the test a cache of its own.
func emptyCache(t *testing.T) (dir string) {
	dir = filepath.Join(t.TempDir(), "cache")
	t.Setenv(CacheEnv, dir)
	return dir
}

// impatient makes retries and stalls short.
func impatient(t *testing.T) {
	s, p := stallTime, pause
	stallTime, pause = 200*time.Millisecond, 10*time.Millisecond
	t.Cleanup(func() { stallTime, pause = s, p })
}

// requireContent asserts that the file is the content, and that no other file is left.
func requireContent(t *testing.T, path string) {
	t.Helper()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, sum(content), sum(got))
	root, err := Dir()
	require.NoError(t, err)
	left, err := os.ReadDir(filepath.Join(root, "partial"))
	require.NoError(t, err)
	require.Empty(t, left, "partial files are left over")
}

// oneLine asserts that an error is one line that a user can be shown.
func oneLine(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	require.NotContains(t, err.Error(), "\n")
}

// noTime stops [http.ServeContent] from sending the time of a change.
var noTime time.Time

func reader(b []byte) io.ReadSeeker { return bytes.NewReader(b) }
