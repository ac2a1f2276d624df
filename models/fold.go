package models

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// batchNorm is a BatchNorm in eval mode, channel by channel: (x − mean) / √(variance + epsilon) · gamma + beta.
type batchNorm struct {
	gamma, beta, mean, variance []float32
	epsilon                     float64
}

// fold folds the BatchNorm into the convolution before it, which has a kernel [out, ...] and no bias. It scales the
// kernel of each output channel in place, and returns the bias, [out]. With scale = gamma / √(variance + epsilon):
//
//	(kernel∗x − mean) · scale + beta = (kernel·scale)∗x + (beta − mean·scale)
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

// hwio transposes a kernel from PyTorch's order, OIHW [out,in,kh,kw], to HWIO [kh,kw,in,out].
func hwio(kernel []float32, out, in int) []float32 {
	transposed := make([]float32, len(kernel))
	taps := len(kernel) / (out * in)
	for o := range out {
		for i := range in {
			for tap := range taps {
				transposed[(tap*in+i)*out+o] = kernel[(o*in+i)*taps+tap]
			}
		}
	}
	return transposed
}

// transpose returns the transposed matrix of a matrix with that many rows, row-major.
func transpose(matrix []float32, rows int) []float32 {
	columns := len(matrix) / rows
	transposed := make([]float32, len(matrix))
	for r := range rows {
		for c := range columns {
			transposed[c*rows+r] = matrix[r*columns+c]
		}
	}
	return transposed
}

// sources is S, the number of source labels, of every architecture here: the classes of ImageNet-1k.
const sources = 1000

// checkShapes returns an error that says how the tensors of a weight file differ from those of the architecture, by
// name and shape; nil if they do not. A wanted shape of nil allows any shape, and a missing tensor.
func checkShapes(path, title string, want, got map[string][]int) error {
	var missing, other, further []string
	classes := 0 // of the network in the file, if its last layer has another number of them than ImageNet
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
	says := fmt.Sprintf("%s: its tensors are not those of %s: %s", path, title, strings.Join(differences, "; "))
	switch {
	case missing == nil && further == nil && classes > 0:
		return fmt.Errorf("%s; it was trained for %d classes, and a frozen model has ImageNet's %d: give a file of the network before its last layer was replaced", says, classes, sources)
	case missing == nil && other == nil:
		return &misfitError{says, "save a file without them"}
	}
	return &misfitError{says, "give a weight file of " + title}
}

// misfitError says that a weight file has other tensors than an architecture, and what to do if they are of no other one.
type misfitError struct{ says, remedy string }

func (e *misfitError) Error() string { return e.says + ": " + e.remedy }
