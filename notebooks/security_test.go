package main

import (
	"context"
	"encoding/json"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// visitor sends requests to a server as a stranger, or as somebody with a token.
type visitor struct {
	t       *testing.T
	address string // http://127.0.0.1:port
	headers map[string]string
}

// asks returns the status of an answer and its text, or the address of its redirection.
func (v visitor) asks(method, path, body string, headers ...string) (status int, text string) {
	v.t.Helper()
	request, err := http.NewRequest(method, v.address+path, strings.NewReader(body))
	require.NoError(v.t, err)
	for name, value := range v.headers {
		request.Header.Set(name, value)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
	}
	client := http.Client{Timeout: 2 * time.Minute, Transport: &http.Transport{Proxy: nil},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	require.NoError(v.t, err)
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusSwitchingProtocols: // the rest of the answer never ends
		return response.StatusCode, ""
	case http.StatusFound:
		return response.StatusCode, response.Header.Get("Location")
	}
	content, err := io.ReadAll(response.Body)
	require.NoError(v.t, err)
	return response.StatusCode, string(content)
}

// browser is the visitor after their browser has followed the link: it has cookies instead of the token.
func (v visitor) browser() visitor {
	request, err := http.NewRequest("GET", v.address+"/lab", nil)
	require.NoError(v.t, err)
	for name, value := range v.headers {
		request.Header.Set(name, value)
	}
	response, err := (&http.Transport{Proxy: nil}).RoundTrip(request)
	require.NoError(v.t, err)
	response.Body.Close()
	var cookies []string
	for _, cookie := range response.Cookies() {
		cookies = append(cookies, cookie.Name+"="+cookie.Value)
	}
	require.NotEmpty(v.t, cookies)
	return visitor{v.t, v.address, map[string]string{"Cookie": strings.Join(cookies, "; ")}}
}

// socket are the headers that start a WebSocket.
var socket = []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="}

// JupyterLab refuses everybody without the token, even if settings of the machine or of another Jupyter would allow
// them: by HTTP, by WebSocket, to a file, from another address or page. The token is in no log, in no process list and
// in no file that others can read.
func TestNobodyWithoutTheToken(t *testing.T) {
	var printed strings.Builder
	l, ctx := readyLauncher(t, &printed)
	loose := t.TempDir()
	settings := `{"ServerApp": {"ip": "0.0.0.0", "token": "", "password": "", "allow_remote_access": true, "disable_check_xsrf": true,
		"allow_origin": "*", "allow_unauthenticated_access": true},
		"IdentityProvider": {"token": ""}, "PasswordIdentityProvider": {"token": "", "hashed_password": ""}}`
	for _, name := range []string{"jupyter_config.json", "jupyter_server_config.json", "jupyter_lab_config.json"} {
		require.NoError(t, os.WriteFile(filepath.Join(loose, name), []byte(settings), 0o600))
	}
	t.Setenv("JUPYTER_CONFIG_PATH", loose)
	t.Setenv("JUPYTER_TOKEN", "known")

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	w := make(lineWriter, 10)
	l.out = w
	served := make(chan error, 1)
	go func() { served <- l.serve(ctx, 0, false) }()
	var link *url.URL
	for link == nil {
		select {
		case line := <-w:
			if rest, ok := strings.CutPrefix(line, "ready: "); ok {
				var err error
				link, err = url.Parse(rest)
				require.NoError(t, err)
			}
		case err := <-served:
			t.Fatal("it ended: ", err)
		}
	}
	token := link.Query().Get("token")
	require.Len(t, token, 48)
	stranger := visitor{t: t, address: "http://" + link.Host}
	friend := visitor{t: t, address: stranger.address, headers: map[string]string{"Authorization": "token " + token}}

	// The friend starts a kernel and a terminal, so that there is something to attack.
	status, text := friend.asks("POST", "/api/kernels", `{"name": "gonb"}`)
	require.Equal(t, http.StatusCreated, status, text)
	var kernel struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(text), &kernel))
	status, text = friend.asks("POST", "/api/terminals", "")
	require.Equal(t, http.StatusOK, status, text)
	channels := "/api/kernels/" + kernel.ID + "/channels"

	for _, c := range []struct {
		method, path, body string
		headers            []string
		open               int // the status of the friend's answer; 0 if it is not requested
	}{
		{"GET", "/api/status", "", nil, 200},
		{"GET", "/api/contents", "", nil, 200},
		{"GET", "/api/contents/" + firstNotebook, "", nil, 200},
		{"GET", "/files/" + firstNotebook, "", nil, 200},
		{"GET", "/api/kernels", "", nil, 200},
		{"GET", "/api/sessions", "", nil, 200},
		{"GET", "/api/kernelspecs", "", nil, 200},
		{"GET", "/api/terminals", "", nil, 200},
		{"GET", "/lab", "", nil, 200},
		{"GET", "/lab/tree/" + firstNotebook, "", nil, 200},
		{"GET", "/lab/api/settings", "", nil, 200},
		{"GET", "/nbconvert/html/" + firstNotebook, "", nil, 0},
		{"POST", "/api/kernels", `{"name": "gonb"}`, nil, 0},
		{"POST", "/api/sessions", `{"path": "x", "type": "notebook", "kernel": {"name": "gonb"}}`, nil, 0},
		{"POST", "/api/terminals", "", nil, 0},
		{"POST", "/api/kernels/" + kernel.ID + "/interrupt", "", nil, 204},
		{"PUT", "/api/contents/stranger.txt", `{"type": "file", "format": "text", "content": "x"}`, nil, 0},
		{"DELETE", "/api/contents/" + firstNotebook, "", nil, 0},
		{"DELETE", "/api/kernels/" + kernel.ID, "", nil, 0},
		{"POST", "/api/shutdown", "", nil, 0},
		{"GET", channels, "", socket, 101},
		{"GET", "/terminals/websocket/1", "", socket, 101},
		{"GET", "/lsp/ws/any", "", socket, 0},
	} {
		for _, stranger := range []visitor{stranger,
			{t, stranger.address, map[string]string{"Authorization": "token known"}},
			{t, stranger.address, map[string]string{"Authorization": "token "}},
		} {
			status, text := stranger.asks(c.method, c.path, c.body, c.headers...)
			if status != http.StatusForbidden && status != http.StatusUnauthorized {
				assert.Equal(t, http.StatusFound, status, "%s %s: %s", c.method, c.path, text)
				assert.True(t, strings.HasPrefix(text, "/login?"), "%s %s: %s", c.method, c.path, text)
			}
		}
		if c.open != 0 {
			status, text := friend.asks(c.method, c.path, c.body, c.headers...)
			assert.Equal(t, c.open, status, "with the token: %s %s: %.200s", c.method, c.path, text)
		}
	}
	for _, path := range []string{"/api/status?token=", "/api/status?token=known", "/login"} {
		status, _ := stranger.asks("GET", path, "")
		assert.Contains(t, []int{403, 200}[:1+strings.Count(path, "login")], status, path)
	}
	assert.NoFileExists(t, filepath.Join(l.root, "notebooks", "stranger.txt"))

	// The cookies of the friend's browser do not help a page of another site, nor another name of this machine.
	browser := friend.browser()
	status, _ = browser.asks("GET", channels, "", append([]string{"Origin", stranger.address}, socket...)...)
	assert.Equal(t, http.StatusSwitchingProtocols, status, "a WebSocket from JupyterLab's own page")
	status, _ = browser.asks("GET", channels, "", append([]string{"Origin", "http://evil.example"}, socket...)...)
	assert.Equal(t, http.StatusForbidden, status, "a WebSocket from another site's page")
	status, _ = browser.asks("POST", "/api/kernels", `{"name": "gonb"}`, "Origin", "http://evil.example")
	assert.Contains(t, []int{403, 404}, status, "a form on another site's page")
	status, _ = friend.asks("GET", "/api/status", "", "Host", "evil.example")
	assert.Equal(t, http.StatusForbidden, status, "another host's name")

	// The machine's other addresses do not answer.
	addresses, err := net.InterfaceAddrs()
	require.NoError(t, err)
	tried := 0
	for _, a := range addresses {
		ip, ok := a.(*net.IPNet)
		if !ok || ip.IP.Equal(net.IPv4(127, 0, 0, 1)) || ip.IP.IsLinkLocalUnicast() {
			continue
		}
		c, err := net.DialTimeout("tcp", net.JoinHostPort(ip.IP.String(), link.Port()), 5*time.Second)
		if err == nil {
			c.Close()
		}
		assert.Error(t, err, "it listens at %s", ip.IP)
		tried++
	}
	t.Logf("refused at %d other addresses of this machine", tried)

	// What a log might contain: the link with its token, a missing page, an error.
	for _, path := range []string{link.RequestURI(), "/nowhere?token=" + token, "/api/contents/nowhere?token=" + token, "/api/kernels/x/channels?token=" + token} {
		stranger.asks("GET", path, "")
	}
	log, err := os.ReadFile(filepath.Join(l.scratch, "jupyter.log"))
	require.NoError(t, err)
	assert.Contains(t, string(log), "nowhere", "the log has the requests")
	assert.False(t, strings.Contains(string(log), token), "the log has the token") // this test's own environment has not
	for _, what := range []string{"cmdline", "environ"} {                          // only this user can read the second
		for _, file := range filesIn("/proc", "[0-9]*/"+what) {
			text, _ := os.ReadFile(file)
			assert.False(t, strings.Contains(string(text), token), file)
		}
	}
	private := 0
	for _, dir := range []string{l.cache, filepath.Join(l.root, "notebooks")} {
		for path, open := range filesWith(dir, token) {
			assert.False(t, open, "others can read the token in %s", path)
			private++
		}
	}
	assert.Positive(t, private, "the file from which JupyterLab has it")

	stop()
	require.NoError(t, <-served)
	l.close()
	for path := range filesWith(l.cache, token) {
		assert.Fail(t, "the token outlives the server", path)
	}
}

// filesWith finds the small files below a folder that contain a text, and tells for each whether others may read it: by
// its own mode and by those of the folders above it, down from the given one.
func filesWith(dir, text string) map[string]bool {
	found := map[string]bool{}
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && entry.Name() == "site-packages" {
			return fs.SkipDir
		}
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() > 1<<20 || info.ModTime().Before(time.Now().Add(-time.Hour)) {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil || !strings.Contains(string(content), text) {
			return nil
		}
		open := info.Mode().Perm()&0o077 != 0
		for above := filepath.Dir(path); open && above != dir; above = filepath.Dir(above) {
			if info, err := os.Stat(above); err == nil && info.Mode().Perm()&0o077 == 0 {
				open = false
			}
		}
		found[path] = open
		return nil
	})
	return found
}
