package input

import (
	"cmp"
	"encoding/json"
	"math/bits"
	"slices"
	"strings"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// The values of SMM.Ablate.
const (
	OnlyDelta = "delta" // I(x) = x + δ: no mask generator
	OnlyMask  = "mask"  // I(x) = x + U_p(f_mask(x)): no δ
	MaskOnes  = "ones"  // I(x) = x + δ ⊙ U_p(1): the mask is 1 everywhere, which is the watermark Full
)

// Ablations lists the values of SMM.Ablate, except "", which is the whole method.
func Ablations() []string { return []string{OnlyDelta, OnlyMask, MaskOnes} }

// SMM adds a learned pattern to the image, multiplied by a mask that a small network makes for every image
// (sample-specific multi-channel masks, ICML 2024; docs/methods.md 1.3):
//
//	I(x) = x + δ ⊙ U_p(f_mask(x))
//
// x is the image, resized to the model's side N and normalised. f_mask is the mask generator, whose output has one
// value for each patch of p×p pixels. U_p repeats that value over its patch. Nothing bounds δ, the mask or the sum. δ
// starts at zero: the image starts unchanged, and the first gradient of φ is zero. The zero value is the paper's choice
// for a ResNet.
type SMM struct {
	// Patch is the patch size p in pixels, a power of two that divides the model's side: up to 16 with
	// 5 layers, up to 32 with 6. 0 takes 8.
	Patch int `json:"patch" usage:"SMM: patch size, a power of two"`
	// Layers is the number of convolutions of the mask generator: 5, or 6 as in the paper for a ViT. 0 takes 5.
	Layers int `json:"layers" usage:"SMM: convolutions of the mask generator, 5 or 6"`
	// Channels of the mask: 3, with either sign, or 1, which is the mean of the last features and never negative. 0
	// takes 3.
	Channels int `json:"channels" usage:"SMM: channels of the mask, 3 or 1"`
	// Multiplier multiplies the number of channels inside the mask generator, from 1/8 to 64 in steps of 1/8. 0 takes
	// 1.
	Multiplier float64 `json:"multiplier" usage:"SMM: factor for the channels inside the mask generator"`
	// Ablate is one of Ablations, or "" for the whole method.
	Ablate string `json:"ablate" usage:"SMM: leave out a part: delta, mask, ones"`
	// Seed decides the mask generator's initial weights. 0 takes the run's seed.
	Seed uint64 `json:"seed"`
}

// SeedOr returns s with this seed if its own is 0, which stands for none.
func (s SMM) SeedOr(seed uint64) Manipulation {
	s.Seed = cmp.Or(s.Seed, seed)
	return s
}

// filled returns s with the defaults in place of zero values.
func (s SMM) filled() SMM {
	s.Patch, s.Layers = cmp.Or(s.Patch, 8), cmp.Or(s.Layers, 5)
	s.Channels, s.Multiplier = cmp.Or(s.Channels, 3), cmp.Or(s.Multiplier, 1)
	return s
}

// Check returns an error for what is wrong whatever the model's side is.
func (s SMM) Check() error {
	s = s.filled()
	channels := s.Multiplier * firstChannels
	switch {
	case s.Ablate != "" && !slices.Contains(Ablations(), s.Ablate):
		return registry.Wrong("ablate", "SMM has no ablation %q; known: %s", s.Ablate, strings.Join(Ablations(), ", "))
	case s.Layers != 5 && s.Layers != 6:
		return registry.Wrong("layers", "SMM's mask generator has 5 or 6 convolutions, not %d", s.Layers)
	case s.Patch < 1 || s.Patch&(s.Patch-1) != 0:
		return registry.Wrong("patch", "SMM's patch size is a power of two, not %d", s.Patch)
	case s.pools() > s.Layers-1:
		return registry.Wrong("patch", "SMM's patch size is at most 16 with 5 layers and 32 with 6, not %d with %d", s.Patch, s.Layers)
	case s.Channels != 1 && s.Channels != 3:
		return registry.Wrong("channels", "SMM's mask has 3 channels or 1, not %d", s.Channels)
	case !(channels >= 1 && channels <= 64*firstChannels) || channels != float64(int(channels)):
		return registry.Wrong("multiplier", "the channels of SMM's mask generator are multiplied by 1/%d to 64 in steps of 1/%d, not by %v", firstChannels, firstChannels, s.Multiplier)
	}
	return registry.CheckSeed(s.Seed)
}

// pools is l, with p = 2^l.
func (s SMM) pools() int { return bits.TrailingZeros(uint(s.Patch)) }

// Name is "smm".
func (SMM) Name() string { return "smm" }

// Coordinates are learnable, at the input, additive: the authors' own label, though the mask depends on the image.
func (SMM) Coordinates() taxonomy.Coordinates {
	return taxonomy.Coordinates{Format: taxonomy.Learnable, Location: taxonomy.Input, Operator: taxonomy.Additive}
}

// Fit returns one hook, on normalised values: it adds δ ⊙ U_p(f_mask(x)), or the part of it that an ablation leaves. So
// one unit of δ is one standard deviation of the model's normalisation. The patch size must divide the model's side. The
// paper copies the closest patch if it does not; its code does not do that.
func (s SMM) Fit(m models.Info) (Fitted, error) {
	hook := func(scope *model.Scope, v models.Value) models.Value {
		v.Each, v.Shared = v.Total(), nil
		added := s.mask(scope, v, scope.IsTraining(v.Each.Graph()))
		if s.Ablate != OnlyMask {
			added = Mul(delta(scope, v.Each), added)
		}
		v.Each = Add(v.Each, added)
		return v
	}
	if s.Ablate == OnlyDelta {
		full, _ := Watermark{Kind: Full}.Fit(m)
		hook = full.Hooks[models.Normalised]
	}
	return Fitted{Side: m.Side, Hooks: Hooks{models.Normalised: hook}}, s.fits(m.Side)
}

// fits returns what is wrong for a model of that side.
func (s SMM) fits(side int) error {
	if err := s.Check(); err != nil {
		return err
	}
	if patch := s.filled().Patch; side%patch != 0 {
		return registry.Wrong("patch", "SMM's patch size %d does not divide the model's side %d; %d does", patch, side, side&-side)
	}
	return nil
}

// Mask is U_p(f_mask(x)), [B,side,side,3], with the statistics that training has left.
func (s SMM) Mask(scope *model.Scope, images models.Value) *Node {
	if s.Ablate == OnlyDelta {
		s.Ablate = MaskOnes // x + δ is the same as a mask of ones
	}
	return BroadcastToDims(s.mask(scope, images, false), images.Each.Shape().Dimensions...)
}

// mask is U_p(f_mask(x)), [B,side,side,3], or [B,side,side,1] if all channels have the same.
func (s SMM) mask(scope *model.Scope, v models.Value, training bool) *Node {
	s = s.filled()
	images := v.Each
	size, side := images.Shape().Dim(0), images.Shape().Dim(1)
	images.AssertDims(size, side, side, 3)
	if err := s.fits(side); err != nil {
		panic(err)
	}
	var mask *Node
	if s.Ablate == MaskOnes {
		mask = Ones(images.Graph(), shapes.Make(images.DType(), size, side/s.Patch, side/s.Patch, s.Channels))
	} else {
		mask = s.generator().apply(scope.At(MaskScope), v, training)
	}
	mask.AssertDims(size, side/s.Patch, side/s.Patch, s.Channels)
	return upsample(mask, s.Patch)
}

// upsample is U_p: it repeats every value of x over a patch of p×p, [B,h,w,C] to [B,hp,wp,C]. The gradient of a value
// is the sum over its patch.
func upsample(x *Node, p int) *Node {
	size, height, width, channels := x.Shape().Dim(0), x.Shape().Dim(1), x.Shape().Dim(2), x.Shape().Dim(3)
	x = BroadcastToDims(ExpandAxes(x, 2, 4), size, height, p, width, p, channels)
	return Reshape(x, size, height*p, width*p, channels)
}

// RunningStatistics tells whether there is a mask generator, which has running statistics.
func (s SMM) RunningStatistics() bool { return s.Ablate != OnlyDelta && s.Ablate != MaskOnes }

// Picture shows the pattern of δ, [side,side,3], row-major: 0 is grey, and the value with the largest absolute value is
// black or white. Mask says how much of it an image gets.
func (SMM) Picture(delta []float32, _ int) []float32 { return pictureOf(delta) }

// MarshalJSON records all settings, with the defaults in place of zero values.
func (s SMM) MarshalJSON() ([]byte, error) {
	type fields SMM
	return json.Marshal(fields(s.filled()))
}

// Trainable is 3·side², the values of δ, plus the number of parameters φ; an ablation leaves only one of the two.
func (s SMM) Trainable(m models.Info) int {
	if s.fits(m.Side) != nil {
		return 0
	}
	prompt, generator := 3*m.Side*m.Side, s.filled().generator().parameters()
	switch s.Ablate {
	case OnlyDelta, MaskOnes:
		return prompt
	case OnlyMask:
		return generator
	}
	return prompt + generator
}
