package models_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"

	. "github.com/gomlx/gomlx/core/graph"
)

var curves = flag.String("curves", "", "the folder where BenchmarkCost draws what it measured")

// task holds the numbers on which the cost of an epoch depends.
type task struct{ N, Batch, Side, K, S int }

// grown are the ways to make a task larger.
var grown = []struct {
	name string
	of   func(t *task) *int
}{
	{"n, training images", func(t *task) *int { return &t.N }},
	{"batch", func(t *task) *int { return &t.Batch }},
	{"side", func(t *task) *int { return &t.Side }},
	{"K, target labels", func(t *task) *int { return &t.K }},
	{"S, source labels", func(t *task) *int { return &t.S }},
}

// cost is the time and the memory of a task's epoch.
type cost struct{ Seconds, PeakMB float64 }

// taskEnv makes BenchmarkCost measure one task only. Each task has a process of its own, because a peak of memory is
// that of a process.
const taskEnv = "VRKIT_BENCH_TASK"

// BenchmarkCost measures an epoch of padding and BLM with SqueezeNet, on the exact schedule, for growing tasks: it doubles
// one number of the task three times and leaves the others as they are.
func BenchmarkCost(b *testing.B) {
	if text := os.Getenv(taskEnv); text != "" {
		var t task
		require.NoError(b, json.Unmarshal([]byte(text), &t))
		p := vrkit.Program{Input: input.Padding{Image: t.Side / 2}, Model: withSources(b, t.S), Output: output.BLM{Lambda: 1}, Side: t.Side}
		best := epochs(b, backendtest.XLA(b), p, t.N, t.K, t.Batch, 3, func() {})
		said, err := json.Marshal(cost{best.Seconds(), peakMemory(b)})
		require.NoError(b, err)
		fmt.Printf("\n%s %s\n", taskEnv, said)
		return
	}
	var seconds, memory []figure.Series
	for _, way := range grown {
		took, peak := figure.Series{Name: way.name}, figure.Series{Name: way.name}
		for doublings := range 4 {
			t := task{N: 128, Batch: 8, Side: 64, K: 8, S: 1000}
			*way.of(&t) <<= doublings
			b.Run(fmt.Sprintf("n=%d/batch=%d/side=%d/K=%d/S=%d", t.N, t.Batch, t.Side, t.K, t.S), func(b *testing.B) {
				var c cost
				for range b.N {
					c = t.measured(b)
				}
				b.ReportMetric(c.Seconds, "s/epoch")
				b.ReportMetric(c.PeakMB, "peak-MB")
				took.X, took.Y = append(took.X, float64(doublings)), append(took.Y, c.Seconds)
				peak.X, peak.Y = append(peak.X, float64(doublings)), append(peak.Y, c.PeakMB)
			})
		}
		seconds, memory = append(seconds, took), append(memory, peak)
	}
	if *curves != "" {
		draw(b, "cost-time.png", "Time of an epoch", seconds)
		draw(b, "cost-memory.png", "Peak of memory", memory)
	}
}

// measured measures the task in a process of its own.
func (t task) measured(b *testing.B) (c cost) {
	text, err := json.Marshal(t)
	require.NoError(b, err)
	process := exec.CommandContext(b.Context(), os.Args[0], "-test.run=^$", "-test.bench=^BenchmarkCost$", "-test.benchtime=1x")
	process.Env = append(os.Environ(), taskEnv+"="+string(text))
	said, err := process.CombinedOutput()
	require.NoError(b, err, string(said))
	_, after, _ := strings.Cut(string(said), "\n"+taskEnv+" ")
	require.NoError(b, json.NewDecoder(strings.NewReader(after)).Decode(&c), string(said))
	return c
}

// draw shows how often the cost doubles when a number of the task doubles.
func draw(b *testing.B, file, title string, lines []figure.Series) {
	for _, line := range lines {
		require.Len(b, line.Y, 4, "one run of each, please: -benchtime 1x")
		first := line.Y[0]
		for i := range line.Y {
			line.Y[i] = math.Log2(line.Y[i] / first)
		}
	}
	slices.SortStableFunc(lines, func(x, y figure.Series) int { return int(100 * (y.Y[3] - x.Y[3])) })
	drawn, err := figure.Curves(title, "how often one number is doubled", "how often the cost doubles",
		"Padding and BLM with SqueezeNet, from 128 images in batches of 8, side 64, K = 8, S = 1000.", lines...)
	require.NoError(b, err)
	require.NoError(b, os.WriteFile(filepath.Join(*curves, file), drawn.PNG, 0o644))
}

// withSources is SqueezeNet with its logits repeated until it has that many source labels.
func withSources(b *testing.B, sources int) *models.Model {
	m, err := models.MadeUp("squeezenet1.1-torchvision")
	require.NoError(b, err)
	times, forward := sources/m.Sources(), m.Forward
	m.Labels = slices.Repeat(m.Labels, times)
	m.Forward = func(weight layer.Weight, x models.Value, hook models.Hook) *Node {
		return Concatenate(slices.Repeat([]*Node{forward(weight, x, hook)}, times), -1)
	}
	return m
}
