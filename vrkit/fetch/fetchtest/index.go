package fetchtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// PackageIndex is a Python package index on loopback.
type PackageIndex struct {
	*httptest.Server
	Asked chan string            // the requested paths, the first thousand
	Stuck atomic.Pointer[string] // a package whose download stops in the middle
}

// Index serves package files, by their paths, and nothing else.
func Index(t testing.TB, files ...string) *PackageIndex {
	t.Helper()
	index := &PackageIndex{Asked: make(chan string, 1000)}
	index.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case index.Asked <- r.URL.Path:
		default:
		}
		for _, file := range files {
			base := filepath.Base(file)
			name, _, _ := strings.Cut(base, "-")
			switch r.URL.Path {
			case "/files/" + base:
				index.send(w, r, file)
				return
			case "/simple/" + strings.ReplaceAll(name, "_", "-") + "/":
				w.Header().Set("Content-Type", "application/vnd.pypi.simple.v1+json")
				fmt.Fprintf(w, `{"meta":{"api-version":"1.0"},"name":%q,"files":[{"filename":%q,"url":"/files/%s","hashes":{}}]}`, name, base, base)
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(index.Close)
	return index
}

func (i *PackageIndex) send(w http.ResponseWriter, r *http.Request, file string) {
	stuck := i.Stuck.Load()
	if stuck == nil || !strings.HasPrefix(filepath.Base(file), *stuck+"-") || r.Method != http.MethodGet {
		http.ServeFile(w, r, file)
		return
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(content)))
	_, _ = w.Write(content[:len(content)/2])
	_ = http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

// Environment lists the variables that make pip use only this index, and hide the rest of the network.
func (i *PackageIndex) Environment() []string {
	return []string{"PIP_INDEX_URL=" + i.URL + "/simple", "PIP_TRUSTED_HOST=127.0.0.1", "PIP_EXTRA_INDEX_URL=", "PIP_FIND_LINKS=",
		"PIP_NO_INDEX=", "PIP_RETRIES=1", "PIP_CONFIG_FILE=" + os.DevNull, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1",
		"HTTPS_PROXY=http://127.0.0.1:9", "https_proxy=http://127.0.0.1:9"}
}
