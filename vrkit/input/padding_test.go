package input_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"

	. "github.com/gomlx/gomlx/core/graph"
)

// The widths of docs/methods.md 1.1.
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

func TestPaddingTrainable(t *testing.T) {
	for _, c := range []struct{ side, n, values int }{{224, 32, 147456}, {224, 128, 101376}, {384, 32, 439296}, {384, 128, 393216}} {
		require.Equal(t, c.values, input.Padding{Image: c.n}.Trainable(models.Info{Side: c.side}))
	}
}

func TestPaddingFit(t *testing.T) {
	fitted, err := input.Padding{}.Fit(models.Info{Side: 128})
	require.NoError(t, err)
	require.Equal(t, 64, fitted.Side)
	for _, n := range []int{-1, 128, 200} {
		_, err := input.Padding{Image: n}.Fit(models.Info{Side: 128})
		require.ErrorContains(t, err, "between 1 and 127")
	}
}

// The border starts grey, 0.5, and the image is unchanged in the middle, one pixel further down and right if the
// difference is odd.
func TestPaddingStartsGrey(t *testing.T) {
	const side, n = 8, 5
	images := make([]float32, n*n*3)
	for i := range images {
		images[i] = float32(i) / 100
	}
	store := model.NewStore()
	padded, err := model.CallOnce(backendtest.Any(t), store, func(root *model.Scope, x *Node) *Node {
		return act(root, input.Padding{Image: n}, models.Value{Each: x}, side)
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

// The initial border, normalised with ImageNet's mean and standard deviation (docs/methods.md 1.1).
func TestGreyNormalised(t *testing.T) {
	m := modeltest.Tiny()
	m.Normalisation.Mean, m.Normalisation.Std = [3]float32{.485, .456, .406}, [3]float32{.229, .224, .225}
	grey, err := ExecOnce(backendtest.Any(t), func(x *Node) *Node { return m.Normalisation.Apply(x) },
		[][][][]float32{{{{.5, .5, .5}}}})
	require.NoError(t, err)
	require.InDeltaSlice(t, []float32{.0655, .1964, .4178}, tensors.MustCopyFlatData[float32](grey), 5e-5)
}

// The gradient of θ is 0 on the image, and not 0 on the border.
func TestPaddingGradient(t *testing.T) {
	const side = 8
	d := differentiate(t, pureGo(t), input.Padding{Image: 5}, side, rand.New(rand.NewPCG(1, 2)))
	gradients, _ := d.at(t, 0, nil)
	for i, g := range gradients[input.PromptVariable] {
		y, x := i/3/side, i/3%side
		inside := y >= 2 && y < 7 && x >= 2 && x < 7
		require.Equal(t, inside, g == 0, "the gradient at %d,%d", y, x)
	}
}

func TestPaddingPicture(t *testing.T) {
	theta := make([]float32, 4*4*3)
	theta[0], theta[1], theta[2] = 0, 2, -2
	picture := input.Padding{Image: 2}.Picture(theta, 4)
	require.InDeltaSlice(t, []float64{.5, 1 / (1 + math.Exp(-2)), 1 / (1 + math.Exp(2))}, []float64{float64(picture[0]), float64(picture[1]), float64(picture[2])}, 1e-6)
	require.Zero(t, picture[(1*4+1)*3], "the image's place is empty")
}
