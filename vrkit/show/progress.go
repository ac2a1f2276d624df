package show

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"

	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/terminal"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// Progress returns a function for train.Config.Events that shows progress: in a notebook one output with a bar and a
// growing curve, updated about twenty times a run; on a terminal one line on standard error, rewritten in place;
// elsewhere lines there, at most about twenty in all. The function is for one run and one goroutine.
func Progress(title string) func(train.Event) {
	if gonbui.IsNotebook {
		id := "progress_" + gonbui.UniqueId()
		c := &card{title: title, show: func(html string) {
			// A failed update must not end the training.
			_ = send(&protocol.DisplayData{
				Data:      map[protocol.MIMEType]any{protocol.MIMETextHTML: html},
				DisplayID: id,
			})
		}}
		return c.event
	}
	if line := terminal.On(os.Stderr); line != nil {
		return (&liveLine{title: title, line: line}).event
	}
	return (&plainLines{title: title, out: os.Stderr}).event
}

// done returns the finished share of the run, 0 to 1, at an event.
func done(e train.Event) float64 {
	if e.Stage == train.StageDone {
		return 1
	}
	if e.Epochs < 1 {
		return 0
	}
	epochs := float64(e.Epoch)
	switch {
	case e.Stage == train.StageEstimate:
		epochs--
	case e.Stage == train.StageTrain && e.Steps > 0:
		epochs += float64(e.Step)/float64(e.Steps) - 1
	case e.Stage == train.StageTrain:
		epochs--
	}
	return min(max(epochs/float64(e.Epochs), 0), 1)
}

// facts lists the facts of an event, the most important first.
func facts(e train.Event) []string {
	where := fmt.Sprintf("epoch %d/%d", e.Epoch, e.Epochs)
	if e.Epoch == 0 {
		where = "before training"
	}
	says := []string{where}
	if e.Metrics != nil {
		return append(says, results(*e.Metrics)...)
	}
	switch e.Stage {
	case train.StageTrain:
		says = append(says, fmt.Sprintf("loss %.3f", e.Loss), "train "+percent(e.Accuracy))
	case train.StageGradient:
		says = append(says, "trying the gradient of the network")
	case train.StageEstimate:
		says = append(says, "estimating ω "+steps(e))
	case train.StageStatistics:
		says = append(says, "BatchNorm's statistics "+steps(e))
	case train.StageEvaluate:
		says = append(says, "evaluating "+steps(e))
	}
	if e.SamplesPerSecond > 0 {
		says = append(says, fmt.Sprintf("%.0f samples/s", e.SamplesPerSecond))
	}
	if e.Remaining > 0 {
		says = append(says, duration(e.Remaining)+" left")
	}
	return says
}

func steps(e train.Event) string {
	if e.Steps == 0 {
		return "…"
	}
	return fmt.Sprintf("%d/%d", e.Step, e.Steps)
}

// results lists the results of an epoch.
func results(m runs.Metrics) []string {
	var says []string
	if m.Epoch > 0 {
		says = append(says, fmt.Sprintf("loss %.3f", m.Loss), "train "+percent(m.TrainAccuracy))
	}
	if m.ValAccuracy >= 0 {
		says = append(says, "validation "+percent(m.ValAccuracy))
	}
	if m.TestAccuracy >= 0 {
		says = append(says, "test "+percent(m.TestAccuracy))
	}
	return says
}

// course has the first and the last metrics of a run so far; nil if there are none.
type course struct{ first, last *runs.Metrics }

// see stores the metrics of an event, if it has any.
func (c *course) see(e train.Event) {
	if e.Metrics == nil {
		return
	}
	if c.first == nil {
		c.first = e.Metrics
	}
	c.last = e.Metrics
}

// conclusion describes the end of a run.
func (c *course) conclusion(e train.Event) string {
	first, last := c.first, c.last
	says := "done"
	if e.Elapsed > 0 {
		says += " in " + duration(e.Elapsed)
	}
	if last == nil {
		return says
	}
	if first != nil && first.Epoch == 0 && last.Epoch > 0 && first.TestAccuracy >= 0 && last.TestAccuracy >= 0 {
		return fmt.Sprintf("%s: test accuracy %s, %s before", says, percent(last.TestAccuracy), percent(first.TestAccuracy))
	}
	return says + ": " + strings.Join(results(*last), ", ")
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// duration writes a time for people.
func duration(d time.Duration) string {
	switch s := int(d.Seconds() + .5); {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case s < 120:
		return fmt.Sprintf("%d s", s)
	case s < 3600:
		return fmt.Sprintf("%d min %02d s", s/60, s%60)
	default:
		return fmt.Sprintf("%d h %02d min", s/3600, s%3600/60)
	}
}
