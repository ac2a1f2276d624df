package input

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/initial"
	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// VPTAdd adds a learned vector to each token of a vision transformer before its first layer, the class token included: an
// ablation of visual prompt tuning (docs/methods.md 1.4),
//
//	h₀ = [class; patches] + P
//
// with P [1+m,width] for m patches. The initial values are those of VPT.
type VPTAdd struct {
	// Shared is true if all tokens have one vector together: P is [1,width].
	Shared bool `json:"shared" usage:"vpt-add: all tokens share one vector"`
	// Dropout is the probability with which a value of P is 0 for a sample in training, from 0 to less than 1.
	Dropout float64 `json:"dropout,omitempty" usage:"vpt-add: the share of a prompt's values that a training step sets to 0"`
	// Seed is of the initial values. 0 takes the run's.
	Seed uint64 `json:"seed"`
}

// Name is "vpt-add".
func (VPTAdd) Name() string { return "vpt-add" }

// SeedOr is v with this seed, if it has none of its own.
func (v VPTAdd) SeedOr(seed uint64) Manipulation {
	v.Seed = cmp.Or(v.Seed, seed)
	return v
}

// Coordinates are learnable, at the embedding, additive.
func (VPTAdd) Coordinates() taxonomy.Coordinates {
	return taxonomy.Coordinates{Format: taxonomy.Learnable, Location: taxonomy.Embedding, Operator: taxonomy.Additive}
}

// Check returns what is wrong for any model.
func (v VPTAdd) Check() error {
	return errors.Join(registry.CheckSeed(v.Seed), checkDropout(v.Dropout))
}

// Draws tells whether there is dropout.
func (v VPTAdd) Draws() bool { return v.Dropout > 0 }

// Fit returns a hook before layer 0.
func (v VPTAdd) Fit(m models.Info) (Fitted, error) {
	hook := func(scope *model.Scope, value models.Value) models.Value {
		bound := promptBound(m, m.Tokens.Width)
		prompt := learned(scope, PromptVariable, value, initial.Uniform(v.Seed, vptStream, bound), 1, v.vectors(m), m.Tokens.Width)
		value.Each = Add(value.Each, ConvertDType(dropout(scope, value, prompt, v.Dropout, 0), value.Each.DType()))
		return value
	}
	if m.Modality != taxonomy.Picture {
		return Fitted{}, fmt.Errorf("vpt-add changes the tokens of a picture, and %s reads a %s: take soft", m.Name, m.Modality)
	}
	if m.Tokens.Layers == 0 {
		return Fitted{}, fmt.Errorf("vpt-add changes the tokens of a transformer, and %s has none: take a model such as vit-b32", m.Name)
	}
	return Fitted{Side: m.Side, Hooks: Hooks{models.TokensInto(0): hook}}, v.Check()
}

// vectors is 1+m, or 1 if they are shared.
func (v VPTAdd) vectors(m models.Info) int {
	if v.Shared {
		return 1
	}
	patches := m.Side / m.Tokens.Patch
	return 1 + patches*patches
}

// Trainable is (1+m)·width, or width if all tokens share one vector.
func (v VPTAdd) Trainable(m models.Info) int {
	if m.Tokens.Patch == 0 {
		return 0
	}
	return v.vectors(m) * m.Tokens.Width
}
