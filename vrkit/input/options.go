package input

import (
	"fmt"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Options are the hyper-parameters of all manipulations, under their names in Settings. Each manipulation takes its own
// and ignores the others.
type Options struct {
	Image      int     `json:"n"`          // pad: the side of the image inside the border; 0 takes half the model's side
	Width      int     `json:"width"`      // narrow, medium, full: the frame's width in pixels; 0 takes N/8, N/4 or N/2
	Patch      int     `json:"patch"`      // smm: the patch size, a power of two; 0 takes 8
	Layers     int     `json:"layers"`     // smm: convolutions of the mask generator, 5 or 6; 0 takes 5
	Channels   int     `json:"channels"`   // smm: channels of the mask, 3 or 1; 0 takes 3
	Multiplier float64 `json:"multiplier"` // smm: times as many channels inside the mask generator; 0 takes 1
	Ablate     string  `json:"ablate"`     // smm: one of Ablations, or "" for all of the method
	Tokens     int     `json:"tokens"`     // vpt, vpt-deep, prefix: tokens a layer; 0 takes 10
	Depth      int     `json:"depth"`      // vpt-deep, prefix: how many layers get them, from the first; 0 takes all
	Shared     bool    `json:"shared"`     // vpt-deep, prefix: these layers share one prompt
	Seed       uint64  `json:"seed"`       // smm, vpt, vpt-deep, prefix: of the initial values, at most MaxSeed; 0 takes the run's
}

// MaxSeed is the largest seed that New takes, 2⁵³: JSON, the format of a run's record, keeps integers up to it exactly
// for every reader.
const MaxSeed = 1 << 53

// checkSeed returns an error if a seed is larger than MaxSeed.
func checkSeed(seed uint64) error {
	if seed > MaxSeed {
		return taxonomy.Wrong("seed", "a seed is at most 2⁵³ = %d, not %d", uint64(MaxSeed), seed)
	}
	return nil
}

// New returns a manipulation by its name. It checks the hyper-parameters that do not depend on the model's side;
// ImageSide checks the others. A wrong one is a taxonomy.SettingError.
func New(name string, o Options) (Manipulation, error) {
	switch name {
	case "pad":
		return Padding{Image: o.Image}, nil
	case Narrow, Medium, Full:
		return Watermark{Kind: name, Width: o.Width}, nil
	case "smm":
		s := SMM{Patch: o.Patch, Layers: o.Layers, Channels: o.Channels, Multiplier: o.Multiplier, Ablate: o.Ablate, Seed: o.Seed}
		if err := s.check(); err != nil {
			return nil, err
		}
		return s, nil
	case Shallow, Deep, Prefix:
		v := VPT{Kind: name, Tokens: o.Tokens, Depth: o.Depth, Shared: o.Shared, Seed: o.Seed}
		if err := v.check(); err != nil {
			return nil, err
		}
		return v, nil
	}
	return nil, fmt.Errorf("no input manipulation is called %q; known: %s", name, strings.Join(Names(), ", "))
}

// Names lists the manipulations that New knows.
func Names() []string { return []string{"pad", Narrow, Medium, Full, "smm", Shallow, Deep, Prefix} }
