package fetch

import (
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReason(t *testing.T) {
	cache := emptyCache(t)
	for said, want := range map[string]string{
		"OSError: [Errno 28] No space left on device: 'x' -> 'y'":                          "the disk is full: make room for the cache in " + cache + ", or set VRKIT_CACHE to a folder on another disk, then start again (no space left on device)",
		"link: mapping output file failed: no space left on device":                        "the disk is full: make room for the cache in " + cache + ", or set VRKIT_CACHE to a folder on another disk, then start again (no space left on device)",
		"/usr/bin/python3: No module named pip":                                            "this Python has no pip: install it (Debian, Ubuntu: apt install python3-pip)",
		"Retrying after 'NewConnectionError(...: [Errno 101] Network is unreachable')'":    "the server can't be reached (network is unreachable)",
		"go: a@v1: Get \"x\": proxyconnect tcp: dial tcp 127.0.0.1:9: connection refused":  "the server can't be reached (connection refused)",
		"tls: failed to verify certificate: x509: certificate signed by unknown authority": "the server can't be reached (x509: certificate signed by unknown authority)",
	} {
		require.EqualError(t, Reason(said), want)
	}
	require.NoError(t, Reason("syntax error"))
	require.NoError(t, Reason("Read timed out. Retrying\nTHESE PACKAGES DO NOT MATCH THE HASHES"))
}

func TestOnDisk(t *testing.T) {
	cache := emptyCache(t)
	require.NoError(t, onDisk(nil))
	for _, err := range []error{
		&os.PathError{Op: "open", Path: "/elsewhere/x", Err: syscall.EACCES},
		&os.PathError{Op: "open", Path: cache + "-other/x", Err: syscall.EACCES},
		&os.PathError{Op: "open", Path: filepath.Join(cache, "x"), Err: syscall.ENOENT},
	} {
		require.Equal(t, err, onDisk(err))
	}
	var disk *DiskError
	require.ErrorAs(t, onDisk(&os.PathError{Op: "mkdir", Path: filepath.Join(cache, "x"), Err: syscall.EACCES}), &disk)
	require.ErrorAs(t, onDisk(final{&os.PathError{Op: "write", Path: "/elsewhere/x", Err: syscall.ENOSPC}}), &disk)
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-3": 0, "0": 0, "7": 7 * time.Second, "3600": time.Hour,
		now.Add(time.Minute).Format(http.TimeFormat): time.Minute, now.Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		require.Equal(t, want, retryAfter(value, now), value)
	}
	for try := 1; try < tries; try++ {
		for range 100 {
			wait := backOff(try, syscall.ECONNRESET)
			require.GreaterOrEqual(t, wait, pause<<(try-1)/2)
			require.Less(t, wait, 3*pause<<(try-1)/2)
		}
	}
}

func TestGrouped(t *testing.T) {
	require.Equal(t, "A, C: no way; B: 404", Grouped([]string{"A: no way", "B: 404", "C: no way"}))
}
