// Package models holds the frozen networks, one architecture a file. Of each it knows the input that it takes, how that
// is normalised, the names of the source labels, where the weights come from, and the graph.
//
// Images are NHWC, [B,H,W,3], RGB. A model's graph takes normalised images. Normalisation is not part of the graph, so
// that a program can normalise before or after its input manipulation. BatchNorm is folded into the convolutions when
// weights are read (see fold.go): a BatchNorm in eval mode only scales and shifts each channel, so that the logits are the
// same. No gradient is ever built for a weight.
package models

import (
	"fmt"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Normalisation is (x − Mean) / Std, channel by channel: it maps RGB pixels in [0,1] to the values that a model was
// trained on.
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

// Scale is x / Std: Apply to the difference of two images, in which Mean cancels out.
func (n Normalisation) Scale(x *Node) *Node { return Div(x, perChannel(n.Std, x)) }

// perChannel is one value for each channel, [1,1,1,3], in the type of x.
func perChannel(values [3]float32, x *Node) *Node {
	return ExpandAxes(ConvertDType(Const(x.Graph(), values[:]), x.DType()), 0, 1, 2)
}

// Forward builds an architecture's graph: from the network's input to the source logits, [B,S]. The input is normalised
// images, [B,side,side,3], which may be the sum of images and a prompt, or the numbers of tokens, [B,T], with Real. It
// takes each weight by its name, and calls hook at each site after the input.
type Forward func(weight layer.Weight, in Value, hook Hook) *Node

// Info is what is known of a model before its weights are read.
type Info struct {
	Name          string            // on the command line: "resnet18"
	Title         string            // in texts: "ResNet-18"
	Modality      taxonomy.Modality // of what it reads
	Sides         SideRule          // which image sides it takes
	Side          int               // the default side, in pixels
	Normalisation Normalisation     // of its input
	Top1          float64           // published ImageNet top-1 accuracy, in percent
	Prepared      Preparation       // of the images that Top1 was measured on; zero if it is not published, or was bicubic
	Tokens        Tokens            // of a transformer; zero for other models
	Window        int               // of a model of texts: the largest number of tokens that it reads
	Features      int               // the number of features, if the model has no classifier and they are its source labels; else 0
	Checked       string            // how this project has checked the model against PyTorch, and with which weights
	License       string
	Citation      string
}

// The values of Info.Checked.
const (
	checkedWeights = "logits and input gradient against PyTorch's, with the published weights, in this project's tests"
	checkedMadeUp  = "logits and input gradient of the whole network against PyTorch's, with made-up weights. The published weights were not run: their server can't be reached where this project is tested"
)

// Preparation is how an image of any size becomes a model's input, as torchvision's Resize and CenterCrop do it: the
// shorter side is resized to Resize pixels, bilinear with antialiasing, and the middle square of Crop pixels is cut out.
type Preparation struct{ Resize, Crop int }

// At is the preparation for another side of the model's input, in pixels: Crop is side, and Resize grows in proportion.
// p must not be zero.
func (p Preparation) At(side int) Preparation {
	return Preparation{Resize: (p.Resize*side + p.Crop/2) / p.Crop, Crop: side}
}

// SideRule says which image sides, in pixels, a model takes: multiples of Multiple from Min to Max; 0 for Max means no
// limit.
type SideRule struct{ Min, Max, Multiple int }

// String is the rule in words: "multiples of 32, from 32", or "224 alone".
func (r SideRule) String() string {
	switch r.Max {
	case 0:
		return fmt.Sprintf("multiples of %d, from %d", r.Multiple, r.Min)
	case r.Min:
		return fmt.Sprintf("%d alone", r.Min)
	}
	return fmt.Sprintf("multiples of %d, from %d to %d", r.Multiple, r.Min, r.Max)
}

// Check returns an error if the model of that name does not take images of this side; it says which sides it takes.
func (r SideRule) Check(name string, side int) error {
	if side >= r.Min && (r.Max == 0 || side <= r.Max) && side%r.Multiple == 0 {
		return nil
	}
	if r.Min == r.Max {
		return fmt.Errorf("%s takes images of side %d alone, which it was trained at, not %d", name, r.Min, side)
	}
	if r.Max > 0 {
		return fmt.Errorf("%s takes sides from %d to %d that are multiples of %d, not %d", name, r.Min, r.Max, r.Multiple, side)
	}
	return fmt.Errorf("%s takes sides of at least %d that are multiples of %d, not %d", name, r.Min, r.Multiple, side)
}

// Model is a frozen network: its facts, its source labels, its weights and its graph.
type Model struct {
	Info
	Labels  []string // names of the S source labels, in the order of the logits
	Weights *Frozen
	Forward Forward

	// Of a model of texts: the numbers of a text's tokens, the text of tokens, and the number of the token that ends a
	// text.
	Encode func(text string) ([]int32, error)
	Decode func(tokens []int32) string
	End    int32
}

// Embedding are the rows of a language model's embedding for tokens, [n,width] row-major.
func (m *Model) Embedding(tokens []int32) ([]float32, error) {
	table, err := m.Weights.value(wordsWeight)
	if err != nil {
		return nil, err
	}
	var rows []float32
	for _, token := range tokens {
		rows = append(rows, table.Data[int(token)*m.Tokens.Width:int(token+1)*m.Tokens.Width]...)
	}
	return rows, nil
}

// Vocabulary is the number of a language model's tokens, which are its source labels unless it is read at its features.
func (m *Model) Vocabulary() (int, error) {
	table, err := m.Weights.value(wordsWeight)
	if err != nil {
		return 0, err
	}
	return table.Shape[0], nil
}

// wordsWeight is the name of the weight of a language model that embeds its tokens, [tokens,width].
const wordsWeight = "words"

// Sources is S, the number of source labels.
func (m *Model) Sources() int { return len(m.Labels) }

// Logits builds the frozen model's graph from x, normalised images [B,side,side,3], to the source logits, [B,S]. It is for
// models of pictures.
//
// The weights become variables that no trainer changes, below "frozen" in scope; all graphs of one store share them. It
// panics, as graph code does, with an error that names the cause: if x has a side that the model does not take, or if
// the weights can't be read.
func (m *Model) Logits(scope *model.Scope, x *Node) *Node {
	return m.logits(scope, Value{Each: x}, Nothing)
}

// Reprogrammed is f ∘ I: it builds the frozen model's graph from images, floats [B,n,n,3] in [0,1], or from the numbers of
// tokens, [B,T], to the source logits, [B,S], and calls hook at each of the model's sites, in the order of Sites. It
// panics as Logits does.
func (m *Model) Reprogrammed(scope *model.Scope, in Value, hook Hook) *Node {
	return m.logits(scope, m.Input(scope, in, hook), hook)
}

// Input is the part of Reprogrammed before the network: what the hook and the normalisation make of the images. The
// numbers of tokens stay as they are. In training a hook's Shared stays apart from Each, because its gradient costs less
// so; else they are added where they appear.
func (m *Model) Input(scope *model.Scope, images Value, hook Hook) Value {
	if m.Modality != taxonomy.Picture {
		return images
	}
	training := scope.IsTraining(images.Each.Graph())
	at := func(site Site, v Value) Value {
		v = hook(site, v)
		if !training {
			v.Each, v.Shared = v.Total(), nil
		}
		return v
	}
	v := at(Pixels, images)
	v.Each = m.Normalisation.Apply(v.Each)
	if v.Shared != nil {
		v.Shared = m.Normalisation.Scale(v.Shared)
	}
	return at(Normalised, v)
}

// logits checks the network's input, builds its graph, and releases Go's copy of the weights, which the graph has copied
// to the backend.
func (m *Model) logits(scope *model.Scope, input Value, hook Hook) *Node {
	x := input.Each
	dtype := x.DType()
	if m.Modality == taxonomy.Picture {
		m.checkImages(x)
	} else {
		dtype = input.Real.DType()
	}
	defer m.Weights.release()
	logits := m.Forward(m.weights(scope, x.Graph(), dtype), input, func(at Site, v Value) Value {
		v.Present, v.Random = input.Present, input.Random
		return hook(at, v)
	})
	logits.AssertDims(x.Shape().Dim(0), m.Sources())
	return logits
}

// checkImages panics if the model does not take images of this shape.
func (m *Model) checkImages(x *Node) {
	x.AssertRank(4)
	if h, w := x.Shape().Dim(1), x.Shape().Dim(2); h == w {
		if err := m.Sides.Check(m.Name, h); err != nil {
			panic(err)
		}
	}
}
