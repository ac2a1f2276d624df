//go:build browser

package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// galleryEnv names another folder of pages to check than docs/gallery.
const galleryEnv = "VRKIT_GALLERY"

// Each page of the gallery is complete without a network.
func TestBrowserGallery(t *testing.T) {
	root, err := findRoot()
	require.NoError(t, err)
	dir := filepath.Join(root, "docs", "gallery")
	if other := os.Getenv(galleryEnv); other != "" {
		dir = other
	}
	pages := filesIn(dir, "*.html")
	require.NotEmpty(t, pages, "there is no gallery in %s: go run ./notebooks -gallery makes it", dir)
	browser := startBrowser(t)
	for _, path := range pages {
		t.Run(filepath.Base(path), func(t *testing.T) {
			w := openTab(t, browser, time.Minute)
			assert.NoError(t, w.galleryPage(path))
		})
	}
}

// galleryPage opens a page without a network. It returns nil if the page is complete.
func (w *tab) galleryPage(path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	address := url.URL{Scheme: "file", Path: path}
	offline := chromedp.ActionFunc(func(ctx context.Context) error {
		return network.EmulateNetworkConditions(true, 0, -1, -1).Do(ctx)
	})
	if err := chromedp.Run(w, offline, chromedp.Navigate(address.String()), chromedp.Sleep(300*time.Millisecond)); err != nil {
		return err
	}
	if err := w.picturesLoaded(); err != nil {
		return err
	}
	var raw []string
	if err := w.eval(`(() => {
		const raw = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		for (let node = walk.nextNode(); node; node = walk.nextNode())
			if (node.data.includes('$') && !node.parentElement.closest('code, pre, script, style, annotation')) raw.push(node.data.trim().slice(0, 80));
		return raw;
	})()`, &raw); err != nil {
		return err
	}
	if len(raw) > 0 {
		return fmt.Errorf("a raw $ is left in the text: %s", strings.Join(raw, " | "))
	}
	var empty int
	if err := w.eval(`(() => {
		document.querySelectorAll('details').forEach(e => { e.open = true; });
		return [...document.querySelectorAll('math, mjx-container')].filter(e => !e.getBoundingClientRect().height).length;
	})()`, &empty); err != nil {
		return err
	}
	if empty > 0 {
		return errors.New("a formula has no height: it is not drawn")
	}
	if _, err := w.slidersMove(); err != nil {
		return err
	}
	return w.quiet(func(to *url.URL) bool { return to.Scheme == "file" && to.Path == path })
}
