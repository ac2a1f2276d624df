package models_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// epochBatches is how many batches the epochs that are measured have.
const epochBatches = 8

// BenchmarkEpoch measures whole epochs of the papers' inputs with BLM on the exact schedule, in training
// images/s: ω estimated by a pass of its own, a step of Adam for each batch, the state kept on the disk.
// The pictures are made up, and as large as the program takes them.
func BenchmarkEpoch(b *testing.B) {
	engine := backendtest.XLA(b)
	for _, name := range benchmarked {
		for _, kind := range []string{"pad", input.Full, "smm"} {
			for _, batch := range []int{16, 64} {
				b.Run(fmt.Sprintf("%s/%s/side=224/batch=%d", name, kind, batch), func(b *testing.B) {
					m, err := models.MadeUp(name)
					require.NoError(b, err)
					in, err := input.New(kind, input.Options{Image: 128, Layers: 5 + m.Tokens.Layers/12})
					require.NoError(b, err)
					p := vrkit.Program{Input: in, Model: m, Output: output.BLM{Lambda: 1}, Side: 224}
					side, err := in.ImageSide(p.Side)
					require.NoError(b, err)

					best, measured, from := time.Hour, time.Duration(0), time.Time{}
					_, err = train.Train(b.Context(), train.Config{
						Program: p, Data: striped(epochBatches*batch, side), Backend: engine,
						Run: filepath.Join(b.TempDir(), "run"), Epochs: 1 + b.N, Batch: batch, Recipe: train.AdamAt(.01), Schedule: train.Exact,
						Events: func(e train.Event) {
							if e.Stage != train.StageEpoch || e.Epoch == 0 {
								return
							}
							if e.Epoch == 1 { // everything is compiled
								b.ResetTimer()
							} else {
								best = min(best, time.Since(from))
								measured += time.Since(from)
							}
							from = time.Now()
						},
					})
					require.NoError(b, err)
					images := float64(epochBatches * batch)
					b.ReportMetric(images*float64(b.N)/measured.Seconds(), "images/s")
					b.ReportMetric(images/best.Seconds(), "best-images/s")
				})
			}
		}
	}
}

// striped are n pictures of ten classes.
func striped(n, side int) *datasets.Dataset {
	d := &datasets.Dataset{Info: datasets.Info{Name: "stripes", Height: side, Width: side, Channels: 3}, SHA256: "stripes"}
	for k := range 10 {
		d.Classes = append(d.Classes, fmt.Sprintf("every %d", k+1))
	}
	for i := range n {
		s := datasets.Sample{Image: datasets.Image{Height: side, Width: side, Channels: 3, Pixels: make([]uint8, 3*side*side)}, Label: int32(i % 10)}
		for j := range s.Pixels {
			s.Pixels[j] = uint8((j*(i%10+1) + 7*i + j*j/977) % 256)
		}
		d.Train = append(d.Train, s)
	}
	return d
}
