package models

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// batchNorm is a frozen BatchNorm over output channels: (x − mean) / √(variance + epsilon) · gamma + beta.
type batchNorm struct {
	gamma, beta, mean, variance []float32
	epsilon                     float64
}

// fold scales the kernel, [out, ...], of a convolution without a bias that is followed by the norm, and
// returns the bias with which it is the two in one.
func (n batchNorm) fold(kernel []float32) (bias []float32) {
	bias = make([]float32, len(n.gamma))
	each := len(kernel) / len(n.gamma)
	for out := range n.gamma {
		scale := float64(n.gamma[out]) / math.Sqrt(float64(n.variance[out])+n.epsilon)
		bias[out] = float32(float64(n.beta[out]) - float64(n.mean[out])*scale)
		for i := out * each; i < (out+1)*each; i++ {
			kernel[i] = float32(float64(kernel[i]) * scale)
		}
	}
	return bias
}

// hwio turns a kernel [out, in, kh, kw], PyTorch's order, into [kh, kw, in, out].
func hwio(kernel []float32, out, in int) []float32 {
	turned := make([]float32, len(kernel))
	taps := len(kernel) / (out * in)
	for o := range out {
		for i := range in {
			for tap := range taps {
				turned[(tap*in+i)*out+o] = kernel[(o*in+i)*taps+tap]
			}
		}
	}
	return turned
}

// transposed turns a matrix of so many rows.
func transposed(matrix []float32, rows int) []float32 {
	columns := len(matrix) / rows
	turned := make([]float32, len(matrix))
	for r := range rows {
		for c := range columns {
			turned[c*rows+r] = matrix[r*columns+c]
		}
	}
	return turned
}

// sources is S of every architecture here: ImageNet's classes.
const sources = 1000

// checkShapes compares a weight file's tensors with those of the architecture, and says how they
// differ. A wanted shape of nil allows any, and the tensor's absence.
func checkShapes(path, title string, want, got map[string][]int) error {
	var missing, other, further []string
	classes := 0 // of the network in the file, where its last layer has not one for each of ImageNet's
	for _, name := range slices.Sorted(maps.Keys(want)) {
		shape, ok := got[name]
		switch {
		case want[name] == nil:
		case !ok:
			missing = append(missing, name)
		case !slices.Equal(shape, want[name]):
			other = append(other, fmt.Sprintf("%s %v where it has %v", name, shape, want[name]))
			if len(shape) == len(want[name]) && len(shape) > 0 && want[name][0] == sources && shape[0] != sources {
				classes = shape[0]
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[name]; !ok {
			further = append(further, name)
		}
	}
	var differences []string
	for _, d := range []struct {
		what  string
		names []string
	}{{"missing", missing}, {"of another shape", other}, {"not of this architecture", further}} {
		if n := len(d.names); n > 0 {
			some := strings.Join(d.names[:min(n, 3)], ", ")
			if n > 3 {
				some += ", ..."
			}
			differences = append(differences, fmt.Sprintf("%d %s (%.300s)", n, d.what, some))
		}
	}
	if differences == nil {
		return nil
	}
	err := fmt.Errorf("%s: its tensors are not those of %s: %s", path, title, strings.Join(differences, "; "))
	if missing == nil && further == nil && classes > 0 {
		return fmt.Errorf("%w; it was trained for %d classes, and a frozen model has ImageNet's %d", err, classes, sources)
	}
	return err
}
