package models_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// timed is the number of epochs of an iteration. With -benchtime 1x a process has one iteration, so that its peak of
// memory is that of one run.
const timed = 2

var epochImages = flag.Int("images", 128, "the training images of an epoch that BenchmarkEpoch measures")

// BenchmarkEpoch measures whole epochs of the papers' inputs with BLM on the exact schedule, in training
// images/s: a pass that estimates ω, a step of Adam for each batch, and saving the state. The images are
// made up, and have the size that the program takes.
func BenchmarkEpoch(b *testing.B) {
	engine := backendtest.XLA(b)
	for _, name := range slices.Concat(benchmarked, []string{"vit-b32-384"}) {
		side := 224
		if info, err := models.Named(name); err == nil && info.Sides.Min == info.Sides.Max {
			side = info.Side
		}
		for _, kind := range []string{"pad", input.Full, "smm"} {
			for _, batch := range []int{16, 64} {
				for _, precision := range vrkit.Precisions {
					b.Run(fmt.Sprintf("%s/%s/side=%d/batch=%d/%s", name, kind, side, batch, precision), func(b *testing.B) {
						m, err := models.MadeUp(name)
						require.NoError(b, err)
						in, err := input.Restore(kind, map[string]any{"n": 128, "layers": 5 + m.Tokens.Layers/12})
						require.NoError(b, err)
						p := vrkit.Program{Input: in, Model: m, Output: output.BLM{Lambda: 1}, Side: side, Precision: precision}
						images := *epochImages
						took := epochs(b, engine, p, images, 10, batch, timed*b.N, b.ResetTimer)
						b.StopTimer()
						b.ReportMetric(float64(images*timed*b.N)/b.Elapsed().Seconds(), "images/s")
						b.ReportMetric(float64(images)/took.Seconds(), "best-images/s")
						b.ReportMetric(peakMemory(b), "peak-MB")
					})
				}
			}
		}
	}
}

// epochs trains a program on made-up images of that many classes for 1+n epochs. Everything is compiled in the first one;
// then it calls compiled. It returns the shortest time of the other epochs.
func epochs(b *testing.B, engine compute.Backend, p vrkit.Program, images, classes, batch, n int, compiled func()) time.Duration {
	fitted, err := p.Input.Fit(p.Info())
	require.NoError(b, err)
	best, from := time.Hour, time.Time{}
	result, err := train.Train(b.Context(), train.Config{
		Program: p, Data: striped(images, fitted.Side, classes), Backend: engine, Run: filepath.Join(b.TempDir(), "run"),
		Epochs: 1 + n, Batch: batch, Recipe: train.AdamAt(.01), Schedule: train.Exact,
		Events: func(e train.Event) {
			switch {
			case e.Stage != train.StageEpoch || e.Epoch == 0:
				return
			case e.Epoch == 1:
				compiled()
			default:
				best = min(best, time.Since(from))
			}
			from = time.Now()
		},
	})
	require.NoError(b, err)
	result.Program.Finalize() // releases the memory for the next benchmark in this process
	return best
}

// peakMemory is the largest resident set of the process so far, in MB; 0 on systems other than Linux.
func peakMemory(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	require.NoError(b, err)
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	kB, err := strconv.Atoi(strings.Fields(after)[0])
	require.NoError(b, err)
	return float64(kB) / 1000
}

// striped is a data set of n made-up images of that many classes.
func striped(n, side, classes int) *datasets.Dataset {
	d := &datasets.Dataset{Info: datasets.Info{Name: "stripes", Height: side, Width: side, Channels: 3}, SHA256: "stripes"}
	for k := range classes {
		d.Classes = append(d.Classes, fmt.Sprintf("every %d", k+1))
	}
	for i := range n {
		s := datasets.Sample{Image: datasets.Image{Height: side, Width: side, Channels: 3, Pixels: make([]uint8, 3*side*side)}, Label: int32(i % classes)}
		for j := range s.Pixels {
			s.Pixels[j] = uint8((j*(i%classes+1) + 7*i + j*j/977) % 256)
		}
		d.Train = append(d.Train, s)
	}
	return d
}
