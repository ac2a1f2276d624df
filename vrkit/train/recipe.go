package train

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Recipe is how a run learns: the optimiser, a learning rate for each group of what is learned, how the
// rates fall, and how training images are varied.
type Recipe struct {
	Name      string  `json:"name"`
	Optimiser string  `json:"optimiser"`          // "adam" or "sgd"
	Momentum  float64 `json:"momentum,omitempty"` // of sgd
	Prompt    Group   `json:"prompt"`             // the prompt, θ or δ
	Mask      Group   `json:"mask"`               // the parameters φ of SMM's mask generator
	Output    Group   `json:"output"`             // the weights of a learned output alignment
	Augment   Augment `json:"augment"`

	Epochs int `json:"-"` // as published; a run may take others
	Batch  int `json:"-"` // likewise
}

// Group is a learning rate and how it falls.
type Group struct {
	Rate float64 `json:"rate"`
	// Fall is Constant, Steps (times Factor at each share of the epochs in At) or Cosine (from Rate to 0
	// over all steps of the run, once a step).
	Fall   string    `json:"fall"`
	Factor float64   `json:"factor,omitempty"`
	At     []float64 `json:"at,omitempty"`
	// Horizon is the number of epochs that the fall is spread over; 0 where the rate is constant. A run
	// whose rates fall can't be trained on for longer, because its rates would have been others.
	Horizon int `json:"horizon,omitempty"`
}

// How a rate falls.
const (
	Constant = "constant"
	Steps    = "steps"
	Cosine   = "cosine"
)

// The optimisers.
const (
	Adam = "adam" // β .9 and .999, ε 1e-8, no decay
	SGD  = "sgd"  // with momentum, no dampening, not Nesterov's
)

// paperFall is the papers' MultiStepLR: a tenth after half of the epochs, and again after 72 % of them.
func paperFall(rate float64) Group {
	return Group{Rate: rate, Fall: Steps, Factor: .1, At: []float64{.5, .72}}
}

// AdamAt is Adam at one constant rate for all that is learned, without augmentation: what the course uses.
func AdamAt(rate float64) Recipe {
	constant := Group{Rate: rate, Fall: Constant}
	return Recipe{Name: "course", Optimiser: Adam, Prompt: constant, Mask: constant, Output: constant, Epochs: 4, Batch: 50}
}

// recipes are those known by name. The papers' are as their released code has them
// (docs/methods.md 3.1).
func recipes() []Recipe {
	course := AdamAt(.05)
	course.Mask.Rate = .01
	blm := Recipe{Name: "blm", Optimiser: Adam, Prompt: paperFall(.01), Mask: paperFall(.01), Output: paperFall(.1), Epochs: 200, Batch: 256}
	watermark := blm
	watermark.Name, watermark.Augment = "blm-watermark", Augment{Margin: 4, Flip: true}
	smm := blm
	smm.Name, smm.Augment = "smm", Augment{Margin: 32, Flip: true}
	vit := smm
	vit.Name, vit.Mask = "smm-vit", Group{Rate: .001, Fall: Constant}
	cosine := Group{Rate: 40, Fall: Cosine}
	clip := Recipe{Name: "clip", Optimiser: SGD, Momentum: .9, Prompt: cosine, Mask: cosine, Output: cosine, Epochs: 200, Batch: 256}
	return []Recipe{course, blm, watermark, smm, vit, clip}
}

// RecipeNames lists the recipes known by name.
func RecipeNames() []string {
	var names []string
	for _, r := range recipes() {
		names = append(names, r.Name)
	}
	return names
}

// NamedRecipe is the recipe of that name:
//
//	course         Adam .05, mask generator .01, constant; 4 epochs of batches of 50
//	blm            Adam .01 (learned output .1), a tenth at 50 % and at 72 % of 200 epochs, batches of 256
//	blm-watermark  blm with images 4 pixels larger, cropped at random, and mirrored
//	smm            Adam .01 for prompt and mask generator, falls as blm; images 32 pixels larger, cropped, mirrored
//	smm-vit        smm with the mask generator at a constant .001
//	clip           SGD 40 with momentum .9, falling to 0 as a cosine, once a step
func NamedRecipe(name string) (Recipe, error) {
	all := recipes()
	if i := slices.IndexFunc(all, func(r Recipe) bool { return r.Name == name }); i >= 0 {
		return all[i], nil
	}
	return Recipe{}, fmt.Errorf("no recipe is called %q; known: %s", name, strings.Join(RecipeNames(), ", "))
}

// spread returns the recipe with the horizon of every falling rate set to the run's epochs.
func (r Recipe) spread(epochs int) Recipe {
	for _, g := range []*Group{&r.Prompt, &r.Mask, &r.Output} {
		g.Horizon = 0
		if g.Fall != Constant {
			g.Horizon = epochs
		}
	}
	return r
}

// Check returns what is wrong with the recipe's numbers.
func (r Recipe) Check() error {
	if r.Optimiser != Adam && r.Optimiser != SGD {
		return fmt.Errorf("no optimiser is called %q; known: %s, %s", r.Optimiser, Adam, SGD)
	}
	if !(r.Momentum >= 0 && r.Momentum < 1) {
		return fmt.Errorf("the momentum must lie between 0 and 1, not %v", r.Momentum)
	}
	return errors.Join(r.Prompt.check("prompt"), r.Mask.check("mask generator"), r.Output.check("output"), r.Augment.check())
}

func (g Group) check(of string) error {
	if !(g.Rate >= 0 && g.Rate <= 1e6) {
		return fmt.Errorf("the learning rate of the %s must be a number from 0 to 1e6, not %v", of, g.Rate)
	}
	switch g.Fall {
	case Constant, Cosine:
		return nil
	case Steps:
		if !(g.Factor > 0 && g.Factor <= 1) || len(g.At) == 0 || !slices.IsSorted(g.At) || !(g.At[0] >= 0 && g.At[len(g.At)-1] <= 1) {
			return fmt.Errorf("the learning rate of the %s falls by a factor in (0,1] at rising shares of the epochs, not by %v at %v", of, g.Factor, g.At)
		}
		return nil
	}
	return fmt.Errorf("no learning rate falls as %q; known: %s, %s, %s", g.Fall, Constant, Steps, Cosine)
}

// rateAt is the learning rate of a step: epoch from 0, step from 0 within it, of steps an epoch.
func (g Group) rateAt(epoch, step, steps int) float64 {
	switch g.Fall {
	case Steps:
		rate := g.Rate
		for _, share := range g.At {
			if epoch >= int(share*float64(g.Horizon)) { // truncated, as the papers' code does
				rate *= g.Factor
			}
		}
		return rate
	case Cosine:
		done := float64(epoch*steps+step) / float64(g.Horizon*steps)
		return g.Rate * (1 + math.Cos(math.Pi*min(done, 1))) / 2
	}
	return g.Rate
}
