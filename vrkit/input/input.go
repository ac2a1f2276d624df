// Package input holds the input manipulations I_{λ,τ,ℓ}: how the input of a frozen model, or the values inside it, are
// changed. One method a file.
package input

import (
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Manipulation is a method that changes the values at one or more sites of a frozen model: a struct, whose fields are
// its settings ([registry.Method]).
type Manipulation interface {
	// Name is its name on the command line.
	Name() string
	// Coordinates are its format, location and operator; the output gives the alignment.
	Coordinates() taxonomy.Coordinates
	// Fit returns the manipulation for a model; Side is the program's, which may differ from the model's default. The
	// error says what would fit.
	Fit(m models.Info) (Fitted, error)
}

// Fitted is a manipulation for one model.
type Fitted struct {
	Side    int // in pixels, to which images are resized
	Hooks   Hooks
	Compose func(text string) string // makes the text that the model reads of a sample's; nil if they are the same
}

// Hooks has a function for each site that a manipulation changes: it returns the value that the model takes instead of v.
// The trainable values are variables in scope: the prompt is called PromptVariable, and the parameters φ of a mask
// generator are below MaskScope. scope.IsTraining tells an optimiser step from an evaluation or a pass that estimates ω.
// A hook panics if v does not fit, as graph code does.
type Hooks map[models.Site]func(scope *model.Scope, v models.Value) models.Value

// In returns the hook of a model, with the manipulation's variables in scope. It leaves all other sites as they are.
func (h Hooks) In(scope *model.Scope) models.Hook {
	return func(at models.Site, v models.Value) models.Value {
		if hook, ok := h[at]; ok {
			return hook(scope, v)
		}
		return v
	}
}

// The names of a manipulation's variables, below its scope.
const (
	PromptVariable = "prompt" // the prompt θ or δ, [side,side,3]
	MaskScope      = "mask"   // the parameters φ of a mask generator, and its running statistics
)

// Normed is a manipulation that may contain a BatchNorm.
type Normed interface {
	Manipulation
	// RunningStatistics tells whether it has running statistics, which training moves and an evaluation uses.
	RunningStatistics() bool
}

// Trainables counts the values that training can change, for a model with the program's side. That may be fewer than a
// stored prompt has: the values of padding's interior never reach the model.
type Trainables interface {
	Trainable(m models.Info) int
}

// Pictured is a manipulation whose prompt can be shown: Picture maps the stored prompt, [side,side,3], to RGB in [0,1],
// of the same shape. A prompt on normalised values has no colours of its own: see each manipulation's Picture.
type Pictured interface {
	Picture(prompt []float32, side int) []float32
}

// Seeded is a manipulation that draws initial values.
type Seeded interface {
	Manipulation
	// SeedOr returns the manipulation with this seed if its own is 0, which stands for none.
	SeedOr(seed uint64) Manipulation
}

// Bound is a manipulation whose initial values may come from the frozen model.
type Bound interface {
	Manipulation
	// Bind returns the manipulation with what it takes from the model.
	Bind(m *models.Model, read Reader) (Manipulation, error)
}

// Reader lets a frozen language model read p tokens. It returns the keys and the values of all layers, [layers, p,
// KeyWidth] row-major, as they stand at the sites of attention.
type Reader func(tokens []int32) (keys, values []float32, err error)

// Masked is a manipulation that computes a mask for every image.
type Masked interface {
	// Mask is the factor of the prompt, [B,side,side,3], for normalised images of the model's side. It is always the
	// mask of an evaluation, so that an image's mask does not depend on its batch.
	Mask(scope *model.Scope, images models.Value) *Node
}
