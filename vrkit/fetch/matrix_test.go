package fetch

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch/fetchtest"
)

// The failure matrix of downloads: in each case a real process fetches the test asset, ends with one line that says
// what to do, and leaves nothing behind that the next process would use.
func TestMatrixOfDownloads(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a process for each case")
	}
	raw := func(head string, body []byte) func(http.ResponseWriter, *http.Request, int) {
		return func(w http.ResponseWriter, _ *http.Request, _ int) { // net/http would not send this
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_, _ = c.Write(append([]byte("HTTP/1.1 200 OK\r\n"+head+"\r\n\r\n"), body...))
				_ = c.Close()
			}
		}
	}
	status := func(code int, retryAfter string) func(http.ResponseWriter, *http.Request, int) {
		return func(w http.ResponseWriter, r *http.Request, nth int) {
			if nth > 1 {
				whole(w, r, nth)
				return
			}
			w.Header().Set("Retry-After", retryAfter)
			w.WriteHeader(code)
		}
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	const remedy = `; check the network, or put the file whose sha256 is [0-9a-f]{64} at .*file\.bin$`
	for name, c := range map[string]struct {
		handle   func(http.ResponseWriter, *http.Request, int)
		want     string // in the last line; "^path" if the fetch succeeds
		said     string // in a line before
		requests int
	}{
		"wrong sha256": {func(w http.ResponseWriter, _ *http.Request, _ int) { _, _ = w.Write([]byte("something else")) },
			"wrong contents: sha256 [0-9a-f]{64} where [0-9a-f]{64} is pinned" + remedy, "", 1},
		"always cut": {func(w http.ResponseWriter, r *http.Request, _ int) {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			_, _ = w.Write(content[:1000])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, `the connection ended after 1000 of \d+ bytes` + remedy, "trying again in", tries},
		"cut once": {func(w http.ResponseWriter, r *http.Request, nth int) {
			if nth == 1 {
				cut(w, r, `"one"`)
			}
			w.Header().Set("ETag", `"one"`)
			http.ServeContent(w, r, "", noTime, reader(content))
		}, "^path ", `the connection ended after \d+ of \d+ bytes; trying again`, 2},
		"cut once, told by date": {func(w http.ResponseWriter, r *http.Request, nth int) {
			date := time.Unix(1_700_000_000, 0)
			if nth == 1 {
				w.Header().Set("Last-Modified", date.UTC().Format(http.TimeFormat))
				cut(w, r, "")
			}
			http.ServeContent(w, r, "", date, reader(content))
		}, "^path ", "trying again", 2},
		"stalled": {func(w http.ResponseWriter, r *http.Request, _ int) {
			_, _ = w.Write(content[:1000])
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, "nothing came for 300ms" + remedy, "trying again", tries},
		"redirected in a circle": {func(w http.ResponseWriter, r *http.Request, _ int) { http.Redirect(w, r, "/round", http.StatusFound) },
			"stopped after 10 redirects" + remedy, "", 0},
		"redirected to nobody": {func(w http.ResponseWriter, r *http.Request, _ int) { http.Redirect(w, r, gone.URL, http.StatusFound) },
			`the server can't be reached \(connection refused\)` + remedy, "", tries},
		"length too large":    {raw(fmt.Sprintf("Content-Length: %d", len(content)), content[:5000]), `the connection ended after 5000 of \d+ bytes` + remedy, "", tries},
		"length too small":    {raw("Content-Length: 5000", content), "wrong contents: .* is pinned" + remedy, "", 1},
		"length of terabytes": {raw("Content-Length: 5000000000000", content[:10]), `more comes than the \d+ bytes that it should have` + remedy, "", 1},
		"no length, no end": {func(w http.ResponseWriter, r *http.Request, _ int) {
			for r.Context().Err() == nil {
				_, _ = w.Write(content)
			}
		}, `more comes than the \d+ bytes that it should have` + remedy, "", 1},
		"not there":           {func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(404) }, "the server answers 404 Not Found" + remedy, "", 1},
		"busy, wait a second": {status(503, "1"), "^path ", "503 Service Unavailable; trying again in 1s", 2},
		"busy, wait an hour":  {status(429, "3600"), "429 Too Many Requests, and to come back in 1h0m0s" + remedy, "", 1},
		"closed at once":      {func(w http.ResponseWriter, _ *http.Request, _ int) { panic(http.ErrAbortHandler) }, "the connection ended before anything came" + remedy, "trying again", tries},
		"nobody":              {nil, `the server can't be reached \(connection refused\)` + remedy, "trying again", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache, address := filepath.Join(t.TempDir(), "cache"), gone.URL
			count := func() int { return 0 }
			if c.handle != nil {
				s := serve(t, c.handle)
				address, count = s.URL, s.count
			}
			start := func(address string) (all, last string, code int) {
				command := childCommand(address)
				command.Env = append(command.Env, CacheEnv+"="+cache, hastyEnv+"=1")
				return fetchtest.Run(t, command, time.Minute)
			}
			all, last, code := start(address)
			t.Log(last)
			require.Regexp(t, c.want, last)
			require.Regexp(t, c.said, all)
			if c.requests > 0 {
				require.Equal(t, c.requests, count())
			}
			path := filepath.Join(cache, "test", "file.bin")
			if c.want != "^path " {
				require.Equal(t, 1, code)
				require.NoFileExists(t, path)
				_, last, code = start(serve(t, whole).URL)
			}
			require.Zero(t, code)
			require.Equal(t, "path "+path, last)
			left, err := os.ReadDir(filepath.Join(cache, "partial"))
			require.NoError(t, err)
			require.Empty(t, left)
		})
	}
}

// The matrix of disks: full, or read-only. What is in the cache is used, and if there is room, the next process
// fetches.
func TestMatrixOfDisks(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a process for each case")
	}
	s := serve(t, whole)
	for name, c := range map[string]struct {
		bad  func(cache string) fetchtest.Bad
		want string
	}{
		"full": {func(cache string) fetchtest.Bad { return fetchtest.Bad{Small: cache, Room: 1} },
			`^error test file: the disk is full: make room for the cache in .*, or set VRKIT_CACHE to a folder on another disk, then start again \(write .*: no space left on device\)$`},
		"full of our own": {func(cache string) fetchtest.Bad {
			return fetchtest.Bad{Small: cache, Room: 1, Setup: "head -c 1048576 /dev/zero > full || true"}
		}, `^error (test file: )?the disk is full: make room`},
		"read-only": {func(cache string) fetchtest.Bad { return fetchtest.Bad{ReadOnly: cache} },
			`^error the cache can't be written: set VRKIT_CACHE to a folder that can \(mkdir .*locks: read-only file system\)$`},
	} {
		t.Run(name, func(t *testing.T) {
			cache := t.TempDir()
			t.Setenv(CacheEnv, cache)
			command := c.bad(cache).Command(t, os.Args[0])
			command.Env = append(command.Env, childEnv+"="+s.URL)
			_, last, code := fetchtest.Run(t, command, time.Minute)
			t.Log(last)
			require.Equal(t, 1, code)
			require.Regexp(t, c.want, last)

			_, last, code = fetchtest.Run(t, childCommand(s.URL), time.Minute)
			require.Zero(t, code, last)
			before := s.count()
			command = fetchtest.Bad{ReadOnly: cache}.Command(t, os.Args[0])
			command.Env = append(command.Env, childEnv+"="+s.URL)
			_, last, code = fetchtest.Run(t, command, time.Minute)
			require.Zero(t, code, last)
			require.Equal(t, before, s.count(), "a full cache needs no writing")
		})
	}
}

// Ctrl-C ends a download at once; the next process fetches.
func TestMatrixOfInterrupts(t *testing.T) {
	cache := emptyCache(t)
	slow := serve(t, slowly(time.Minute))
	p := fetchtest.Start(t, childCommand(slow.URL))
	p.Until(t, "downloading "+fmt.Sprint(len(content)/20), 20*time.Second)
	p.Signal(syscall.SIGINT)
	_, last, code := p.End(t, 10*time.Second)
	require.Equal(t, 1, code)
	require.Equal(t, "error test file: stopped: interrupt signal received", last)
	require.NoFileExists(t, filepath.Join(cache, "test", "file.bin"))
	_, last, code = fetchtest.Run(t, childCommand(serve(t, whole).URL), time.Minute)
	require.Zero(t, code, last)
}

// Only the user can read the cache and all its folders.
func TestCacheIsPrivate(t *testing.T) {
	cache := emptyCache(t)
	_, err := asset(serve(t, whole).URL).Get(t.Context(), nil)
	require.NoError(t, err)
	require.NoError(t, filepath.Walk(cache, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.IsDir() {
			require.Equal(t, os.FileMode(0o700), info.Mode().Perm(), path)
		}
		return err
	}))
}
