package models

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The weights of bicubic interpolation sum to one, reach two values to either side, and, for as many values as there are,
// are nearly those of no interpolation.
func TestBicubic(t *testing.T) {
	for _, to := range []int{1, 7, 16, 37, 40} {
		matrix := bicubic(37, to)
		require.Len(t, matrix, to)
		for i, row := range matrix {
			sum, reached := 0., 0
			for k, weight := range row {
				sum += weight
				if weight != 0 {
					reached++
				}
				if to == 37 && i == k {
					require.InDelta(t, 1, weight, .1)
				}
			}
			require.InDelta(t, 1, sum, 1e-12)
			require.LessOrEqual(t, reached, 4)
		}
	}
}

// A LayerScale multiplies the outputs of the linear layer before it.
func TestScaleOutputs(t *testing.T) {
	kernel, bias := []float32{1, 2, 3, 4, 5, 6}, []float32{7, 8, 9} // [2,3]
	scaleOutputs(kernel, bias, []float32{2, 0, -1})
	require.Equal(t, []float32{2, 0, -3, 8, 0, -6}, kernel)
	require.Equal(t, []float32{14, 0, -9}, bias)
}

// Every ViT's file is known by the names and shapes of its tensors, or has those of another network that reads the same.
func TestViTsDiffer(t *testing.T) {
	vits := []architecture{vitB16Torchvision, vitB32Torchvision, vitB32at384, vitB16Timm, vitB32Timm, deitTiny, deitSmall, dinov2S14}
	for i, a := range vits {
		file := map[string][]int{}
		for name, shape := range a.dict.shapes {
			file[name] = shape
			if shape == nil {
				file[name] = []int{1, a.width}
			}
		}
		for j, o := range vits {
			fits, _ := o.dict.find([]dict{{shapes: file}})
			require.Equal(t, i == j, len(fits) == 1, "the file of %s read as %s", a.Name, o.Name)
		}
		require.Equal(t, 12, a.Tokens.Layers)
		require.NoError(t, a.Sides.Check(a.Name, a.Side))
	}
	require.EqualError(t, dinov2S14.Sides.Check("dinov2-s14", 532), "dinov2-s14 takes sides from 14 to 518 that are multiples of 14, not 532")
}
