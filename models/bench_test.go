package models_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"
)

// The benchmarks measure these networks, with made-up weights, at the papers' side, 224, and the course's, 128.
// testdata/bench_torch.py measures the same with PyTorch; testdata/compare.py runs both alternately.
var (
	benchmarked = []string{"resnet18", "resnet50", "squeezenet1.1-torchvision", "efficientnet-lite0", "vit-b32", "resnext101-32x8d"}
	sizes       = []struct{ side, batch int }{{224, 16}, {224, 64}, {128, 16}, {128, 50}}
	precisions  = map[string]dtypes.DType{"fp32": dtypes.Float32, "bf16": dtypes.BFloat16}
)

// BenchmarkForward measures the frozen model's forward pass, in images/s. Estimating ω and evaluating take about as long.
func BenchmarkForward(b *testing.B) {
	benchmark(b, func(m *models.Model, root *model.Scope, pixels *Node, precision dtypes.DType) *Node {
		return ReduceAllSum(logits(m, root, pixels, precision))
	})
}

// BenchmarkForwardGradient measures the forward pass and the gradient of the input, in images/s. A training step takes
// about as long, and the optimiser's time.
func BenchmarkForwardGradient(b *testing.B) {
	benchmark(b, func(m *models.Model, root *model.Scope, pixels *Node, precision dtypes.DType) *Node {
		logits := logits(m, root, pixels, precision)
		prompt := Gradient(ReduceAllSum(Mul(logits, logits)), pixels)[0]
		return ReduceSum(prompt, 0) // one prompt is shared by the batch
	})
}

func logits(m *models.Model, root *model.Scope, pixels *Node, precision dtypes.DType) *Node {
	x := ConvertDType(m.Normalisation.Apply(pixels), precision)
	return ConvertDType(m.Logits(root, x), dtypes.Float32)
}

// benchmark reports the mean of all runs, and the best run, because other work on the machine disturbs that less.
func benchmark(b *testing.B, build func(m *models.Model, root *model.Scope, pixels *Node, precision dtypes.DType) *Node) {
	backend := backendtest.XLA(b)
	for _, name := range benchmarked {
		for _, c := range sizes {
			if m, err := models.Named(name); err != nil || m.Sides.Check(name, c.side) != nil {
				continue
			}
			for _, precision := range []string{"fp32", "bf16"} {
				b.Run(fmt.Sprintf("%s/side=%d/batch=%d/%s", name, c.side, c.batch, precision), func(b *testing.B) {
					m, err := models.MadeUp(name)
					require.NoError(b, err)
					exec := model.MustNewExec(backend, model.NewStore(), func(root *model.Scope, pixels *Node) *Node {
						return build(m, root, pixels, precisions[precision])
					})
					images := tensors.FromFlatDataAndDimensions(slices.Repeat(madeUp(c.side), c.batch), c.batch, c.side, c.side, 3)
					step := func() {
						result, err := exec.Call1(images)
						require.NoError(b, err)
						_, err = tensors.CopyFlatData[float32](result) // waits until it is there
						require.NoError(b, err)
						require.NoError(b, result.FinalizeAll())
					}
					for range 3 { // the first compiles
						step()
					}
					best := time.Hour
					for b.Loop() {
						start := time.Now()
						step()
						best = min(best, time.Since(start))
					}
					b.ReportMetric(float64(c.batch*b.N)/b.Elapsed().Seconds(), "images/s")
					b.ReportMetric(float64(c.batch)/best.Seconds(), "best-images/s")
				})
			}
		}
	}
}
