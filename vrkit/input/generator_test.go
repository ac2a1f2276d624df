package input

import (
	"fmt"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	_ "github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	"github.com/vrkit-go/reprogram/models"

	. "github.com/gomlx/gomlx/core/graph"
)

func pureGo(t *testing.T) compute.Backend {
	backend, err := compute.NewWithConfig("go")
	require.NoError(t, err)
	return backend
}

// The sizes of the mask generator's output in docs/methods.md 1.3. Nothing is computed: a graph knows its shapes.
func TestGeneratorSizes(t *testing.T) {
	backend := pureGo(t)
	for _, c := range []struct {
		side, layers int
		want         []int // for patch sizes 1, 2, 4, …
	}{{224, 5, []int{224, 112, 56, 28, 14}}, {384, 6, []int{384, 192, 96, 48, 24, 12}}} {
		for l, want := range c.want {
			for _, channels := range []int{1, 3} {
				s := SMM{Patch: 1 << l, Layers: c.layers, Channels: channels}
				images := Parameter(NewGraph(backend, fmt.Sprint(c.side, s)), "images", shapes.Make(dtypes.Float32, 2, c.side, c.side, 3))
				mask := s.filled().generator().apply(model.NewStore().RootScope(), models.Value{Each: images}, false)
				require.Equal(t, []int{2, want, want, channels}, mask.Shape().Dimensions)
			}
		}
	}
}

// U_p repeats a value over its patch, and its gradient is the sum over the patch.
func TestUpsample(t *testing.T) {
	const size, height, width, channels, p = 2, 3, 2, 3, 4
	values, weights := make([]float32, size*height*width*channels), make([]float32, size*height*p*width*p*channels)
	for i := range values {
		values[i] = float32(i*i%23) - 11
	}
	for i := range weights {
		weights[i] = float32(i * i % 17)
	}
	y, gradient := MustNewExec(pureGo(t), func(x, weights *Node) (*Node, *Node) {
		y := upsample(x, p)
		return y, Gradient(ReduceAllSum(Mul(y, weights)), x)[0]
	}).MustCall2(tensors.FromFlatDataAndDimensions(values, size, height, width, channels),
		tensors.FromFlatDataAndDimensions(weights, size, height*p, width*p, channels))
	require.Equal(t, []int{size, height * p, width * p, channels}, y.Shape().Dimensions)
	got, want := tensors.MustCopyFlatData[float32](y), make([]float32, len(values))
	for i := range weights {
		b, row, column, c := i/channels/(width*p)/(height*p), i/channels/(width*p)%(height*p), i/channels%(width*p), i%channels
		from := ((b*height+row/p)*width+column/p)*channels + c
		require.Equal(t, values[from], got[i], "at %d,%d,%d,%d", b, row, column, c)
		want[from] += weights[i]
	}
	require.Equal(t, want, tensors.MustCopyFlatData[float32](gradient))
}
