// Package models holds the frozen networks: what each must be fed, how it normalises, what its
// source labels are called, where its weights come from, and its graph. One architecture a file.
//
// Images are NHWC. A model's graph takes normalised images; Normalisation says what that means for
// it, so that a program can put the step before or after its input manipulation. BatchNorm is folded
// into the convolutions when weights load, and no gradient is ever built for a weight.
package models

import (
	"fmt"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models/layer"

	. "github.com/gomlx/gomlx/core/graph"
)

// Normalisation maps pixels in [0,1], RGB, to what a model was trained on: (x − Mean) / Std.
type Normalisation struct {
	Mean [3]float32 `json:"mean"`
	Std  [3]float32 `json:"std"`
}

// Apply normalises x, [B,H,W,3], RGB pixels in [0,1].
func (n Normalisation) Apply(x *Node) *Node {
	return Div(Sub(x, perChannel(n.Mean, x)), perChannel(n.Std, x))
}

// Undo is the inverse of Apply.
func (n Normalisation) Undo(x *Node) *Node {
	return Add(Mul(x, perChannel(n.Std, x)), perChannel(n.Mean, x))
}

// Scale is what Apply does to a difference of two pictures: x / Std.
func (n Normalisation) Scale(x *Node) *Node { return Div(x, perChannel(n.Std, x)) }

// perChannel shapes a channel's values to go with x, [B,H,W,3].
func perChannel(values [3]float32, x *Node) *Node {
	return ExpandAxes(ConvertDType(Const(x.Graph(), values[:]), x.DType()), 0, 1, 2)
}

// Forward builds an architecture's graph: x is [batch, side, side, 3], normalised, perhaps as a sum; the result is
// the source logits, [batch, S]. The values of weights are asked for by name.
type Forward func(weight layer.Weight, x layer.Sum) *Node

// Info is what can be known of a model before its weights are loaded.
type Info struct {
	Name          string        // what the command line calls it
	Title         string        // what people call it
	Sides         SideRule      // which image sides it takes
	Side          int           // the default side, in pixels
	Normalisation Normalisation // of its input
	Top1          float64       // published ImageNet top-1 accuracy, in percent
	Prepared      Preparation   // of the pictures that it was measured on; zero where nobody says
	Tokens        Tokens        // what runs through a transformer; zero for other models
	License       string
	Citation      string
}

// Preparation is how a picture becomes a model's input: the shorter side is resized to Resize pixels, bilinear and
// antialiased, and the middle square of Crop pixels is cut out.
type Preparation struct{ Resize, Crop int }

// At is the preparation for another side of the model's input, in proportion. It must not be zero.
func (p Preparation) At(side int) Preparation {
	return Preparation{Resize: (p.Resize*side + p.Crop/2) / p.Crop, Crop: side}
}

// SideRule says which image sides a model takes: at least Min, at most Max unless that is 0, and a
// multiple of Multiple.
type SideRule struct{ Min, Max, Multiple int }

// String says which sides there are: "multiples of 32, from 32", or "224 alone".
func (r SideRule) String() string {
	switch r.Max {
	case 0:
		return fmt.Sprintf("multiples of %d, from %d", r.Multiple, r.Min)
	case r.Min:
		return fmt.Sprintf("%d alone", r.Min)
	}
	return fmt.Sprintf("multiples of %d, from %d to %d", r.Multiple, r.Min, r.Max)
}

// Check returns an error that names the sides that would do.
func (r SideRule) Check(name string, side int) error {
	if side >= r.Min && (r.Max == 0 || side <= r.Max) && side%r.Multiple == 0 {
		return nil
	}
	if r.Min == r.Max {
		return fmt.Errorf("%s takes images of side %d alone, which it was trained at, not %d", name, r.Min, side)
	}
	return fmt.Errorf("%s takes sides of at least %d that are multiples of %d, not %d", name, r.Min, r.Multiple, side)
}

// Model is a frozen network: its facts, its source labels, its weights and its graph.
type Model struct {
	Info
	Labels  []string // names of the S source labels, in the order of the logits
	Weights *Frozen
	Forward Forward
	Entered Entered // nil for a model that can be entered at its input only
}

// Sources is S, the number of source labels.
func (m *Model) Sources() int { return len(m.Labels) }

// Logits builds the frozen model on x, [batch, side, side, 3] normalised, and returns [batch, S].
//
// Weights become variables that no trainer touches, below "frozen" in scope; the graphs of one store
// share them. It panics with a clear message if x does not fit, as graph code does.
func (m *Model) Logits(scope *model.Scope, x *Node) *Node {
	return m.LogitsOfSum(scope, layer.Sum{Each: x})
}

// LogitsOfSum is Logits of an input in two parts, one of them shared by all samples, where that is
// cheaper to learn: the same values but for rounding.
func (m *Model) LogitsOfSum(scope *model.Scope, input layer.Sum) *Node {
	return m.logits(scope, input, m.Forward)
}

// logits builds the model's graph, by forward.
func (m *Model) logits(scope *model.Scope, input layer.Sum, forward Forward) *Node {
	x := input.Each
	x.AssertRank(4)
	if h, w := x.Shape().Dim(1), x.Shape().Dim(2); h == w {
		if err := m.Sides.Check(m.Name, h); err != nil {
			panic(err)
		}
	}
	defer m.Weights.letGo()
	logits := forward(m.weights(scope, x), input)
	logits.AssertDims(x.Shape().Dim(0), m.Sources())
	return logits
}
