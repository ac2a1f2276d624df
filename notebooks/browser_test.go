//go:build browser

package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// startBrowser starts a real browser. The build tag asks for one, so that its absence is a failure. Its resolver knows
// only this machine.
func startBrowser(t *testing.T) context.Context {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
		}
	}
	if path == "" {
		t.Fatal("there is no browser: install Chromium (Debian: apt install chromium), or leave out -tags browser")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.WindowSize(1366, 768),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.WSURLReadTimeout(time.Minute))
	if os.Geteuid() == 0 { // Chromium's sandbox refuses root
		options = append(options, chromedp.NoSandbox)
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	browser, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	require.NoError(t, chromedp.Run(browser), "%s does not start", path)
	return browser
}

// tab is a page whose requests and errors are recorded.
type tab struct {
	context.Context
	mu       sync.Mutex
	requests []string
	said     []string // errors of the console, exceptions, failed requests
}

// openTab opens an empty tab. If the test fails, a picture of the tab is saved.
func openTab(t *testing.T, browser context.Context, within time.Duration) *tab {
	t.Helper()
	ctx, end := chromedp.NewContext(browser)
	t.Cleanup(end)
	w := &tab{}
	w.Context, end = context.WithTimeout(ctx, within)
	t.Cleanup(end)
	chromedp.ListenTarget(ctx, w.hear)
	require.NoError(t, chromedp.Run(ctx, network.Enable(), log.Enable(), runtime.Enable()))
	t.Cleanup(func() {
		if t.Failed() {
			keepPicture(t, ctx)
		}
	})
	return w
}

func (w *tab) hear(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.requests = append(w.requests, e.Request.URL)
	case *network.EventWebSocketCreated:
		w.requests = append(w.requests, e.URL)
	case *network.EventLoadingFailed:
		if !e.Canceled {
			w.said = append(w.said, "a request failed: "+e.ErrorText)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeAssert {
			var words []string
			for _, arg := range e.Args {
				words = append(words, strings.Trim(string(arg.Value), `"`)+arg.Description)
			}
			w.said = append(w.said, "console: "+strings.Join(words, " "))
		}
	case *runtime.EventExceptionThrown:
		w.said = append(w.said, "exception: "+e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		if e.Entry.Level == log.LevelError {
			w.said = append(w.said, "log: "+e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

// quiet returns nil if the page has no errors, and has requested only allowed addresses and its own data.
func (w *tab) quiet(allowed func(*url.URL) bool) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, request := range w.requests {
		to, err := url.Parse(request)
		if err != nil {
			return err
		}
		if to.Scheme != "data" && to.Scheme != "blob" && to.Scheme != "about" && !allowed(to) {
			return fmt.Errorf("the page asks for %s", request)
		}
	}
	if len(w.said) > 0 {
		return fmt.Errorf("the page complains:\n%s", strings.Join(w.said, "\n"))
	}
	return nil
}

// eval evaluates JavaScript, which may be a promise.
func (w *tab) eval(script string, result any) error {
	return chromedp.Run(w, chromedp.Evaluate(script, result, func(p *runtime.EvaluateParams) *runtime.EvaluateParams {
		return p.WithAwaitPromise(true)
	}))
}

// picturesFolder is the folder for pictures of failures.
func picturesFolder() string {
	if dir := os.Getenv("VRKIT_SCREENSHOTS"); dir != "" {
		return dir
	}
	return filepath.Join(os.TempDir(), "vrkit-screenshots")
}

func keepPicture(t *testing.T, tab context.Context) {
	ctx, end := context.WithTimeout(tab, 20*time.Second)
	defer end()
	var picture []byte
	err := chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		picture, err = page.CaptureScreenshot().Do(ctx)
		return err
	}))
	path := filepath.Join(picturesFolder(), regexp.MustCompile(`[^A-Za-z0-9_.-]+`).ReplaceAllString(t.Name(), "-")+".png")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o755)
	}
	if err == nil {
		err = os.WriteFile(path, picture, 0o644)
	}
	if err != nil {
		t.Logf("no picture could be kept: %v", err)
		return
	}
	t.Logf("what the browser showed: %s", path)
}
