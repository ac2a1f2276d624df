package vrkit

import (
	"fmt"
	"slices"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Rows are n samples as a program's graphs take them. Of pictures they are one tensor, uint8 [n,image,image,3]. Of texts
// they are two: the numbers of the tokens, int32 [n,T], filled up with zeros, and how many tokens each text has, int32
// [n]. T is the same for all texts of the rows.
type Rows []*tensors.Tensor

// NewRows returns n rows of zeros; of texts, with the smallest T.
func (c *Compiled) NewRows(n int) Rows {
	if c.Model.Modality == taxonomy.Text {
		return Rows{tensors.FromShape(shapes.Make(dtypes.Int32, n, c.length(1))), tensors.FromShape(shapes.Make(dtypes.Int32, n))}
	}
	return Rows{tensors.FromShape(shapes.Make(dtypes.Uint8, n, c.image, c.image, 3))}
}

// lengthStep divides every T, because a graph compiles once for each T.
const lengthStep = 16

// length is T for texts of at most that many tokens.
func (c *Compiled) length(tokens int) int { return min(multiple(tokens, lengthStep), c.Model.Window) }

// multiple is the smallest multiple of step that is not below n.
func multiple(n, step int) int { return (n + step - 1) / step * step }

// Len is n.
func (r Rows) Len() int { return r[0].Shape().Dim(0) }

// Finalize releases the memory of the rows.
func (r Rows) Finalize() {
	for _, t := range r {
		t.FinalizeAll()
	}
}

// Pictures are the rows of pixels, RGB [n,image,image,3] row-major.
func (c *Compiled) Pictures(pixels []uint8) (Rows, error) {
	if c.Model.Modality != taxonomy.Picture {
		return nil, fmt.Errorf("%s reads no pictures: it takes a %s", c.Model.Name, c.Model.Modality)
	}
	images, err := pictures(pixels, c.image)
	return Rows{images}, err
}

// Texts are the rows of texts, as the program's manipulation composes them. It is an error if one has no token, or more
// than the model reads.
func (c *Compiled) Texts(texts []string) (Rows, error) {
	if c.Model.Modality != taxonomy.Text {
		return nil, fmt.Errorf("%s reads no texts: it takes a %s", c.Model.Name, c.Model.Modality)
	}
	all, counts, longest := make([][]int32, len(texts)), make([]int32, len(texts)), 0
	for i, text := range texts {
		var err error
		if all[i], err = c.tokens(text); err == nil {
			all[i], err = c.behindContext(all[i])
		}
		if err != nil {
			return nil, fmt.Errorf("the text %.40q: %w", text, err)
		}
		counts[i], longest = int32(len(all[i])), max(longest, len(all[i]))
	}
	size := c.length(longest)
	flat := make([]int32, len(texts)*size)
	for i, tokens := range all {
		copy(flat[i*size:], tokens)
	}
	return Rows{tensors.FromFlatDataAndDimensions(flat, len(texts), size), tensors.FromFlatDataAndDimensions(counts, len(texts))}, nil
}

// tokens are the numbers of the tokens that the model reads of a text.
func (c *Compiled) tokens(text string) ([]int32, error) {
	if c.compose != nil {
		text = c.compose(text)
	}
	tokens, err := c.Model.Encode(text)
	if err == nil && len(tokens) > c.Model.Window {
		err = fmt.Errorf("it has %d tokens, and %s reads at most %d: shorten it", len(tokens), c.Model.Name, c.Model.Window)
	}
	return tokens, err
}

// Value is what the graphs take the rows for: their nodes, in the same order.
func (p Program) Value(rows []*Node) models.Value {
	if p.Model.Modality == taxonomy.Picture {
		return models.Value{Each: rows[0]}
	}
	numbers := rows[0]
	place := Iota(numbers.Graph(), numbers.Shape(), 1)
	real := LessThan(place, BroadcastToDims(ExpandAxes(rows[1], 1), numbers.Shape().Dimensions...))
	return models.Value{Each: numbers, Real: ConvertDType(real, p.computing())}
}

// pictures returns pixels, RGB row-major, as a tensor [n,side,side,3].
func pictures(pixels []uint8, side int) (*tensors.Tensor, error) {
	size := side * side * 3
	if len(pixels) == 0 || len(pixels)%size != 0 {
		return nil, fmt.Errorf("%d values are not RGB pictures of side %d", len(pixels), side)
	}
	return tensors.FromFlatDataAndDimensions(slices.Clone(pixels), len(pixels)/size, side, side, 3), nil
}
