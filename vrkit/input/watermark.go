package input

import (
	"cmp"
	"fmt"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// The kinds of watermark, by their width for a model of side N.
const (
	Narrow = "narrow" // N/8, 44 % of the image
	Medium = "medium" // N/4, 75 % of the image
	Full   = "full"   // N/2, the whole image
)

// Watermark adds a learned pattern to the image, on a frame or on all of it (BLM's WatermarkingVR, ILM-VP's additive
// prompt; docs/methods.md 1.2):
//
//	I(x) = x + δ ⊙ m
//
// x is the image, resized to the model's side and normalised; m is one on a frame along the edges and zero inside it.
// Nothing bounds δ or clips the sum. δ starts at zero, so that the image starts unchanged.
type Watermark struct {
	// Kind is Narrow, Medium or Full; "" is Full.
	Kind string `json:"-"`
	// Width is the width of the frame in pixels, from 1 to half the model's side; 0 takes the Kind's.
	Width int `json:"width" usage:"watermark: width of the frame in pixels, instead of N/8, N/4 or N/2"`
}

// Name is the Kind.
func (w Watermark) Name() string { return cmp.Or(w.Kind, Full) }

// Coordinates are learnable, at the input, additive.
func (Watermark) Coordinates() taxonomy.Coordinates {
	return taxonomy.Coordinates{Format: taxonomy.Learnable, Location: taxonomy.Input, Operator: taxonomy.Additive}
}

// Fit returns one hook, on normalised values: it adds δ ⊙ m, which is the same for all images. So one unit of δ is one
// standard deviation of the model's normalisation.
func (w Watermark) Fit(m models.Info) (Fitted, error) {
	hole, err := w.hole(m.Side)
	return Fitted{Side: m.Side, Hooks: Hooks{models.Normalised: func(scope *model.Scope, v models.Value) models.Value {
		v.Each = v.Total()
		v.Each.AssertDims(-1, m.Side, m.Side, 3)
		v.Shared = delta(scope, v.Each)
		if hole > 0 {
			v.Shared = Mul(v.Shared, frame(v.Each, m.Side, hole))
		}
		return v
	}}}, err
}

// hole is the side of the square inside the frame; 0 if the frame is the whole image.
func (w Watermark) hole(side int) (int, error) {
	width := w.Width
	if width == 0 {
		switch w.Name() {
		case Narrow:
			width = side / 8
		case Medium:
			width = side / 4
		case Full:
			return 0, nil // also if the side is odd
		default:
			return 0, fmt.Errorf("no watermark is called %q; known: %s, %s, %s", w.Kind, Narrow, Medium, Full)
		}
	}
	if width < 1 || width > side/2 {
		return 0, registry.Wrong("width", "a watermark's frame is at least 1 pixel and at most half the model's side wide: its width must lie between 1 and %d, not %d", side/2, width)
	}
	return side - 2*width, nil
}

// frame is the mask m, [1,side,side,1] of the type of images: one, but zero on a square of side hole in
// the middle.
func frame(images *Node, side, hole int) *Node {
	g, width := images.Graph(), (side-hole)/2
	filled := func(fill func(*Graph, shapes.Shape) *Node, rows, columns int) *Node {
		return fill(g, shapes.Make(images.DType(), 1, rows, columns, 1))
	}
	beside, outside := filled(Ones, hole, width), filled(Ones, width, side)
	middle := Concatenate([]*Node{beside, filled(Zeros, hole, hole), beside}, 2)
	return Concatenate([]*Node{outside, middle, outside}, 1)
}

// Picture shows the pattern of δ, [side,side,3], row-major: 0 is grey, and the value with the largest absolute value is
// black or white. Say beside it how large that is.
func (Watermark) Picture(delta []float32, _ int) []float32 { return pictureOf(delta) }

// Trainable is 3(side² − hole²): the values of δ on the frame.
func (w Watermark) Trainable(m models.Info) int {
	hole, err := w.hole(m.Side)
	if err != nil {
		return 0
	}
	return 3 * (m.Side*m.Side - hole*hole)
}
