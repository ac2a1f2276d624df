package show

import (
	"bytes"
	"image/color"
	"image/png"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/terminal"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// run reports the events of a run of this size, as train does: ω is estimated and the program evaluated before
// training, and then in each epoch.
func run(epochs, steps int, report func(train.Event)) {
	for epoch := 0; epoch <= epochs; epoch++ {
		stages := []string{train.StageEstimate, train.StageTrain, train.StageEvaluate}
		if epoch == 0 {
			stages = []string{train.StageEstimate, train.StageEvaluate}
		}
		for _, stage := range stages {
			for step := 1; step <= steps; step++ {
				report(train.Event{
					Stage: stage, Epoch: epoch, Epochs: epochs, Step: step, Steps: steps,
					Loss: 2 / float64(epoch+1), Accuracy: float64(epoch) / float64(epochs+1), SamplesPerSecond: 207.4,
					Remaining: time.Duration(epochs-epoch)*7*time.Second + time.Second,
				})
			}
		}
		m := runs.Metrics{Epoch: epoch, Loss: 2 / float64(epoch+1), TrainAccuracy: .5, ValAccuracy: -1, TestAccuracy: .25 + .4*float64(epoch)/float64(epochs)}
		report(train.Event{Stage: train.StageEpoch, Epoch: epoch, Epochs: epochs, Metrics: &m})
	}
	report(train.Event{Stage: train.StageDone, Epoch: epochs, Epochs: epochs, Elapsed: 24 * time.Second})
}

func TestDoneNeverGoesBack(t *testing.T) {
	before := 0.
	run(4, 20, func(e train.Event) {
		require.GreaterOrEqual(t, done(e), before, "%+v", e)
		before = done(e)
	})
	require.Equal(t, 1., before)
}

func TestPlainLines(t *testing.T) {
	var out bytes.Buffer
	run(4, 20, (&plainLines{title: "padding + BLM", out: &out}).event)
	require.Equal(t, `padding + BLM: before training, estimating ω 1/20, 207 samples/s, 29 s left
padding + BLM: before training, test 25.0 %
padding + BLM: epoch 1/4, loss 1.000, train 50.0 %, test 35.0 %
padding + BLM: epoch 2/4, loss 0.667, train 50.0 %, test 45.0 %
padding + BLM: epoch 3/4, loss 0.500, train 50.0 %, test 55.0 %
padding + BLM: epoch 4/4, loss 0.400, train 50.0 %, test 65.0 %
padding + BLM: done in 24 s: test accuracy 65.0 %, 25.0 % before
`, out.String())

	out.Reset()
	run(200, 3, (&plainLines{title: "long", out: &out}).event)
	require.LessOrEqual(t, strings.Count(out.String(), "\n"), 24, "few lines for a long run")
}

func TestLiveLine(t *testing.T) {
	for _, width := range []int{20, 40, 80, 200} {
		var out bytes.Buffer
		l := &liveLine{title: "padding + BLM", line: &terminal.Line{Out: &out, Width: func() int { return width }}}
		run(4, 20, l.event)
		lines := strings.Split(out.String(), "\n")
		require.Len(t, lines, 2, "one line, which ends at the end of the run")
		states := regexp.MustCompile(`\r\x1b\[2K`).Split(lines[0], -1)
		require.Greater(t, len(states), 5)
		for _, state := range states[:len(states)-1] {
			require.Less(t, utf8.RuneCountInString(state), width)
		}
		require.Equal(t, "padding + BLM: done in 24 s: test accuracy 65.0 %, 25.0 % before", states[len(states)-1])
	}
}

func TestCard(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a card is drawn for every event of a training")
	}
	for _, epochs := range []int{1, 4, 200} {
		var shown []string
		c := &card{title: "padding <BLM>", show: func(html string) { shown = append(shown, html) }}
		run(epochs, 20, c.event)
		require.LessOrEqual(t, len(shown), updates+2)
		last := shown[len(shown)-1]
		require.Contains(t, last, "padding &lt;BLM&gt;")
		require.Contains(t, last, "done in 24 s: test accuracy 65.0 %, 25.0 % before")
		require.Contains(t, last, "data:image/png;base64,")
		require.NotContains(t, last, "<script")
		require.NotContains(t, last, "http")
		require.Less(t, len(last), 60_000, "bytes")
		require.Contains(t, last, `role="progressbar" aria-label="padding &lt;BLM&gt;" aria-valuemin="0" aria-valuemax="100" aria-valuenow="100" aria-valuetext="100 %, done in 24 s`)
		require.Regexp(t, `<img [^>]*alt="Curves of accuracy, % by epoch: [^"]*test from 25.0 % at epoch 0 to 65.0 %`, last)
		for i, html := range shown {
			now := regexp.MustCompile(`aria-valuenow="(\d+)"`).FindStringSubmatch(html)
			require.NotNil(t, now, "update %d", i)
			require.Contains(t, html, ">"+now[1]+" %</span>")
		}
	}
}

// The test curve has its colour when a run trains, and when its cell is run again, which has no events of training.
func TestCardColours(t *testing.T) {
	c := &card{show: func(string) {}}
	for epoch := range 4 {
		c.event(train.Event{Stage: train.StageEpoch, Epoch: epoch, Epochs: 3, Metrics: &runs.Metrics{Epoch: epoch, ValAccuracy: -1, TestAccuracy: .5}})
	}
	vermilion := color.RGBA{0xd5, 0x5e, 0x00, 0xff} // figure.Curves has this colour for figure.Test
	has := func() bool {
		img, err := png.Decode(bytes.NewReader(c.curve(3).PNG))
		require.NoError(t, err)
		for y := range img.Bounds().Dy() {
			for x := range img.Bounds().Dx() {
				if color.RGBAModel.Convert(img.At(x, y)) == vermilion {
					return true
				}
			}
		}
		return false
	}
	require.True(t, has())
	for i := range 3 {
		add(&c.running, float64(i), .3)
		add(&c.validation, float64(i), .4)
	}
	require.True(t, has())
}

func TestDuration(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0.4 s": 400 * time.Millisecond, "12 s": 12 * time.Second, "2 min 05 s": 125 * time.Second, "3 h 07 min": 3*time.Hour + 7*time.Minute,
	} {
		require.Equal(t, want, duration(d))
	}
}

func TestResumedRun(t *testing.T) {
	var out bytes.Buffer
	p := &plainLines{title: "resumed", out: &out}
	m := runs.Metrics{Epoch: 4, Loss: 1, TrainAccuracy: .5, ValAccuracy: .4, TestAccuracy: -1}
	p.event(train.Event{Stage: train.StageEpoch, Epoch: 4, Epochs: 4, Metrics: &m})
	p.event(train.Event{Stage: train.StageDone, Epoch: 4, Epochs: 4})
	require.Equal(t, "resumed: epoch 4/4, loss 1.000, train 50.0 %, validation 40.0 %\nresumed: done: loss 1.000, train 50.0 %, validation 40.0 %\n", out.String())
}

// A run that stops early leaves its last numbers in the notebook, and adds a line for the error.
func TestStopped(t *testing.T) {
	stop := train.Event{Stage: train.StageStopped, Epoch: 1, Epochs: 4}
	under := train.Event{Stage: train.StageTrain, Epoch: 2, Epochs: 4, Step: 3, Steps: 20}
	var out bytes.Buffer
	l := &liveLine{title: "live", line: &terminal.Line{Out: &out, Width: func() int { return 80 }}}
	l.event(under)
	before := out.String()
	l.event(stop)
	require.Equal(t, before+"\n", out.String())

	out.Reset()
	p := &plainLines{title: "plain", out: &out, written: time.Now()}
	p.event(stop)
	require.Empty(t, out.String())

	c := &card{title: "card", show: func(html string) { t.Error("the card changes: ", html) }}
	c.event(stop)
}
