package output

import (
	"cmp"
	"math/rand/v2"

	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// rlmStream separates RLM's draw from other draws of a run's seed.
const rlmStream = 0x524c4d

// RLM is random label mapping: each target label gets one source label of its own, the first K entries of a random
// permutation of the S source labels (docs/methods.md 2.3). It is drawn before any data are seen, and never changes. So
// its accuracy comes from the prompt only, and the other mappings are compared with it. PyTorch draws another
// permutation for the same seed.
type RLM struct {
	// Seed decides the permutation, by math/rand/v2's PCG. The same seed always gives the same permutation; another K
	// only takes more or fewer of its entries. 0 takes the run's seed.
	Seed uint64 `json:"seed"`
}

// SeedOr returns r with this seed if its own is 0, which stands for none.
func (r RLM) SeedOr(seed uint64) Alignment { return RLM{Seed: cmp.Or(r.Seed, seed)} }

// Name is "rlm".
func (RLM) Name() string { return "rlm" }

// Alignment is rule-based: it takes no statistics (docs/methods.md 6).
func (RLM) Alignment() taxonomy.Alignment { return taxonomy.RuleBased }

// Mapping is the draw as one-hot columns. It is an error if there are more target than source labels.
func (r RLM) Mapping(sources, targets int) (Mapping, error) {
	if err := requireSources(sources, targets); err != nil {
		return Mapping{}, err
	}
	drawn := rand.New(rand.NewPCG(r.Seed, rlmStream)).Perm(sources)
	return OneHot(sources, drawn[:targets]), nil
}

// Check returns an error if the seed is too large.
func (r RLM) Check() error { return registry.CheckSeed(r.Seed) }
