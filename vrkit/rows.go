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
// they are two: the numbers of the tokens, int32 [n,window], filled up with zeros, and how many tokens each text has,
// int32 [n].
type Rows []*tensors.Tensor

// NewRows returns n rows of zeros.
func (c *Compiled) NewRows(n int) Rows {
	if c.Model.Modality == taxonomy.Text {
		return Rows{tensors.FromShape(shapes.Make(dtypes.Int32, n, c.Model.Window)), tensors.FromShape(shapes.Make(dtypes.Int32, n))}
	}
	return Rows{tensors.FromShape(shapes.Make(dtypes.Uint8, n, c.image, c.image, 3))}
}

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

// Texts are the rows of texts. It is an error if one has no token, or more than the model reads.
func (c *Compiled) Texts(texts []string) (Rows, error) {
	if c.Model.Modality != taxonomy.Text {
		return nil, fmt.Errorf("%s reads no texts: it takes a %s", c.Model.Name, c.Model.Modality)
	}
	rows := c.NewRows(len(texts))
	for i, text := range texts {
		if err := c.SetText(rows, i, text); err != nil {
			rows.Finalize()
			return nil, fmt.Errorf("text %d: %w", i, err)
		}
	}
	return rows, nil
}

// SetText makes row i a text's. It is an error if the text has no token, or more than the model reads.
func (c *Compiled) SetText(rows Rows, i int, text string) error {
	numbers, err := c.Model.Encode(text)
	if err != nil {
		return err
	}
	if len(numbers) > c.Model.Window {
		return fmt.Errorf("it has %d tokens, and %s reads at most %d: shorten it", len(numbers), c.Model.Name, c.Model.Window)
	}
	tensors.MustMutableFlatData(rows[0], func(all []int32) {
		row := all[i*c.Model.Window : (i+1)*c.Model.Window]
		clear(row[copy(row, numbers):])
	})
	tensors.MustMutableFlatData(rows[1], func(all []int32) { all[i] = int32(len(numbers)) })
	return nil
}

// Value is what the graphs take the rows for: their nodes, in the same order.
func (p Program) Value(rows []*Node) models.Value {
	if p.Model.Modality == taxonomy.Picture {
		return models.Value{Each: rows[0]}
	}
	numbers := rows[0]
	place := Iota(numbers.Graph(), numbers.Shape(), 1)
	real := LessThan(place, BroadcastToDims(ExpandAxes(rows[1], 1), numbers.Shape().Dimensions...))
	return models.Value{Each: numbers, Real: ConvertDType(real, dtypes.Float32)}
}

// pictures returns pixels, RGB row-major, as a tensor [n,side,side,3].
func pictures(pixels []uint8, side int) (*tensors.Tensor, error) {
	size := side * side * 3
	if len(pixels) == 0 || len(pixels)%size != 0 {
		return nil, fmt.Errorf("%d values are not RGB pictures of side %d", len(pixels), side)
	}
	return tensors.FromFlatDataAndDimensions(slices.Clone(pixels), len(pixels)/size, side, side, 3), nil
}
