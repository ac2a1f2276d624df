//go:build browser

package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// picturesLoaded scrolls to each picture and returns nil if all have loaded.
func (w *tab) picturesLoaded() error {
	var broken []string
	err := w.eval(`(async () => {
		const broken = [];
		for (const image of document.querySelectorAll('.jp-OutputArea img, body:not([data-jp-theme-name]) img')) {
			image.scrollIntoView({block: 'center'});
			await Promise.race([image.decode().catch(() => {}), new Promise(done => setTimeout(done, 5000))]);
			if (!image.naturalWidth) broken.push(image.alt || image.src.slice(0, 60));
		}
		return broken;
	})()`, &broken)
	if err == nil && len(broken) > 0 {
		err = fmt.Errorf("a picture does not load: %s", strings.Join(broken, "; "))
	}
	return err
}

// slidersMove moves every slider with the mouse and the keys, and returns nil if each then shows another picture. It
// also returns the number of sliders.
func (w *tab) slidersMove() (count int, err error) {
	const find = `document.querySelectorAll('div[id^="vrkit-slider-"]')`
	if err := w.eval(find+`.length`, &count); err != nil {
		return 0, err
	}
	for i := range count {
		if err := w.sliderMoves(fmt.Sprintf("%s[%d]", find, i)); err != nil {
			return count, fmt.Errorf("slider %d of %d: %w", i+1, count, err)
		}
	}
	return count, nil
}

// sight is what a slider displays.
type sight struct {
	Label, Source string
	Shown         int
	Picture       []byte `json:"-"`
}

func (w *tab) see(slider string) (s sight, err error) {
	err = w.eval(`(slider => {
		document.querySelectorAll('[data-seen]').forEach(e => e.removeAttribute('data-seen'));
		const shown = [...slider.querySelectorAll('img')].filter(e => e.offsetParent);
		if (shown.length) { shown[0].setAttribute('data-seen', ''); shown[0].scrollIntoView({block: 'center'}); }
		return {Label: slider.querySelector('output').textContent, Shown: shown.length, Source: shown.length ? shown[0].src : ''};
	})(`+slider+`)`, &s)
	if err != nil {
		return s, err
	}
	if s.Shown != 1 {
		return s, fmt.Errorf("it shows %d pictures at once", s.Shown)
	}
	return s, chromedp.Run(w, chromedp.Screenshot(`img[data-seen]`, &s.Picture, chromedp.ByQuery))
}

func (w *tab) sliderMoves(slider string) error {
	first, err := w.see(slider)
	if err != nil {
		return err
	}
	var at struct {
		X, Y, Width float64
		First       string // the label that the slider begins its scale with
	}
	err = w.eval(`((slider, input) => {
		input.scrollIntoView({block: 'center'});
		const box = input.getBoundingClientRect(), other = input.value > input.max / 2 ? .05 : .95;
		return {X: box.left + other * box.width, Y: box.top + box.height / 2, Width: box.width,
			First: slider.querySelector('[data-label]').getAttribute('data-label')};
	})(`+slider+`, `+slider+`.querySelector('input[type=range]'))`, &at)
	switch {
	case err != nil:
		return err
	case at.Width == 0:
		return fmt.Errorf("its range input is not shown: its script has not run")
	}
	if err := chromedp.Run(w, chromedp.MouseClickXY(at.X, at.Y)); err != nil {
		return err
	}
	clicked, err := w.see(slider)
	if err != nil {
		return err
	}
	if err := differ("a click near its other end", first, clicked); err != nil {
		return err
	}
	if err := chromedp.Run(w, chromedp.KeyEvent(kb.Home)); err != nil {
		return err
	}
	home, err := w.see(slider)
	if err != nil {
		return err
	}
	if home.Label != at.First {
		return fmt.Errorf("the key Home does not lead to %q: it shows %q", at.First, home.Label)
	}
	if err := chromedp.Run(w, chromedp.KeyEvent(kb.ArrowRight)); err != nil {
		return err
	}
	next, err := w.see(slider)
	if err != nil {
		return err
	}
	return differ("the right arrow key", home, next)
}

// differ returns nil if the label, the picture's source and the visible pixels have changed.
func differ(after string, one, other sight) error {
	switch {
	case one.Source == other.Source:
		return fmt.Errorf("after %s it shows the same picture (%q)", after, other.Label)
	case one.Label == other.Label:
		return fmt.Errorf("after %s it shows another picture under the same label %q", after, other.Label)
	case bytes.Equal(one.Picture, other.Picture):
		return fmt.Errorf("after %s %q looks as %q did", after, other.Label, one.Label)
	}
	return nil
}
