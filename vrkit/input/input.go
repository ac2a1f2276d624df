// Package input holds the input manipulations I_{λ,τ,ℓ}: how the input of a frozen model is changed. One method a file.
package input

import (
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Space says which values a manipulation works on. The program normalises before or after it accordingly.
type Space string

// The spaces.
const (
	Pixels     Space = "pixels"     // RGB in [0,1]
	Normalised Space = "normalised" // (pixels − mean) / std, with the model's own mean and std
)

// Manipulation is an input manipulation: it maps a batch of images to a batch that fits the model.
type Manipulation interface {
	// Name is its name on the command line.
	Name() string
	// Coordinates are its format, location and operator; the output gives the alignment.
	Coordinates() taxonomy.Coordinates
	// Space is the space of Apply's images and of its result.
	Space() Space
	// ImageSide is the side in pixels to which images are resized before Apply, for a model with that side. The error
	// says what would fit.
	ImageSide(side int) (int, error)
	// Apply builds the manipulation: images [B, ImageSide, ImageSide, 3] in Space to
	// [B, side, side, 3] in the same space. Its trainable values are variables in scope: the prompt is
	// called PromptVariable, and the parameters φ of a mask generator lie below MaskScope.
	// scope.IsTraining tells an optimiser step from an evaluation or a pass that estimates ω.
	Apply(scope *model.Scope, batch Batch, side int) *Node
	// Settings are its hyper-parameters, which a run records.
	Settings() map[string]any
}

// The names of a manipulation's variables, below the scope of Apply.
const (
	PromptVariable = "prompt" // the prompt θ or δ, [side,side,3]
	MaskScope      = "mask"   // the parameters φ of a mask generator, and its running statistics
)

// Batch has the images that a manipulation works on.
type Batch struct {
	Images *Node // [B,n,n,3]
	// Present is the sample weight, [B], of a float type: 1 for an image and 0 for one that only fills the batch; nil
	// if all are images. A manipulation that uses the whole batch, as BatchNorm does, must leave out the filling.
	Present *Node
	// Momentum is how far the running statistics of a BatchNorm move towards the batch's in training, a scalar from 0 to
	// 1; nil takes PyTorch's .1.
	Momentum *Node
}

// Normed is a manipulation that may contain a BatchNorm.
type Normed interface {
	Manipulation
	// RunningStatistics tells whether it has running statistics, which training moves and an evaluation uses.
	RunningStatistics() bool
}

// Shared is a manipulation that adds the same values to every image. In training a model can take the two parts one by
// one, which makes the gradient of the prompt faster.
type Shared interface {
	Manipulation
	// Split builds two parts whose sum is the result of Apply: one of the images, [B,side,side,3], and one that is
	// added to all of them, [1,side,side,3].
	Split(scope *model.Scope, batch Batch, side int) (images, shared *Node)
}

// Trainables counts the values that training can change, for a model's side. That may be fewer than a stored prompt
// has: the values of padding's interior never reach the model.
type Trainables interface {
	Trainable(side int) int
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
	// Mask is what the prompt is multiplied by, [B,side,side,3], for images as Apply takes them. It is always the mask
	// of an evaluation, so that an image's mask does not depend on its batch.
	Mask(scope *model.Scope, batch Batch, side int) *Node
}
