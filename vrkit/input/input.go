// Package input holds the input manipulations I_{λ,τ,ℓ}: what is put into a frozen model, at its input or further in.
// One method a file.
package input

import (
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Manipulation is one method: what changes on the way into a frozen model, and through it.
type Manipulation interface {
	// Name is its name on the command line.
	Name() string
	// Coordinates are its format, location and operator; the output gives the alignment.
	Coordinates() taxonomy.Coordinates
	// Fit makes the manipulation fit a model, whose Side is that of the program. The error says what would fit.
	Fit(m models.Info) (Fitted, error)
	// Settings are its hyper-parameters, to be kept with a run.
	Settings() map[string]any
}

// Fitted is a manipulation for one model.
type Fitted struct {
	Side  int // of the images that the program takes, in pixels
	Hooks Hooks
}

// Hooks are what a manipulation does, by the site of the model where it does it. Its trainable values are variables
// in scope: the prompt is called PromptVariable, and the parameters φ of a mask generator lie below MaskScope.
// scope.IsTraining tells an optimiser step from an evaluation or a pass that estimates ω. A hook panics, as
// graph code does, if the value does not fit.
type Hooks map[models.Site]func(scope *model.Scope, v models.Value) models.Value

// In is the hook for a model that takes the manipulation's variables from scope.
func (h Hooks) In(scope *model.Scope) models.Hook {
	return func(at models.Site, v models.Value) models.Value {
		if hook, ok := h[at]; ok {
			return hook(scope, v)
		}
		return v
	}
}

// Where a manipulation keeps what it learns, below its scope.
const (
	PromptVariable = "prompt" // the prompt θ or δ, [side,side,3]
	MaskScope      = "mask"   // the parameters φ of a mask generator, and its running statistics
)

// Normed is a manipulation that may contain batch normalisation.
type Normed interface {
	Manipulation
	// RunningStatistics tells whether it has running statistics, which training moves and an evaluation uses.
	RunningStatistics() bool
}

// Trainables counts the values of a manipulation that learning can change, for a model whose Side is the program's.
// Not all of a stored prompt is: padding's interior never reaches the model.
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

// Masked is a manipulation that computes a mask for every image.
type Masked interface {
	// Mask is what the prompt is multiplied by, [B,side,side,3], for normalised images of the model's side. It is
	// the mask of an evaluation, whatever the graph is for: an image's mask owes nothing to its batch.
	Mask(scope *model.Scope, images models.Value) *Node
}
