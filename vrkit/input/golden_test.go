package input_test

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"

	. "github.com/gomlx/gomlx/core/graph"
)

// digest is what testdata/make_smm.py stores of an array: its norm, and every (n/16+1)-th of its n values.
type digest struct {
	Norm float64
	Some []float64
}

// require compares values with the digest, within 1e-6 of the array's norm.
func (d digest) require(t *testing.T, values []float64, name string) {
	var norm float64
	for _, v := range values {
		norm += v * v
	}
	norm = math.Sqrt(norm)
	require.InEpsilon(t, d.Norm, norm, 1e-6, name)
	every := len(values)/16 + 1
	require.Len(t, d.Some, (len(values)+every-1)/every, name)
	tolerance := 1e-6 * d.Norm / math.Sqrt(float64(len(values)))
	for i, want := range d.Some {
		require.InDelta(t, want, values[i*every], tolerance, "%s at %d", name, i*every)
	}
}

// wave is the closed formula of testdata/make_smm.py.
func wave(amplitude float64, start int, dimensions ...int) []float64 {
	size := 1
	for _, d := range dimensions {
		size *= d
	}
	values := make([]float64, size)
	for i := range values {
		j := float64(i + start)
		values[i] = amplitude * math.Sin(.37*j+.0011*j*j)
	}
	return values
}

// formulas returns the values of SMM's variables in testdata/make_smm.py, by their paths below the manipulation's
// scope.
func formulas(side, layers, channels int) map[string]*tensors.Tensor {
	values := map[string]*tensors.Tensor{}
	set := func(name string, flat []float64, dimensions ...int) {
		values[name] = tensors.FromFlatDataAndDimensions(flat, dimensions...)
	}
	convolution := func(name string, number, in, out int) {
		bound := 1.5 / math.Sqrt(float64(9*in))
		set("mask/"+name+"/kernel", wave(bound, 100*number, 3, 3, in, out), 3, 3, in, out)
		set("mask/"+name+"/bias", wave(bound, 50+100*number, out), out)
	}
	set(input.PromptVariable, wave(.5, 3, side, side, 3), side, side, 3)
	in := 3
	for number := range layers - 1 {
		out := 8 << number
		convolution(fmt.Sprintf("conv%d", number+1), number, in, out)
		gamma := wave(.3, 7*number, out)
		for i := range gamma {
			gamma[i]++
		}
		set(fmt.Sprintf("mask/norm%d/gamma", number+1), gamma, out)
		set(fmt.Sprintf("mask/norm%d/beta", number+1), wave(.2, 9*number, out), out)
		in = out
	}
	if channels == 3 {
		convolution("out", layers-1, in, 3)
	}
	return values
}

// SMM agrees with PyTorch in float64: its output in training and in evaluation, its mask, its running statistics after
// two batches, and the gradients of δ and φ. Two of the cases run on XLA.
func TestSMMGolden(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: a mask generator of the full size")
	}
	data, err := os.ReadFile("testdata/smm.json")
	require.NoError(t, err)
	var golden struct {
		Batch int
		Cases []struct {
			Side, Layers, Patch, Channels int
			Trained, Evaluated, Mask      digest
			Gradients, Running            map[string]digest
		}
	}
	require.NoError(t, json.Unmarshal(data, &golden))
	require.Len(t, golden.Cases, 9)
	for i, c := range golden.Cases {
		t.Run(fmt.Sprintf("side=%d/layers=%d/patch=%d/channels=%d", c.Side, c.Layers, c.Patch, c.Channels), func(t *testing.T) {
			backend := pureGo(t)
			if i%4 == 3 && !testing.Short() {
				backend = backendtest.XLA(t)
			}
			s := input.SMM{Patch: c.Patch, Layers: c.Layers, Channels: c.Channels}
			store := model.NewStore()
			for path, value := range formulas(c.Side, c.Layers, c.Channels) {
				_, err := store.CreateVariable(path, value)
				require.NoError(t, err)
			}
			batch := func(amplitude float64, start int) *tensors.Tensor {
				dimensions := []int{golden.Batch, c.Side, c.Side, 3}
				return tensors.FromFlatDataAndDimensions(wave(amplitude, start, dimensions...), dimensions...)
			}
			var names []string // of the variables, in the order of their gradients
			training := model.MustNewExec(backend, store, func(root *model.Scope, x, weights *Node) []*Node {
				root.Store().SetTraining(x.Graph(), true)
				y := act(root, s, models.Value{Each: x}, c.Side)
				names = nil
				for v := range root.IterVariables() {
					if v.Trainable {
						names = append(names, v.Path()[1:])
					}
				}
				return append(root.BuildTrainableVariablesGradientsGraph(ReduceAllSum(Mul(weights, y))), y)
			})
			results := training.MustCall(batch(1.2, 0), batch(1, 77))
			require.Len(t, results, len(names)+1)
			c.Trained.require(t, tensors.MustCopyFlatData[float64](results[len(names)]), "in training")
			found := 0
			for i, name := range names {
				if want, ok := c.Gradients[name]; ok {
					want.require(t, tensors.MustCopyFlatData[float64](results[i]), "the gradient of "+name)
					found++
				}
			}
			require.Equal(t, len(c.Gradients), found)

			training.MustCall(batch(1.2, 1234), batch(1, 77))
			for name, want := range c.Running {
				want.require(t, tensors.MustCopyFlatData[float64](store.GetVariable("/"+name).MustValue()), name)
			}

			evaluated, mask := model.MustNewExec(backend, store, func(root *model.Scope, x *Node) (*Node, *Node) {
				b := models.Value{Each: x}
				return act(root, s, b, c.Side), s.Mask(root, b)
			}).MustCall2(batch(1.2, 0))
			c.Evaluated.require(t, tensors.MustCopyFlatData[float64](evaluated), "in evaluation")
			c.Mask.require(t, tensors.MustCopyFlatData[float64](mask), "the mask")
			require.Equal(t, []int{golden.Batch, c.Side, c.Side, 3}, mask.Shape().Dimensions)
		})
	}
}
