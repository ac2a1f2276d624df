package onnxnet

import (
	"errors"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
)

// onnx-gomlx 0.5.2 converts a Slice with a negative step, which reverses an axis, to an empty value. PyTorch's exporter
// reverses the sizes of a padding so. Integers that are known when the graph is built are therefore sliced here.

// backwards is a Slice of a value that depends on the pictures. Only one with positive steps can be converted.
func backwards(_ *Net, made *node, _ map[string]Tensor) layerOf {
	return func(b *builder) *value {
		if name := made.input(4); name != "" && slices.ContainsFunc(b.ints(name), negative) {
			panic(errors.New("a Slice with a negative step can't be converted"))
		}
		return nil
	}
}

func negative(step int) bool { return step < 0 }

// ints are the integers of a static value; nil if it has no int64.
func (b *builder) ints(name string) []int {
	b.fold([]string{name})
	if c := b.constant(name); c != nil {
		values, _ := c.ints()
		return values
	}
	return nil
}

// foldSlice computes a static Slice with a negative step. ok is false if no step is negative.
func (b *builder) foldSlice(made *node) (c *constant, ok bool) {
	if made.op != "Slice" || made.input(4) == "" || !slices.ContainsFunc(b.ints(made.input(4)), negative) {
		return nil, false
	}
	b.fold(made.inputs[:1])
	from := b.constant(made.inputs[0])
	values, isInts := from.ints()
	starts, ends, axes, steps := b.ints(made.input(1)), b.ints(made.input(2)), b.ints(made.input(3)), b.ints(made.input(4))
	if !isInts || len(starts) != len(axes) || len(ends) != len(axes) || len(steps) != len(axes) {
		panic(errors.New("a Slice with a negative step can't be converted"))
	}
	shape, _, err := shapeOf(from.message)
	if err != nil {
		panic(err)
	}
	for i, axis := range axes {
		if axis < 0 {
			axis += len(shape)
		}
		kept := sliced(shape[axis], starts[i], ends[i], steps[i])
		values = take(values, shape, axis, kept)
		shape[axis] = len(kept)
	}
	wide := make([]int64, len(values))
	for i, v := range values {
		wide[i] = int64(v)
	}
	return constantOf(tensors.FromFlatDataAndDimensions(wide, shape...)), true
}

// sliced are the indices that a Slice keeps of an axis of that size.
func sliced(size, start, end, step int) (kept []int) {
	if start < 0 {
		start += size
	}
	if end < 0 {
		end = max(end, -size-1) + size
	}
	if step > 0 {
		for i := max(start, 0); i < min(end, size); i += step {
			kept = append(kept, i)
		}
		return kept
	}
	for i := min(start, size-1); i > end && i >= 0; i += step {
		kept = append(kept, i)
	}
	return kept
}

// take keeps the given indices of one axis of values in row-major order.
func take(values, shape []int, axis int, kept []int) (taken []int) {
	before, after := 1, 1
	for i, d := range shape {
		switch {
		case i < axis:
			before *= d
		case i > axis:
			after *= d
		}
	}
	for b := range before {
		for _, k := range kept {
			from := (b*shape[axis] + k) * after
			taken = append(taken, values[from:from+after]...)
		}
	}
	return taken
}
