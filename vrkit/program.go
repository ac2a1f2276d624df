// Package vrkit reprograms frozen neural networks: it changes the input and how the answer is read, and never the
// weights.
//
// A Program is an input manipulation, a frozen model and an output alignment,
//
//	ŷ = O_ω ∘ f ∘ I(x)
//
// Compile puts it on a backend; package train learns its prompt and estimates its ω.
package vrkit

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Program is one way to reprogram one frozen model.
type Program struct {
	Input  input.Manipulation
	Model  *models.Model
	Output output.Alignment
	Side   int // the side of the model's input in pixels; 0 takes the model's default
	// Precision is that of the frozen model's computations: FP32, which "" stands for, or BF16. The learned variables,
	// the logits and all that is computed from them stay in fp32.
	Precision string
}

// The precisions of the frozen model's computations.
const (
	FP32 = "fp32"
	BF16 = "bf16" // 8 bits of mantissa: up to twice as fast on a processor with bf16 instructions
)

// Precisions lists the precisions.
var Precisions = []string{FP32, BF16}

// SideOrDefault is the side of the model's input in pixels.
func (p Program) SideOrDefault() int {
	if p.Side == 0 {
		return p.Model.Side
	}
	return p.Side
}

// Check returns an error if the parts do not fit together.
func (p Program) Check() error {
	if p.Input == nil || p.Model == nil || p.Output == nil {
		return errors.New("a program needs an input manipulation, a model and an output alignment")
	}
	if err := p.Model.Sides.Check(p.Model.Name, p.SideOrDefault()); err != nil {
		return err
	}
	if p.Precision != "" && !slices.Contains(Precisions, p.Precision) {
		return fmt.Errorf("no precision is called %q; known: %s", p.Precision, strings.Join(Precisions, ", "))
	}
	if at := p.Input.Coordinates().Location; at != taxonomy.Input {
		return fmt.Errorf("%s changes the %s, but %s can only be changed at its input", p.Input.Name(), at, p.Model.Name)
	}
	_, err := p.Input.ImageSide(p.SideOrDefault())
	return err
}

// Coordinates are the program's place in the taxonomy.
func (p Program) Coordinates() taxonomy.Coordinates {
	c := p.Input.Coordinates()
	c.Alignment = p.Output.Alignment()
	return c
}

// The scopes of a program's variables, below the root of its store.
const (
	inputScope  = "input"  // the prompt and the manipulation's other variables
	outputScope = "output" // ω, or the variables of a learned ω
)

// Manipulate builds I(x). pixels are images [B,n,n,3], uint8 or floats in [0,1], with n the manipulation's image side;
// the result is [B,side,side,3], normalised for the model.
func (p Program) Manipulate(root *model.Scope, pixels input.Batch) *Node {
	x := p.floats(pixels)
	scope := root.At(inputScope)
	if p.Input.Space() == input.Normalised {
		x.Images = p.Model.Normalisation.Apply(x.Images)
		return p.Input.Apply(scope, x, p.SideOrDefault())
	}
	return p.Model.Normalisation.Apply(p.Input.Apply(scope, x, p.SideOrDefault()))
}

// SourceLogits builds z = f(I(x)), [B,S], from pixels as in Manipulate. In training it gives a shared prompt to the
// model separately from the images, because its gradient is faster then.
func (p Program) SourceLogits(root *model.Scope, pixels input.Batch) *Node {
	shared, ok := p.Input.(input.Shared)
	if !ok || !root.IsTraining(pixels.Images.Graph()) {
		return p.answer(root, layer.Sum{Each: p.Manipulate(root, pixels)})
	}
	x, n := p.floats(pixels), p.Model.Normalisation
	if p.Input.Space() == input.Normalised {
		x.Images = n.Apply(x.Images)
		each, all := shared.Split(root.At(inputScope), x, p.SideOrDefault())
		return p.answer(root, layer.Sum{Each: each, Shared: all})
	}
	each, all := shared.Split(root.At(inputScope), x, p.SideOrDefault())
	return p.answer(root, layer.Sum{Each: n.Apply(each), Shared: n.Scale(all)})
}

// answer builds f in the program's precision; the logits have the type of its input.
func (p Program) answer(root *model.Scope, in layer.Sum) *Node {
	dtype, spoilt := in.Each.DType(), unlessFinite(in.Total())
	if p.Precision == BF16 {
		in.Each = ConvertDType(in.Each, dtypes.BFloat16)
		if in.Shared != nil {
			in.Shared = ConvertDType(in.Shared, dtypes.BFloat16)
		}
	}
	return Add(ConvertDType(p.Model.LogitsOfSum(root, in), dtype), spoilt)
}

// unlessFinite is NaN for each sample of x with a value that is not finite, else 0: [B,1]. It is added to the logits,
// because an activation may hide such a value: oneDNN's ReLU of a NaN is 0.
func unlessFinite(x *Node) *Node {
	return MulScalar(ExpandAxes(ReduceSum(StopGradient(x), 1, 2, 3), 1), 0)
}

// floats returns a batch with its pixels as floats in [0,1].
func (p Program) floats(pixels input.Batch) input.Batch {
	if pixels.Images.DType() == dtypes.Uint8 {
		pixels.Images = DivScalar(ConvertDType(pixels.Images, dtypes.Float32), 255)
	}
	return pixels
}
