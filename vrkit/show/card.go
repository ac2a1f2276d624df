package show

import (
	"fmt"
	"html"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// updates is about how often a run updates its output in a notebook.
const updates = 20

// card is progress in a notebook: HTML with a bar, a line of numbers, and the accuracy so far as a curve. It sets its
// own colours, so that it looks the same in light and dark themes, and needs no script.
type card struct {
	title string
	show  func(html string)
	course
	shown int // the number of the update that is shown, of updates; 0 is none

	running, validation, test figure.Series
}

func (c *card) event(e train.Event) {
	if e.Stage == train.StageStopped {
		return // the card does not change
	}
	place := 1 + int(done(e)*updates)
	c.see(e)
	if m := e.Metrics; m != nil {
		if m.ValAccuracy >= 0 {
			add(&c.validation, float64(m.Epoch), m.ValAccuracy)
		}
		if m.TestAccuracy >= 0 {
			add(&c.test, float64(m.Epoch), m.TestAccuracy)
		}
	}
	if e.Stage != train.StageDone && place <= c.shown {
		return
	}
	c.shown = place
	// The mean over the first few batches of an epoch would vary too much.
	if e.Stage == train.StageTrain && e.Step*4 >= e.Steps {
		add(&c.running, float64(e.Epoch)-1+float64(e.Step)/float64(max(e.Steps, 1)), e.Accuracy)
	}
	c.show(c.html(e))
}

func add(s *figure.Series, x, y float64) {
	s.X, s.Y = append(s.X, x), append(s.Y, y)
}

// html writes the card.
func (c *card) html(e train.Event) string {
	says := strings.Join(facts(e), " · ")
	if e.Stage == train.StageDone {
		says = c.conclusion(e)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<div style="box-sizing:border-box;max-width:830px;padding:12px 16px;background:#fff;color:#1c222b;border:1px solid #d5dae2;border-radius:6px;font:14px/1.5 sans-serif">`)
	fmt.Fprintf(&b, `<b>%s</b> <span style="float:right">%.0f %%</span>`, html.EscapeString(c.title), 100*done(e))
	fmt.Fprintf(&b, `<div role="progressbar" aria-label="%s" aria-valuemin="0" aria-valuemax="100" aria-valuenow="%.0f" aria-valuetext="%s" style="height:10px;margin:6px 0;background:#e6eaf0"><div style="height:10px;width:%.1f%%;background:#0072b2"></div></div>`,
		html.EscapeString(c.title), 100*done(e), html.EscapeString(fmt.Sprintf("%.0f %%, %s", 100*done(e), says)), 100*done(e))
	fmt.Fprintf(&b, `<div>%s</div>`, html.EscapeString(says))
	b.WriteString(c.curve(e.Epochs).HTML())
	b.WriteString(`</div>`)
	return b.String()
}

// curve draws the accuracy so far, with an axis for the whole run; it draws nothing for a single point. If drawing
// fails, it is left out: the numbers are shown, and training must not stop for a figure.
func (c *card) curve(epochs int) figure.Figure {
	c.running.Name, c.validation.Name, c.test.Name = "training, epoch mean", "validation", "test"
	c.running.Role, c.validation.Role, c.test.Role = figure.Training, figure.Validation, figure.Test
	var lines []figure.Series
	points := 0
	for _, s := range []figure.Series{c.running, c.validation, c.test} {
		if len(s.X) > 0 {
			lines = append(lines, s)
			points = max(points, len(s.X))
		}
	}
	if points < 2 {
		return figure.Figure{}
	}
	lines = append(lines, figure.Series{X: []float64{0, float64(epochs)}})
	f, err := figure.Curves("", "epoch", "accuracy, %", "", lines...)
	if err != nil {
		return figure.Figure{}
	}
	return f
}
