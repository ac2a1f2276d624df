// Package input holds the input manipulations I_{λ,τ,ℓ}: what is put into a frozen model's input.
// One method a file.
package input

import (
	"fmt"
	"strings"

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
	// [B, side, side, 3] in the same space. Its trainable values are variables in scope.
	// scope.IsTraining tells an optimiser step from an evaluation or a pass that estimates ω.
	Apply(scope *model.Scope, batch Batch, side int) *Node
	// Settings are its hyper-parameters, to be kept with a run.
	Settings() map[string]any
}

// Batch is the images that a manipulation works on.
type Batch struct {
	Images *Node // [B,n,n,3]
	// Present is 1 for an image and 0 for what only fills the batch, [B], of a float type; nil where
	// all are images. A manipulation that looks at the whole batch has to leave the filling out.
	Present *Node
}

// Trainables counts the values of a manipulation that learning can change, for a model's side.
// Not all of a stored prompt is: padding's interior never reaches the model.
type Trainables interface {
	Trainable(side int) int
}

// Pictured is a manipulation whose prompt can be looked at: Picture turns what is stored, [side,side,3],
// into RGB in [0,1], of the same shape.
type Pictured interface {
	Picture(prompt []float32, side int) []float32
}

// Options are the hyper-parameters of the manipulations that have some, under the names that
// Settings gives them.
type Options struct {
	Image int `json:"n"` // padding: the side of the image inside the border; 0 takes half the model's side
}

// New makes a manipulation from its name.
func New(name string, o Options) (Manipulation, error) {
	switch name {
	case "pad":
		return Padding{Image: o.Image}, nil
	}
	return nil, fmt.Errorf("no input manipulation is called %q; known: %s", name, strings.Join(Names(), ", "))
}

// Names lists the manipulations that New knows.
func Names() []string { return []string{"pad"} }
