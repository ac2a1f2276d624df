package models_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"
)

// The models, and the sides and batches that design and README speak of: the default, and the papers';
// testdata/bench_torch.py measures the same on PyTorch.
var (
	benchmarked = []string{"squeezenet1.1", "efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2"}
	sizes       = []struct{ side, batch int }{{128, 16}, {128, 50}, {224, 16}}
)

// BenchmarkForward measures the frozen model alone, in images/s: what estimating ω and evaluating cost.
func BenchmarkForward(b *testing.B) {
	benchmark(b, func(m *models.Model, root *model.Scope, pixels *Node) *Node {
		return ReduceAllSum(m.Logits(root, m.Normalisation.Apply(pixels)))
	})
}

// BenchmarkForwardGradient measures the model and the gradient of its input, in images/s: what a step
// of training costs, but for the optimiser.
func BenchmarkForwardGradient(b *testing.B) {
	benchmark(b, func(m *models.Model, root *model.Scope, pixels *Node) *Node {
		logits := m.Logits(root, m.Normalisation.Apply(pixels))
		prompt := Gradient(ReduceAllSum(Mul(logits, logits)), pixels)[0]
		return ReduceSum(prompt, 0) // one prompt is shared by the batch
	})
}

// benchmark reports the mean over all runs and the best run, which a busy machine disturbs less.
func benchmark(b *testing.B, build func(m *models.Model, root *model.Scope, pixels *Node) *Node) {
	backend := backendtest.XLA(b)
	for _, name := range benchmarked {
		for _, c := range sizes {
			b.Run(fmt.Sprintf("%s/side=%d/batch=%d", name, c.side, c.batch), func(b *testing.B) {
				m := open(b, name)
				exec := model.MustNewExec(backend, model.NewStore(), func(root *model.Scope, pixels *Node) *Node { return build(m, root, pixels) })
				images := tensors.FromFlatDataAndDimensions(slices.Repeat(madeUp(c.side), c.batch), c.batch, c.side, c.side, 3)
				step := func() {
					result, err := exec.Exec1(images)
					require.NoError(b, err)
					_, err = tensors.CopyFlatData[float32](result) // waits until it is there
					require.NoError(b, err)
					require.NoError(b, result.FinalizeAll())
				}
				step() // compiles
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
