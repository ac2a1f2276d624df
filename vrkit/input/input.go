// Package input holds the input manipulations I_{λ,τ,ℓ}: what is put into a frozen model's input.
// One method a file.
package input

import (
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Space is what a manipulation works on. The program normalises before or after it accordingly.
type Space string

// The spaces.
const (
	Pixels     Space = "pixels"     // RGB in [0,1]
	Normalised Space = "normalised" // (pixels − mean) / std, with the model's own mean and std
)

// Manipulation is one input program: it turns a batch of images into a batch that fits the model.
type Manipulation interface {
	// Name is what the command line calls it.
	Name() string
	// Coordinates are its format, location and operator; the alignment is the output's to say.
	Coordinates() taxonomy.Coordinates
	// Space says what Apply takes and gives.
	Space() Space
	// ImageSide is the side in pixels to which images are resized before Apply, for a model whose
	// side is given. The error says what would fit.
	ImageSide(side int) (int, error)
	// Apply builds the manipulation: images [B, ImageSide, ImageSide, 3] in Space to
	// [B, side, side, 3] in the same space. Its trainable values are variables in scope: the prompt is
	// called PromptVariable, and the parameters φ of a mask generator lie below MaskScope.
	// scope.IsTraining tells an optimiser step from an evaluation or a pass that estimates ω.
	Apply(scope *model.Scope, batch Batch, side int) *Node
	// Settings are its hyper-parameters, to be kept with a run.
	Settings() map[string]any
}

// Where a manipulation keeps what it learns, below the scope that Apply is given.
const (
	PromptVariable = "prompt" // the prompt θ or δ, [side,side,3]
	MaskScope      = "mask"   // the parameters φ of a mask generator, and its running statistics
)

// Batch is the images that a manipulation works on.
type Batch struct {
	Images *Node // [B,n,n,3]
	// Present is 1 for an image and 0 for what only fills the batch, [B], of a float type; nil where
	// all are images. A manipulation that looks at the whole batch has to leave the filling out.
	Present *Node
	// Momentum is how far the running statistics of a batch normalisation move towards the batch's, a scalar
	// from 0 to 1, where the graph is for training; nil takes PyTorch's .1.
	Momentum *Node
}

// Normed is a manipulation that may contain batch normalisation.
type Normed interface {
	Manipulation
	// RunningStatistics says whether it has running statistics, which training moves and an evaluation uses.
	RunningStatistics() bool
}

// Shared is a manipulation that adds the same to every image. A model can take the two parts one by
// one, which makes the prompt faster to learn.
type Shared interface {
	Manipulation
	// Split builds the parts whose sum Apply is: what comes of the images, [B,side,side,3], and what is
	// added to all of them, [1,side,side,3].
	Split(scope *model.Scope, batch Batch, side int) (images, shared *Node)
}

// Trainables counts the values of a manipulation that learning can change, for a model's side.
// Not all of a stored prompt is: padding's interior never reaches the model.
type Trainables interface {
	Trainable(side int) int
}

// Pictured is a manipulation whose prompt can be looked at: Picture turns what is stored, [side,side,3],
// into RGB in [0,1], of the same shape. A prompt that is added to normalised values has no colour of
// its own: see each manipulation's Picture for what is shown.
type Pictured interface {
	Picture(prompt []float32, side int) []float32
}

// Seeded is a manipulation that draws initial values.
type Seeded interface {
	Manipulation
	// SeedOr is the manipulation with this seed, if it has none of its own, which is 0.
	SeedOr(seed uint64) Manipulation
}

// Masked is a manipulation that computes a mask of its own for every image.
type Masked interface {
	// Mask is what the prompt is multiplied by, [B,side,side,3], for images as Apply takes them. It is
	// the mask of an evaluation, whatever the graph is for: an image's mask owes nothing to its batch.
	Mask(scope *model.Scope, batch Batch, side int) *Node
}
