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

// values is a tensor of made-up values: step times integers from -6 to 6.
func values(step float32, dimensions ...int) *tensors.Tensor {
	x := tensors.FromShape(shapes.Make(dtypes.Float32, dimensions...))
	tensors.MustMutableFlatData(x, func(values []float32) {
		for i := range values {
			values[i] = step * float32(i*i%13-6)
		}
	})
	return x
}

// A matrix product of bf16, whose gradient takes the kernel through a barrier, equals that of fp32 if bf16 has all numbers
// exactly.
func TestProductOfBF16(t *testing.T) {
	const rows, in, out = 5, 7, 3
	exec := MustNewExec(backendtest.XLA(t), func(x, kernel, bias, weight *Node) (results []*Node) {
		for _, precision := range []dtypes.DType{dtypes.Float32, dtypes.BFloat16} {
			into := func(x *Node) *Node { return ConvertDType(x, precision) }
			y := ConvertDType(matrixProduct(into(x), into(kernel), into(bias)), dtypes.Float32)
			results = append(results, y, Gradient(ReduceAllSum(Mul(y, weight)), x)[0])
		}
		return results
	})
	got := exec.MustCall(values(1, rows, in), values(1, in, out), values(1, out), values(.5, rows, out))
	for i, what := range []string{"values", "gradient"} {
		require.NotZero(t, tensors.MustCopyFlatData[float32](got[i])[1])
		require.Equal(t, got[i].Value(), got[2+i].Value(), what)
	}
}

// A pointwise convolution and its gradient equal the matrix product and its gradient, for many rows and for one.
func TestProductOfPixels(t *testing.T) {
	const in, out = 7, 3
	exec := MustNewExec(backendtest.Any(t), func(x, kernel, bias *Node) (results []*Node) {
		for _, y := range []*Node{
			matrixProduct(x, kernel, bias),
			Reshape(pointwise(Reshape(x, 1, -1, 1, in), kernel, bias), -1, out),
		} {
			results = append(results, y, Gradient(ReduceAllSum(Mul(y, Sin(y))), x)[0])
		}
		return results
	})
	for _, rows := range []int{1, 5} {
		got := exec.MustCall(values(.3, rows, in), values(.2, in, out), values(.1, out))
		for i, what := range []string{"values", "gradient"} {
			want, pixels := tensors.MustCopyFlatData[float32](got[i]), tensors.MustCopyFlatData[float32](got[2+i])
			require.NotZero(t, want[1])
			require.InDeltaSlice(t, want, pixels, 1e-5, "%s of %d rows", what, rows)
		}
	}
}
