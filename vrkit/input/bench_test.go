package input_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"

	. "github.com/gomlx/gomlx/core/graph"
)

// BenchmarkSMM measures SMM without a frozen model, in images/s: I(x) in evaluation; I(x) and the gradients of δ and φ
// in training.
func BenchmarkSMM(b *testing.B) {
	const side, size = 128, 50
	backend := backendtest.XLA(b)
	r := rand.New(rand.NewPCG(1, 2))
	images, upstream := make([]float32, size*side*side*3), make([]float32, size*side*side*3)
	for i := range images {
		images[i], upstream[i] = float32(r.NormFloat64()), float32(r.NormFloat64())
	}
	forward := func(s input.SMM) func(root *model.Scope, x, upstream *Node) []*Node {
		return func(root *model.Scope, x, upstream *Node) []*Node {
			return []*Node{act(root, s, models.Value{Each: x}, side)}
		}
	}
	training := func(s input.SMM) func(root *model.Scope, x, upstream *Node) []*Node {
		return func(root *model.Scope, x, upstream *Node) []*Node {
			root.Store().SetTraining(x.Graph(), true)
			present := Ones(x.Graph(), shapes.Make(x.DType(), size))
			y := act(root, s, models.Value{Each: x, Present: present}, side)
			return root.BuildTrainableVariablesGradientsGraph(ReduceAllSum(Mul(y, upstream)))
		}
	}
	for _, patch := range []int{8, 1} {
		s := input.SMM{Patch: patch}
		for _, c := range []struct {
			name  string
			build func(root *model.Scope, x, upstream *Node) []*Node
		}{{"forward", forward(s)}, {"training", training(s)}} {
			b.Run(fmt.Sprintf("patch=%d/%s", patch, c.name), func(b *testing.B) {
				store := model.NewStore()
				_, err := store.RootScope().CreateVariable(input.PromptVariable, tensors.FromFlatDataAndDimensions(slices.Clone(upstream[:side*side*3]), side, side, 3))
				require.NoError(b, err)
				exec := model.MustNewExec(backend, store, c.build)
				x := tensors.FromFlatDataAndDimensions(images, size, side, side, 3)
				g := tensors.FromFlatDataAndDimensions(upstream, size, side, side, 3)
				step := func() {
					for _, result := range exec.MustCall(x, g) {
						_, err := tensors.CopyFlatData[float32](result) // waits for the result
						require.NoError(b, err)
						require.NoError(b, result.FinalizeAll())
					}
				}
				step() // compiles
				best := time.Hour
				for b.Loop() {
					start := time.Now()
					step()
					best = min(best, time.Since(start))
				}
				b.ReportMetric(float64(size*b.N)/b.Elapsed().Seconds(), "images/s")
				b.ReportMetric(float64(size)/best.Seconds(), "best-images/s")
			})
		}
	}
}
