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
	"math"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/registry"
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
	if p.Model.Modality == taxonomy.Picture {
		if err := p.Model.Sides.Check(p.Model.Name, p.SideOrDefault()); err != nil {
			return err
		}
	} else if p.Side != 0 {
		return registry.Wrong("side", "%s reads a %s, which has no side: leave it out", p.Model.Name, p.Model.Modality)
	}
	if p.Precision != "" && !slices.Contains(Precisions, p.Precision) {
		return fmt.Errorf("no precision is called %q; known: %s", p.Precision, strings.Join(Precisions, ", "))
	}
	if checked, ok := p.Output.(registry.Checked); ok {
		if err := checked.Check(); err != nil {
			return err
		}
	}
	_, err := p.fit()
	return err
}

// Info describes the model, with the program's side.
func (p Program) Info() models.Info {
	info := p.Model.Info
	info.Side = p.SideOrDefault()
	return info
}

// Learns tells whether the program has values that training changes by their gradient. One that has none, such as a
// written prompt read by given words, is complete when its ω is estimated.
func (p Program) Learns() bool {
	_, learned := p.Output.(output.Learned)
	return learned || p.Input == nil || p.Input.Coordinates().Format == taxonomy.Learnable
}

// ActsAt tells whether the input manipulation changes the value at a site of the model.
func (p Program) ActsAt(site models.Site) bool {
	fitted, err := p.fit()
	return err == nil && fitted.Hooks[site] != nil
}

// actsInside tells whether the input manipulation changes a value after the model's input.
func (p Program) actsInside() bool {
	fitted, err := p.fit()
	if err == nil {
		for site := range fitted.Hooks {
			if site.Location != taxonomy.Input {
				return true
			}
		}
	}
	return false
}

// fit returns the input manipulation for the program's model. It is an error if the model does not have its sites.
func (p Program) fit() (input.Fitted, error) {
	info := p.Info()
	fitted, err := p.Input.Fit(info)
	sites := info.Sites()
	for site := range fitted.Hooks {
		switch {
		case slices.Contains(sites, site):
		case p.Model.Modality != taxonomy.Picture && site.Location == taxonomy.Input:
			return fitted, fmt.Errorf("%s changes a picture, and %s reads a %s: take another input, or a model of pictures", p.Input.Name(), p.Model.Name, p.Model.Modality)
		default:
			return fitted, fmt.Errorf("%s changes the %s, but %s can only be changed at its input: take a transformer, such as vit-b32", p.Input.Name(), site.Location, p.Model.Name)
		}
	}
	return fitted, err
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

// Manipulate builds the input of the network. images are [B,n,n,3], uint8 or floats in [0,1], with n the side of the
// fitted manipulation; the result is [B,side,side,3], normalised for the model.
func (p Program) Manipulate(root *model.Scope, images models.Value) *Node {
	return p.Model.Input(root, floats(images), p.hook(root)).Total()
}

// hook is the manipulation's hook, with its variables. It panics if the manipulation does not fit the model.
func (p Program) hook(root *model.Scope) models.Hook {
	fitted, err := p.fit()
	if err != nil {
		panic(err)
	}
	return fitted.Hooks.In(root.At(inputScope))
}

// SourceLogits builds z = f(I(x)), [B,S], from images as in Manipulate, or from the numbers of tokens. f computes in the
// program's precision; z has the type of the images, and is float32 for texts.
func (p Program) SourceLogits(root *model.Scope, in models.Value) *Node {
	return p.answer(root, in, p.hook(root))
}

// answer is SourceLogits with a hook of the caller's.
func (p Program) answer(root *model.Scope, in models.Value, hook models.Hook) *Node {
	in = floats(in)
	dtype, first := in.Each.DType(), models.Normalised
	if p.Model.Modality != taxonomy.Picture {
		dtype, first = dtypes.Float32, models.TokensInto(0)
	}
	var spoilt *Node
	z := p.Model.Reprogrammed(root, in, func(at models.Site, v models.Value) models.Value {
		v = hook(at, v)
		if at == first {
			spoilt = unlessFinite(v.Total())
			if p.Precision == BF16 {
				v.Each = ConvertDType(v.Each, dtypes.BFloat16)
				if v.Shared != nil {
					v.Shared = ConvertDType(v.Shared, dtypes.BFloat16)
				}
			}
		}
		return v
	})
	z, spoilt = ConvertDType(z, dtype), ConvertDType(spoilt, dtype)
	if p.Model.Modality == taxonomy.Picture {
		return Add(z, spoilt)
	}
	// XLA would let oneDNN add a column to a product with a vocabulary, which takes it seconds.
	return Where(Equal(BroadcastToDims(spoilt, z.Shape().Dimensions...), ZerosLike(z)), z, AddScalar(ZerosLike(z), math.NaN()))
}

// unlessFinite is NaN for each sample of x with a value that is not finite, else 0: [B,1]. It is added to the logits,
// because an activation may hide such a value: oneDNN's ReLU of a NaN is 0.
func unlessFinite(x *Node) *Node {
	axes := make([]int, x.Rank()-1)
	for i := range axes {
		axes[i] = i + 1
	}
	return MulScalar(ExpandAxes(ReduceSum(StopGradient(x), axes...), 1), 0)
}

// floats is images as floats in [0,1].
func floats(images models.Value) models.Value {
	if images.Each.DType() == dtypes.Uint8 {
		images.Each = DivScalar(ConvertDType(images.Each, dtypes.Float32), 255)
	}
	return images
}
