package train

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Recipe says how a run learns: the optimiser, a learning rate and its schedule for each group of variables, and the
// augmentation (docs/methods.md 3.1).
type Recipe struct {
	Name      string  `json:"name"`
	Optimiser string  `json:"optimiser"`          // "adam" or "sgd"
	Momentum  float64 `json:"momentum,omitempty"` // of sgd, in [0,1)
	Prompt    Group   `json:"prompt"`             // the prompt, θ or δ
	Mask      Group   `json:"mask"`               // the parameters φ of SMM's mask generator
	Output    Group   `json:"output"`             // the weights of a learned output alignment
	Augment   Augment `json:"augment"`
	// Decay is the weight decay, in [0,1): sgd adds Decay·p to the gradient of each value p that is learned, except the
	// bias of a linear output. adam has none.
	Decay float64 `json:"decay,omitempty"`

	Epochs int `json:"-"` // the published number; a run may have another
	Batch  int `json:"-"` // likewise
}

// Group is a group of variables that share a learning rate and its schedule.
type Group struct {
	Rate float64 `json:"rate"`
	// LRSchedule is the learning-rate schedule: Constant; Steps, which multiplies the rate by Factor at each share of
	// the epochs in At; Cosine, which goes from Rate to 0 and changes at every step; or Warmup, which changes at every
	// epoch: from 0 to Rate in a tenth of the epochs, then to 0 as a cosine.
	LRSchedule string    `json:"fall"`
	Factor     float64   `json:"factor,omitempty"`
	At         []float64 `json:"at,omitempty"`
	// Horizon is the number of epochs of the schedule; 0 if the rate is constant. A run whose rate changes can't be
	// trained for more epochs later, because all its rates would have been different.
	Horizon int `json:"horizon,omitempty"`
}

// The learning-rate schedules.
const (
	Constant = "constant"
	Steps    = "steps"
	Cosine   = "cosine"
	Warmup   = "warmup"
)

// The optimisers.
const (
	Adam = "adam" // β .9 and .999, ε 1e-8, no weight decay
	SGD  = "sgd"  // with momentum and weight decay; no dampening, no Nesterov momentum
)

// paperSteps is the papers' MultiStepLR: the rate is multiplied by .1 after 50 % and after 72 % of the epochs.
func paperSteps(rate float64) Group {
	return Group{Rate: rate, LRSchedule: Steps, Factor: .1, At: []float64{.5, .72}}
}

// AdamAt is Adam at one constant learning rate for all groups, without augmentation.
func AdamAt(rate float64) Recipe {
	constant := Group{Rate: rate, LRSchedule: Constant}
	return Recipe{Name: "course", Optimiser: Adam, Prompt: constant, Mask: constant, Output: constant, Epochs: 4, Batch: 50}
}

// recipes lists the recipes that have a name. All but course are the papers', as their released code has them
// (docs/methods.md 3.1).
func recipes() []Recipe {
	course := AdamAt(.05)
	course.Mask.Rate = .01
	blm := Recipe{Name: "blm", Optimiser: Adam, Prompt: paperSteps(.01), Mask: paperSteps(.01), Output: paperSteps(.1), Epochs: 200, Batch: 256}
	watermark := blm
	watermark.Name, watermark.Augment = "blm-watermark", Augment{Margin: 4, Flip: true}
	smm := blm
	smm.Name, smm.Augment = "smm", Augment{Margin: 32, Flip: true}
	vit := smm
	vit.Name, vit.Mask = "smm-vit", Group{Rate: .001, LRSchedule: Constant}
	cosine := Group{Rate: 40, LRSchedule: Cosine}
	clip := Recipe{Name: "clip", Optimiser: SGD, Momentum: .9, Prompt: cosine, Mask: cosine, Output: cosine, Epochs: 200, Batch: 256}
	warmup := Group{Rate: .25, LRSchedule: Warmup}
	vpt := Recipe{Name: "vpt", Optimiser: SGD, Momentum: .9, Decay: .001, Prompt: warmup, Mask: warmup, Output: warmup, Epochs: 100, Batch: 64}
	return []Recipe{course, blm, watermark, smm, vit, clip, vpt}
}

// RecipeNames lists the names of the recipes.
func RecipeNames() []string {
	var names []string
	for _, r := range recipes() {
		names = append(names, r.Name)
	}
	return names
}

// NamedRecipe returns the recipe of that name:
//
//	course         Adam .05, mask generator .01, constant; 4 epochs of batches of 50
//	blm            Adam .01 (learned output .1), times .1 at 50 % and at 72 % of 200 epochs, batches of 256
//	blm-watermark  blm, with images 4 pixels larger, cropped at random, and mirrored
//	smm            blm, with the mask generator at .01 and images 32 pixels larger, cropped at random, and mirrored
//	smm-vit        smm, with the mask generator at a constant .001
//	clip           SGD 40 with momentum .9 and a cosine schedule
//	vpt            SGD .25 with momentum .9 and weight decay .001, a warm-up and a cosine schedule; 100 epochs of batches of 64
func NamedRecipe(name string) (Recipe, error) {
	all := recipes()
	if i := slices.IndexFunc(all, func(r Recipe) bool { return r.Name == name }); i >= 0 {
		return all[i], nil
	}
	return Recipe{}, fmt.Errorf("no recipe is called %q; known: %s", name, strings.Join(RecipeNames(), ", "))
}

// spread returns the recipe with the horizon of every schedule that is not constant set to the run's epochs.
func (r Recipe) spread(epochs int) Recipe {
	for _, g := range []*Group{&r.Prompt, &r.Mask, &r.Output} {
		g.Horizon = 0
		if g.LRSchedule != Constant {
			g.Horizon = epochs
		}
	}
	return r
}

// Check returns an error if a number or a name of the recipe is wrong.
func (r Recipe) Check() error {
	if r.Optimiser != Adam && r.Optimiser != SGD {
		return fmt.Errorf("no optimiser is called %q; known: %s, %s", r.Optimiser, Adam, SGD)
	}
	if !(r.Momentum >= 0 && r.Momentum < 1) {
		return fmt.Errorf("the momentum must lie between 0 and 1, not %v", r.Momentum)
	}
	if !(r.Decay >= 0 && r.Decay < 1) || (r.Decay > 0 && r.Optimiser != SGD) {
		return fmt.Errorf("the weight decay must lie between 0 and 1, and only %s has one: not %v with %s", SGD, r.Decay, r.Optimiser)
	}
	return errors.Join(r.Prompt.check("prompt"), r.Mask.check("mask generator"), r.Output.check("output"), r.Augment.check())
}

func (g Group) check(of string) error {
	if !(g.Rate >= 0 && g.Rate <= 1e6) {
		return fmt.Errorf("the learning rate of the %s must be a number from 0 to 1e6, not %v", of, g.Rate)
	}
	switch g.LRSchedule {
	case Constant, Cosine, Warmup:
		return nil
	case Steps:
		if !(g.Factor > 0 && g.Factor <= 1) || len(g.At) == 0 || !slices.IsSorted(g.At) || !(g.At[0] >= 0 && g.At[len(g.At)-1] <= 1) {
			return fmt.Errorf("the learning rate of the %s is multiplied by a factor in (0,1] at rising shares of the epochs, not by %v at %v", of, g.Factor, g.At)
		}
		return nil
	}
	return fmt.Errorf("no learning-rate schedule is called %q; known: %s, %s, %s, %s", g.LRSchedule, Constant, Steps, Cosine, Warmup)
}

// rateAt returns the learning rate of a step: epoch and step count from 0, an epoch has steps steps.
func (g Group) rateAt(epoch, step, steps int) float64 {
	switch g.LRSchedule {
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
		return cosine(g.Rate, done)
	case Warmup:
		rising := g.Horizon / 10
		if epoch < rising {
			return g.Rate * float64(epoch) / float64(rising)
		}
		return cosine(g.Rate, float64(epoch-rising)/float64(g.Horizon-rising))
	}
	return g.Rate
}

// cosine goes from rate to 0 while done goes from 0 to 1.
func cosine(rate, done float64) float64 {
	return rate * (1 + math.Cos(math.Pi*min(done, 1))) / 2
}
