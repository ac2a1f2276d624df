package input

import (
	"math"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Padding surrounds the image with a learned border (BLM's PaddingVR, ILM-VP's expansive prompt; docs/methods.md 1.1):
//
//	I(x) = pad(x) + σ(θ) ⊙ m
//
// pad(x) has the image in the middle of zeros, and m is one on the border and zero on the image. The logistic function
// σ keeps the border in (0,1), so that nothing has to be clipped. θ starts at zero: the border starts grey, 0.5. If the
// border can't be equally wide, the left and the top get the extra pixel. It works on pixels: the model normalises
// after it.
type Padding struct {
	// Image is the side n of the image inside the border, in pixels; 0 takes half the model's side.
	Image int `json:"n" usage:"padding: side of the image inside the border, in pixels; 0 takes half of -side"`
}

// Name is "pad".
func (Padding) Name() string { return "pad" }

// Coordinates are learnable, at the input, additive: the authors' own label, though the border is beside the image.
func (Padding) Coordinates() taxonomy.Coordinates {
	return taxonomy.Coordinates{Format: taxonomy.Learnable, Location: taxonomy.Input, Operator: taxonomy.Additive}
}

// Fit returns one hook, on pixels: it puts images, [B,n,n,3], in the middle of zeros, and adds the border, which is the
// same for all.
func (p Padding) Fit(m models.Info) (Fitted, error) {
	n, err := p.image(m.Side)
	return Fitted{Side: n, Hooks: Hooks{models.Pixels: func(scope *model.Scope, v models.Value) models.Value {
		v.Each, v.Shared = p.surround(scope, v.Total(), m.Side)
		return v
	}}}, err
}

// image is n, for a model of that side.
func (p Padding) image(side int) (int, error) {
	n := p.Image
	if n == 0 {
		n = side / 2
	}
	if n < 1 || n >= side {
		return 0, registry.Wrong("n", "padding needs an image smaller than the model's input: its side must lie between 1 and %d, not %d", side-1, p.Image)
	}
	return n, nil
}

// Margins are the border's widths before (left, top) and after (right, bottom) an image of side n.
func (Padding) Margins(n, side int) (before, after int) {
	return (side - n + 1) / 2, (side - n) / 2
}

// surround is images [B,n,n,3] in the middle of zeros, [B,side,side,3], and the border, [1,side,side,3].
func (p Padding) surround(scope *model.Scope, images *Node, side int) (padded, border *Node) {
	n := images.Shape().Dim(1)
	images.AssertDims(images.Shape().Dim(0), n, n, 3)
	before, after := p.Margins(n, side)
	g, dtype := images.Graph(), images.DType()
	zero, one := ScalarZero(g, dtype), ScalarOne(g, dtype)

	theta := scope.WithInitializer(initializer.Zero).VariableWithShape(PromptVariable, shapes.Make(dtype, side, side, 3)).NodeValue(g)
	margin := PadAxis{Start: before, End: after}
	mask := Pad(Zeros(g, shapes.Make(dtype, n, n, 1)), one, margin, margin, PadAxis{}) // [side, side, 1]
	border = Mul(Sigmoid(theta), BroadcastToDims(mask, side, side, 3))
	padded = Pad(images, zero, PadAxis{}, margin, margin, PadAxis{}) // no gradient flows through the images
	return padded, ExpandAxes(border, 0)
}

// Picture is the border as the model gets it, σ(θ) ⊙ m, from θ: both [side,side,3], row-major.
func (p Padding) Picture(theta []float32, side int) []float32 {
	n, err := p.image(side)
	if err != nil {
		return nil
	}
	before, _ := p.Margins(n, side)
	inside := func(at int) bool { return at >= before && at < before+n }
	picture := make([]float32, len(theta))
	for i, v := range theta {
		if y, x := i/3/side, i/3%side; !inside(y) || !inside(x) {
			picture[i] = float32(1 / (1 + math.Exp(-float64(v))))
		}
	}
	return picture
}

// Trainable is 3(side² − n²): the values of θ that the border shows.
func (p Padding) Trainable(m models.Info) int {
	n, err := p.image(m.Side)
	if err != nil {
		return 0
	}
	return 3 * (m.Side*m.Side - n*n)
}
