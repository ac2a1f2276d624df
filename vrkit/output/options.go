package output

import (
	"fmt"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Options are the hyper-parameters of all alignments, under their names in Settings. Each alignment takes its own and
// ignores the others.
type Options struct {
	Lambda   float64 `json:"lambda"`   // blm, blm+: the smoothing λ ≥ 0
	Alpha    float64 `json:"alpha"`    // blm+: the ratio α > 0 of kept probabilities to target labels
	Restrict string  `json:"restrict"` // linear: one of Restrictions; "" is nobias
	Seed     uint64  `json:"seed"`     // rlm, linear: for the draw, at most MaxSeed; 0 takes the run's
}

// DefaultOptions are the papers': λ = 1, α = 0.15, no bias, and the seed 0.
func DefaultOptions() Options {
	return Options{Lambda: 1, Alpha: .15, Restrict: NoBias}
}

// MaxSeed is the largest seed that New takes, 2⁵³: JSON, the format of a run's record, keeps integers up to it exactly
// for every reader.
const MaxSeed = 1 << 53

// New returns an alignment by its name. It checks the hyper-parameters; a wrong one is a taxonomy.SettingError.
func New(name string, o Options) (alignment Alignment, err error) {
	switch name {
	case "rlm":
		alignment, err = RLM{Seed: o.Seed}, checkSeed(o.Seed)
	case "flm":
		alignment = FLM{}
	case "ilm":
		alignment = ILM{}
	case "blm":
		alignment, err = BLM{Lambda: o.Lambda}, checkLambda(o.Lambda)
	case "blm+":
		if alignment, err = (BLMPlus{Lambda: o.Lambda, Alpha: o.Alpha}), checkLambda(o.Lambda); err == nil {
			err = checkAlpha(o.Alpha)
		}
	case "linear":
		if alignment, err = (Linear{Restrict: o.Restrict, Seed: o.Seed}), checkRestrict(o.Restrict); err == nil {
			err = checkSeed(o.Seed)
		}
	case "identity":
		alignment = Identity{}
	default:
		err = fmt.Errorf("no output alignment is called %q; known: %s", name, strings.Join(Names(), ", "))
	}
	if err != nil {
		return nil, err
	}
	return alignment, nil
}

// Names lists the alignments that New knows.
func Names() []string { return []string{"rlm", "flm", "ilm", "blm", "blm+", "linear", "identity"} }

func checkSeed(seed uint64) error {
	if seed > MaxSeed {
		return taxonomy.Wrong("seed", "a seed is at most 2⁵³ = %d, not %d", uint64(MaxSeed), seed)
	}
	return nil
}
