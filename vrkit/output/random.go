package output

import (
	"cmp"
	"math/rand/v2"

	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// rlmStream keeps RLM's draw apart from what else is drawn from a run's seed.
const rlmStream = 0x524c4d

// RLM is random label mapping: each target label gets one source label of its own, drawn before
// anything is seen, and fixed: the first K entries of a random permutation of the S source labels
// (docs/methods.md 2.3). What it reaches owes nothing to the mapping, so it is what the others
// are measured against. PyTorch's draw of the same seed is another one.
type RLM struct {
	// Seed is of the permutation, math/rand/v2's PCG: the same seed always draws the same, and another
	// K only makes it longer or shorter. 0 takes the run's.
	Seed uint64
}

// SeedOr is r with this seed, if it has none of its own.
func (r RLM) SeedOr(seed uint64) Alignment { return RLM{Seed: cmp.Or(r.Seed, seed)} }

// Name is "rlm".
func (RLM) Name() string { return "rlm" }

// Alignment is rule-based: it takes no statistics (docs/methods.md 6).
func (RLM) Alignment() taxonomy.Alignment { return taxonomy.RuleBased }

// Mapping is the draw as one-hot columns. More target than source labels are an error.
func (r RLM) Mapping(sources, targets int) (Mapping, error) {
	if err := requireSources(sources, targets); err != nil {
		return Mapping{}, err
	}
	drawn := rand.New(rand.NewPCG(r.Seed, rlmStream)).Perm(sources)
	return OneHot(sources, drawn[:targets]), nil
}

// Settings are the seed.
func (r RLM) Settings() map[string]any { return map[string]any{"seed": r.Seed} }
