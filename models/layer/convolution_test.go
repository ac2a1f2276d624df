package layer

import (
	"fmt"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"
)

// A convolution and its gradient agree with sums written out: with stride 1 and larger ones, where the stride divides the
// side and where not, with kernels smaller than the stride, and where no window holds the last rows of x.
func TestConvolution(t *testing.T) {
	const batch, out = 2, 4
	for _, in := range []int{3, 5} { // with stride 2: all phases by one convolution, and one by one
		for _, c := range []struct{ side, kernel, stride, before, after int }{
			{8, 3, 1, 1, 1}, {8, 1, 1, 0, 0}, {7, 5, 1, 2, 1}, {8, 3, 1, 0, 0}, {6, 2, 1, 3, 2},
			{8, 3, 2, 1, 1}, {8, 1, 2, 0, 0}, {16, 7, 2, 3, 3}, {9, 3, 2, 1, 1}, {9, 3, 2, 0, 0}, {8, 3, 2, 0, 0}, {8, 3, 2, 0, 1},
			{7, 1, 2, 0, 0}, {12, 5, 3, 2, 2}, {13, 2, 3, 1, 0}, {8, 4, 4, 0, 0}, {11, 1, 4, 0, 0}, {10, 1, 3, 1, 2}, {9, 2, 2, 3, 0},
		} {
			t.Run(fmt.Sprint(in, c), func(t *testing.T) {
				height, width := c.side, c.side+1
				places := func(size, before, after int) int { return (size+before+after-c.kernel)/c.stride + 1 }
				padding := [2][2]int{{c.before, c.after}, {c.after, c.before}}
				rows, columns := places(height, c.before, c.after), places(width, c.after, c.before)
				x, kernel := wavy(batch, height, width, in), wavy(c.kernel, c.kernel, in, out)
				xs, ks := tensors.MustCopyFlatData[float32](x), tensors.MustCopyFlatData[float32](kernel)
				want, wantGradient := make([]float32, batch*rows*columns*out), make([]float32, len(xs))
				each := func(visit func(x, y, k int)) {
					for i := range batch * rows * columns * c.kernel * c.kernel {
						down, right := i/c.kernel%c.kernel, i%c.kernel
						y := i / c.kernel / c.kernel
						row, column := y/columns%rows*c.stride+down-c.before, y%columns*c.stride+right-c.after
						if row < 0 || row >= height || column < 0 || column >= width {
							continue
						}
						pixel := (y/columns/rows*height+row)*width + column
						for j := range in * out {
							visit(pixel*in+j/out, y*out+j%out, ((down*c.kernel+right)*in+j/out)*out+j%out)
						}
					}
				}
				each(func(x, y, k int) { want[y] += xs[x] * ks[k] })
				each(func(x, y, k int) { wantGradient[x] += want[y] * ks[k] }) // of the sum of y²/2

				exec := MustNewExec(backendtest.Any(t), func(x, kernel *Node) (*Node, *Node) {
					y := convolution(x, Computed(kernel), c.stride, padding)
					return y, Gradient(DivScalar(ReduceAllSum(Square(y)), 2), x)[0]
				})
				y, gradient := exec.MustCall2(x, kernel)
				require.Equal(t, []int{batch, rows, columns, out}, y.Shape().Dimensions)
				require.InDeltaSlice(t, want, tensors.MustCopyFlatData[float32](y), 1e-4)
				require.InDeltaSlice(t, wantGradient, tensors.MustCopyFlatData[float32](gradient), 1e-3)
			})
		}
	}
}
