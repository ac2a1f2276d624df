//go:build browser

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch/fetchtest"
)

// inLab are the notebooks that are run in JupyterLab too: the one with the most figures, and sliders among them, and
// the one whose training is watched.
var inLab = []string{"03_smm.ipynb", "05_one_frame.ipynb"}

// All notebooks are executed headless in one folder, in order, and then those of inLab again there in JupyterLab, by
// Run All, at the small scale where they have one. So the second time finds the runs of the first, but for 05, which
// trains before the reader's eyes. What runs are copies: JupyterLab saves what it runs.
func TestBrowserLab(t *testing.T) {
	browser := startBrowser(t)
	b := realProcesses(t)
	l, ctx := readyLauncher(t, new(strings.Builder))
	folder := filepath.Join(b.root, "notebooks")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "out"), 0o755))
	out, err := os.MkdirTemp(filepath.Join(folder, "out"), "browser-")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(out) })
	paths, err := l.notebooks("all")
	require.NoError(t, err)
	require.NoError(t, l.executeAt(ctx, smallScale, paths, out))
	work := filepath.Join(out, "run")
	require.NoError(t, os.RemoveAll(filepath.Join(work, "runs", "05")))

	launcher := fetchtest.Start(t, b.without(t).command(fetchtest.Bad{}, b.launcher, "-no-browser")(t))
	t.Cleanup(func() { launcher.Signal(syscall.SIGINT); launcher.End(t, time.Minute) })
	line := launcher.Until(t, "ready: ", 5*time.Minute)
	link, err := url.Parse(strings.TrimPrefix(line, "ready: "))
	require.NoError(t, err)
	for _, name := range inLab {
		t.Run(name, func(t *testing.T) {
			copied := filepath.Join(work, name)
			require.NoError(t, l.copySmall(filepath.Join(l.root, "notebooks", name), copied))
			shown, err := filepath.Rel(folder, copied)
			require.NoError(t, err)
			w := openTab(t, browser, 10*time.Minute)
			require.NoError(t, w.openLab(link, shown))
			require.NoError(t, w.runAll())
			assert.NoError(t, w.executed(filepath.Join(t.TempDir(), name)))
			assert.NoError(t, w.quiet(func(to *url.URL) bool { return to.Host == link.Host }))
		})
	}
}

// expose makes JupyterLab show its application object to scripts, as its flag --expose-app-in-browser does: its bundle
// runs after the page is read, and finds the option in the page's settings.
const expose = `document.addEventListener('readystatechange', () => {
	const settings = document.getElementById('jupyter-config-data');
	if (document.readyState === 'interactive' && settings)
		settings.textContent = JSON.stringify({...JSON.parse(settings.textContent), exposeAppInBrowser: true});
});`

// openLab opens a notebook in a workspace of its own and waits for its kernel.
func (w *tab) openLab(link *url.URL, path string) error {
	address := *link
	address.Path = "/lab/tree/" + filepath.ToSlash(path)
	query := address.Query()
	query.Set("reset", "")
	address.RawQuery = query.Encode()
	err := chromedp.Run(w, chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(expose).Do(ctx)
		return err
	}), chromedp.Navigate(address.String()))
	if err != nil {
		return err
	}
	// It looks again and again, because JupyterLab loads its page a second time.
	for deadline := time.Now().Add(90 * time.Second); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		var connected bool
		_ = w.eval(`(() => {
			const panel = window.jupyterapp?.shell.currentWidget;
			return !!panel?.context?.isReady && panel.sessionContext?.session?.kernel?.connectionStatus === 'connected';
		})()`, &connected)
		if connected {
			return nil
		}
	}
	var where string
	_ = w.eval(`location.pathname + ', application exposed: ' + !!window.jupyterapp`, &where)
	return fmt.Errorf("%s does not open in JupyterLab with its kernel within 90 s (at %s)", path, where)
}

// runAll runs all cells, as the menu's command does.
func (w *tab) runAll() error {
	return w.eval(`(async () => { await jupyterapp.commands.execute('notebook:run-all-cells'); return true; })()`, new(bool))
}

// executed returns nil if the open notebook has run completely and shows the figures that it declares. A copy of it is
// written to path.
func (w *tab) executed(path string) error {
	var text string
	if err := w.eval(`JSON.stringify(jupyterapp.shell.currentWidget.content.model.sharedModel.toJSON())`, &text); err != nil {
		return err
	}
	var notebook struct {
		Cells []struct {
			Type    string    `json:"cell_type"`
			Source  multiline `json:"source"`
			Count   int       `json:"execution_count"`
			Outputs []struct {
				Type  string `json:"output_type"`
				Name  string `json:"ename"`
				Value string `json:"evalue"`
			} `json:"outputs"`
		} `json:"cells"`
	}
	if err := json.Unmarshal([]byte(text), &notebook); err != nil {
		return err
	}
	for i, cell := range notebook.Cells {
		for _, output := range cell.Outputs {
			if output.Type == "error" {
				return fmt.Errorf("cell %d ends with an error: %s: %s", cell.Count, output.Name, output.Value)
			}
		}
		if cell.Type == "code" && cell.Count == 0 {
			return fmt.Errorf("the cell at place %d has not run: %.60q", i+1, string(cell.Source))
		}
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return err
	}
	if err := checkFigures(path); err != nil {
		return err
	}
	n, err := readNotebook(path)
	if err != nil {
		return err
	}
	if err := w.picturesLoaded(); err != nil {
		return err
	}
	var seen int
	if err := w.eval(`[...document.querySelectorAll('.jp-OutputArea-output')].filter(
		output => [...output.querySelectorAll('img, svg')].some(e => e.getBoundingClientRect().height > 0)).length`, &seen); err != nil {
		return err
	}
	if want := *n.Metadata.Reprogram.Figures; seen != want {
		return fmt.Errorf("the page shows %d figures, and the notebook declares %d", seen, want)
	}
	_, err = w.slidersMove()
	return err
}
