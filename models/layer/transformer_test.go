package layer

import (
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"
)

// A product of pixels is a product, and its gradient the product's: of many rows, and of one.
func TestProductOfPixels(t *testing.T) {
	const in, out = 7, 3
	values := func(step float32, dimensions ...int) *tensors.Tensor {
		x := tensors.FromShape(shapes.Make(dtypes.Float32, dimensions...))
		tensors.MustMutableFlatData(x, func(values []float32) {
			for i := range values {
				values[i] = step * float32(i*i%13-6)
			}
		})
		return x
	}
	exec := MustNewExec(backendtest.Any(t), func(x, kernel, bias *Node) (results []*Node) {
		for _, y := range []*Node{
			product(x, kernel, bias),
			Reshape(productOfPixels(Reshape(x, 1, -1, 1, in), kernel, bias), -1, out),
		} {
			results = append(results, y, Gradient(ReduceAllSum(Mul(y, Sin(y))), x)[0])
		}
		return results
	})
	for _, rows := range []int{1, 5} {
		got := exec.MustExec(values(.3, rows, in), values(.2, in, out), values(.1, out))
		for i, what := range []string{"values", "gradient"} {
			want, pixels := tensors.MustCopyFlatData[float32](got[i]), tensors.MustCopyFlatData[float32](got[2+i])
			require.NotZero(t, want[1])
			require.InDeltaSlice(t, want, pixels, 1e-5, "%s of %d rows", what, rows)
		}
	}
}
