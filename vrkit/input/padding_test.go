package input_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"

	. "github.com/gomlx/gomlx/core/graph"
)

// The widths of reference/methods.md 1.1.
func TestMargins(t *testing.T) {
	for _, c := range []struct{ side, n, before, after int }{
		{224, 32, 96, 96}, {224, 128, 48, 48}, {224, 200, 12, 12}, {224, 33, 96, 95}, {224, 31, 97, 96},
		{384, 32, 176, 176}, {384, 128, 128, 128},
	} {
		before, after := input.Padding{}.Margins(c.n, c.side)
		require.Equal(t, [2]int{c.before, c.after}, [2]int{before, after}, "n=%d in %d", c.n, c.side)
		require.Equal(t, c.side, before+c.n+after)
	}
}

func TestTrainable(t *testing.T) {
	for _, c := range []struct{ side, n, values int }{{224, 32, 147456}, {224, 128, 101376}, {384, 32, 439296}, {384, 128, 393216}} {
		require.Equal(t, c.values, input.Padding{Image: c.n}.Trainable(c.side))
	}
}

func TestImageSide(t *testing.T) {
	n, err := input.Padding{}.ImageSide(128)
	require.NoError(t, err)
	require.Equal(t, 64, n)
	for _, n := range []int{-1, 128, 200} {
		_, err := input.Padding{Image: n}.ImageSide(128)
		require.ErrorContains(t, err, "between 1 and 127")
	}
}

// The border starts grey, 0.5, and the image lies untouched in the middle, one pixel further down and
// right where the difference is odd.
func TestPaddingStartsGrey(t *testing.T) {
	const side, n = 8, 5
	images := make([]float32, n*n*3)
	for i := range images {
		images[i] = float32(i) / 100
	}
	store := model.NewStore()
	padded, err := model.ExecOnce(backendtest.Any(t), store, func(root *model.Scope, x *Node) *Node {
		return input.Padding{Image: n}.Apply(root, input.Batch{Images: x}, side)
	}, tensors.FromFlatDataAndDimensions(images, 1, n, n, 3))
	require.NoError(t, err)
	got := tensors.MustCopyFlatData[float32](padded)
	for y := range side {
		for x := range side {
			for c := range 3 {
				want := float32(.5)
				if y >= 2 && y < 7 && x >= 2 && x < 7 {
					want = images[((y-2)*n+x-2)*3+c]
				}
				require.Equal(t, want, got[(y*side+x)*3+c], "at %d,%d,%d", y, x, c)
			}
		}
	}
}

// The initial border, normalised with ImageNet's mean and deviation (reference/methods.md 1.1).
func TestGreyNormalised(t *testing.T) {
	m := modeltest.Tiny()
	m.Normalisation.Mean, m.Normalisation.Std = [3]float32{.485, .456, .406}, [3]float32{.229, .224, .225}
	grey, err := ExecOnce(backendtest.Any(t), func(x *Node) *Node { return m.Normalisation.Apply(x) },
		[][][][]float32{{{{.5, .5, .5}}}})
	require.NoError(t, err)
	require.InDeltaSlice(t, []float32{.0655, .1964, .4178}, tensors.MustCopyFlatData[float32](grey), 5e-5)
}

// TestPaddingGradient holds the gradient of a loss through the tiny frozen net, in float64, against
// central differences along 16 random directions, and against its closed form: nothing in the middle.
func TestPaddingGradient(t *testing.T) {
	const side, n, size = 8, 5, 2
	m, backend := modeltest.Tiny(), backendtest.Any(t)
	r := rand.New(rand.NewPCG(1, 2))
	images, theta := make([]float64, size*n*n*3), make([]float64, side*side*3)
	for i := range images {
		images[i] = r.Float64()
	}
	for i := range theta {
		theta[i] = r.NormFloat64()
	}
	root := model.NewStore().RootScope()
	_, err := root.CreateVariable(input.PromptVariable, tensors.FromFlatDataAndDimensions(theta, side, side, 3))
	require.NoError(t, err)
	exec := model.MustNewExec(backend, root.Store(), func(root *model.Scope, x *Node) (*Node, *Node) {
		logits := m.Logits(root, m.Normalisation.Apply(input.Padding{Image: n}.Apply(root, input.Batch{Images: x}, side)))
		loss := ReduceAllSum(Mul(logits, Sin(logits)))
		return loss, Gradient(loss, root.GetVariable(input.PromptVariable).NodeValue(x.Graph()))[0]
	})
	at := func(theta []float64) (float64, []float64) {
		require.NoError(t, root.GetVariable(input.PromptVariable).SetValue(tensors.FromFlatDataAndDimensions(append([]float64(nil), theta...), side, side, 3)))
		loss, gradient, err := exec.Exec2(tensors.FromFlatDataAndDimensions(append([]float64(nil), images...), size, n, n, 3))
		require.NoError(t, err)
		return tensors.ToScalar[float64](loss), tensors.MustCopyFlatData[float64](gradient)
	}
	_, gradient := at(theta)
	for i, g := range gradient {
		y, x := i/3/side, i/3%side
		inside := y >= 2 && y < 7 && x >= 2 && x < 7
		require.Equal(t, inside, g == 0, "the gradient at %d,%d", y, x)
	}
	const h = 1e-5
	for direction := range 16 {
		t.Run(fmt.Sprint(direction), func(t *testing.T) {
			plus, minus, slope := make([]float64, len(theta)), make([]float64, len(theta)), 0.
			for i := range theta {
				d := r.NormFloat64()
				plus[i], minus[i] = theta[i]+h*d, theta[i]-h*d
				slope += d * gradient[i]
			}
			above, _ := at(plus)
			below, _ := at(minus)
			require.InEpsilon(t, slope, (above-below)/(2*h), 1e-4)
		})
	}
}

func TestPicture(t *testing.T) {
	theta := make([]float32, 4*4*3)
	theta[0], theta[1], theta[2] = 0, 2, -2
	picture := input.Padding{Image: 2}.Picture(theta, 4)
	require.InDeltaSlice(t, []float64{.5, 1 / (1 + math.Exp(-2)), 1 / (1 + math.Exp(2))}, []float64{float64(picture[0]), float64(picture[1]), float64(picture[2])}, 1e-6)
	require.Zero(t, picture[(1*4+1)*3], "the image's place is empty")
}
