package input_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"

	. "github.com/gomlx/gomlx/core/graph"
)

// openPureGo opens the pure-Go backend once for this package's tests.
var openPureGo = sync.OnceValues(func() (compute.Backend, error) { return compute.NewWithConfig("go") })

// act builds what a manipulation makes of a value at the one site where it acts.
func act(scope *model.Scope, m input.Manipulation, v models.Value, side int) *Node {
	fitted, err := m.Fit(models.Info{Side: side})
	if err != nil || len(fitted.Hooks) != 1 {
		panic(fmt.Errorf("%d hooks: %w", len(fitted.Hooks), err))
	}
	for _, hook := range fitted.Hooks {
		v = hook(scope, v)
	}
	return v.Total()
}

// pureGo is for tests with many small graphs: XLA takes seconds to compile each of SMM's.
func pureGo(t *testing.T) compute.Backend {
	backend, err := openPureGo()
	require.NoError(t, err)
	return backend
}

// differentiated is a training loss through a manipulation and the tiny frozen net, in float64, as a function of all
// that the manipulation learns. The last image of its batch is filling.
type differentiated struct {
	names    []string // of the learned variables, below the manipulation's scope
	store    *model.Store
	exec     *model.Exec
	pixels   []float64
	size, n  int
	position map[string][]float64 // the values of each
}

// differentiate builds the loss for images of the manipulation's side, at a random position.
func differentiate(t *testing.T, backend compute.Backend, m input.Manipulation, side int, r *rand.Rand) *differentiated {
	return differentiateOn(t, backend, modeltest.Tiny(), m, side, r)
}

// differentiateOn is differentiate through another frozen net.
func differentiateOn(t *testing.T, backend compute.Backend, net *models.Model, m input.Manipulation, side int, r *rand.Rand) *differentiated {
	info := net.Info
	info.Side = side
	fitted, err := m.Fit(info)
	require.NoError(t, err)
	n := fitted.Side
	d := &differentiated{store: model.NewStore(), size: 3, n: n, position: map[string][]float64{}}
	for range d.size * n * n * 3 {
		d.pixels = append(d.pixels, r.Float64())
	}
	d.exec = model.MustNewExec(backend, d.store, func(root *model.Scope, pixels *Node) []*Node {
		g := pixels.Graph()
		root.Store().SetTraining(g, true)
		scope := root.At("input")
		images := models.Value{Each: pixels, Present: Const(g, []float32{1, 1, 0})}
		logits := Slice(net.Reprogrammed(root, images, fitted.Hooks.In(scope)), AxisRange(0, 2))
		d.names = nil
		var values []*Node
		for v := range scope.IterVariables() {
			if v.Trainable {
				d.names = append(d.names, v.Path()[len("/input/"):])
				values = append(values, v.NodeValue(g))
			}
		}
		loss := ReduceAllSum(Mul(logits, Sin(logits)))
		return append(Gradient(loss, values...), loss)
	})
	d.run(t) // creates the variables
	for _, name := range d.names {
		values := tensors.MustCopyFlatData[float64](d.variable(name).MustValue())
		for i := range values {
			values[i] += .3 * r.NormFloat64() // near the initial values, where BatchNorm's γ is 1
		}
		d.position[name] = values
	}
	return d
}

func (d *differentiated) variable(name string) *model.Variable {
	return d.store.GetVariable("/input/" + name)
}

// run returns the gradients of the learned variables, by name, and the loss.
func (d *differentiated) run(t *testing.T) (gradients map[string][]float64, loss float64) {
	results, err := d.exec.Exec(tensors.FromFlatDataAndDimensions(slices.Clone(d.pixels), d.size, d.n, d.n, 3))
	require.NoError(t, err)
	gradients = map[string][]float64{}
	for i, name := range d.names {
		gradients[name] = tensors.MustCopyFlatData[float64](results[i])
	}
	return gradients, tensors.ToScalar[float64](results[len(d.names)])
}

// at returns the gradients and the loss at the position plus h times a direction.
func (d *differentiated) at(t *testing.T, h float64, direction map[string][]float64) (map[string][]float64, float64) {
	for name, position := range d.position {
		values := slices.Clone(position)
		for i, v := range direction[name] {
			values[i] += h * v
		}
		v := d.variable(name)
		require.NoError(t, v.SetValue(tensors.FromFlatDataAndDimensions(values, v.Shape().Dimensions...)))
	}
	return d.run(t)
}

// TestGradients compares the gradients of every manipulation's training loss with central differences: along random
// directions of all learned variables, and along one direction of each variable alone, so that an error in a small one
// shows. The batch has an image with the sample weight 0.
func TestGradients(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: finite differences of every manipulation")
	}
	cases := map[string]input.Manipulation{
		"pad":                          input.Padding{Image: 5},
		"narrow":                       input.Watermark{Kind: input.Narrow},
		"medium":                       input.Watermark{Kind: input.Medium},
		"full":                         input.Watermark{Kind: input.Full},
		"width 3":                      input.Watermark{Width: 3},
		"smm":                          input.SMM{Patch: 2},
		"smm, patch 1":                 input.SMM{Patch: 1, Multiplier: .25},
		"smm, patch 8":                 input.SMM{Multiplier: .5},
		"smm, 1 channel":               input.SMM{Patch: 4, Channels: 1, Multiplier: .5},
		"smm, 6 layers":                input.SMM{Patch: 4, Layers: 6, Multiplier: .25},
		"smm, 1 channel, 6 layers":     input.SMM{Patch: 2, Layers: 6, Channels: 1, Multiplier: .25},
		"smm, only delta":              input.SMM{Ablate: input.OnlyDelta},
		"smm, only mask":               input.SMM{Patch: 2, Multiplier: .5, Ablate: input.OnlyMask},
		"smm, only mask, of 1 channel": input.SMM{Patch: 4, Channels: 1, Multiplier: .5, Ablate: input.OnlyMask},
		"smm, mask of ones":            input.SMM{Patch: 4, Ablate: input.MaskOnes},
	}
	directions := 16
	if testing.Short() {
		directions = 4
	}
	const side, h = 8, 1e-8 // so small that hardly any ReLU switches between −h and h
	for name, m := range cases {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			d := differentiate(t, pureGo(t), m, side, r)
			if counted, ok := m.(input.Trainables); ok {
				stored := 0
				for _, values := range d.position {
					stored += len(values)
				}
				require.GreaterOrEqual(t, stored, counted.Trainable(models.Info{Side: side}))
			}
			gradients, _ := d.at(t, 0, nil)
			norm, worst := 0., 0.
			for _, gradient := range gradients {
				for _, v := range gradient {
					norm += v * v
				}
			}
			norm = math.Sqrt(norm)
			along := func(what string, names ...string) {
				direction, slope := map[string][]float64{}, 0.
				for _, name := range names {
					for _, g := range gradients[name] {
						v := r.NormFloat64()
						direction[name] = append(direction[name], v)
						slope += v * g
					}
				}
				_, above := d.at(t, h, direction)
				_, below := d.at(t, -h, direction)
				// The floor is for biases in front of a BatchNorm, which cancels them.
				allowed := 1e-4*math.Abs(slope) + 1e-6*norm
				apart := math.Abs((above-below)/(2*h) - slope)
				require.LessOrEqual(t, apart, allowed, "the slope along %s is %v, not %v", what, (above-below)/(2*h), slope)
				worst = max(worst, apart/allowed)
			}
			for i := range directions {
				along(fmt.Sprint("direction ", i), d.names...)
			}
			for _, name := range d.names {
				along(name, name)
			}
			t.Logf("%d variables; at worst %.3f of what is allowed", len(d.names), worst)
		})
	}
}

// The same gradients on XLA, for the manipulation with the most operations.
func TestGradientsXLA(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: compiling takes seconds")
	}
	const side = 8
	s := input.SMM{Patch: 2}
	d := differentiate(t, pureGo(t), s, side, rand.New(rand.NewPCG(3, 4)))
	other := differentiate(t, backendtest.XLA(t), s, side, rand.New(rand.NewPCG(3, 4)))
	want, wantLoss := d.at(t, 0, nil)
	got, loss := other.at(t, 0, nil)
	require.InEpsilon(t, wantLoss, loss, 1e-12)
	for name, gradient := range want {
		require.InDeltaSlice(t, gradient, got[name], 1e-10, name)
	}
}
