// Package vrkit reprograms frozen neural networks: it changes what goes in and how the answer is read,
// and never the weights.
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
	// Precision is what the frozen model computes in: FP32, which "" stands for, or BF16. What is learned,
	// the logits and all that follows them stay as they are.
	Precision string
}

// The precisions of the frozen model's computations.
const (
	FP32 = "fp32"
	BF16 = "bf16" // 8 bits of mantissa: up to twice as fast where the processor knows it
)

// Precisions lists them.
var Precisions = []string{FP32, BF16}

// SideOrDefault is the side of the model's input in pixels.
func (p Program) SideOrDefault() int {
	if p.Side == 0 {
		return p.Model.Side
	}
	return p.Side
}

// Check returns an error that says what does not fit together.
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
		return fmt.Errorf("%s works at the %s, but %s can only be entered at its input", p.Input.Name(), at, p.Model.Name)
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
	inputScope  = "input"  // the prompt and all else that the manipulation learns
	outputScope = "output" // ω, or what it is learned from
)

// Manipulate builds I(x): pixels are images [B,n,n,3], uint8 or floats in [0,1], with n the
// manipulation's image side; the result is [B,side,side,3], normalised as the model wants it.
func (p Program) Manipulate(root *model.Scope, pixels input.Batch) *Node {
	x := p.floats(pixels)
	scope := root.At(inputScope)
	if p.Input.Space() == input.Normalised {
		x.Images = p.Model.Normalisation.Apply(x.Images)
		return p.Input.Apply(scope, x, p.SideOrDefault())
	}
	return p.Model.Normalisation.Apply(p.Input.Apply(scope, x, p.SideOrDefault()))
}

// SourceLogits builds z = f(I(x)), [B,S], from pixels as Manipulate takes them. In training the model
// gets a shared prompt beside the images, if the manipulation has one, because that is faster to learn.
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

// answer builds f, in the program's precision, of what goes in; the logits come in the type of that.
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

// unlessFinite is NaN for each sample of x that has a value that is not finite, else 0: [B,1]. Added to the logits it
// makes them as unusable as what they come from, which an activation may hide: oneDNN's ReLU of a NaN is 0.
func unlessFinite(x *Node) *Node {
	return MulScalar(ExpandAxes(ReduceSum(StopGradient(x), 1, 2, 3), 1), 0)
}

// floats is a batch of pixels as floats in [0,1].
func (p Program) floats(pixels input.Batch) input.Batch {
	if pixels.Images.DType() == dtypes.Uint8 {
		pixels.Images = DivScalar(ConvertDType(pixels.Images, dtypes.Float32), 255)
	}
	return pixels
}
