package output

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/vrkit/initial"
	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// The values of Linear.Restrict.
const (
	NoBias      = "nobias"  // ω = W
	WithBias    = "none"    // ω = W, and a bias
	SigmoidOnly = "sigmoid" // ω = σ(W), between 0 and 1
)

// Restrictions lists the values of Linear.Restrict.
var Restrictions = []string{NoBias, WithBias, SigmoidOnly}

// The names of Linear's variables in its scope.
const (
	WeightsVariable = "weights" // W, [S,K]
	BiasVariable    = "bias"    // [K]
)

// The streams separate Linear's draws from each other and from other draws of a run's seed.
const (
	weightsStream = 0x4c494e
	biasStream    = 0x4c494f
)

// Linear is a linear layer on the source logits, trained by gradient together with the prompt: the learned mapping with
// which BLM's paper compares, S·K values (docs/methods.md 2.8). Its columns don't sum to one, in contrast to those of
// an estimated ω. So its answers change if a constant is added to all source logits.
type Linear struct {
	// Restrict is one of Restrictions; "" is NoBias. The paper's code computes that for "none" too, because it never
	// uses the bias that it makes. Here "none" has a bias.
	Restrict string `json:"restrict" usage:"linear: nobias, none, sigmoid"`
	// Seed decides the initial values: uniform between −1/√S and 1/√S, also for the bias, as in PyTorch's linear layer.
	// 0 takes the run's seed.
	Seed uint64 `json:"seed"`
}

// SeedOr returns l with this seed if its own is 0, which stands for none.
func (l Linear) SeedOr(seed uint64) Alignment {
	l.Seed = cmp.Or(l.Seed, seed)
	return l
}

// Name is "linear".
func (Linear) Name() string { return "linear" }

// Alignment is linear.
func (Linear) Alignment() taxonomy.Alignment { return taxonomy.Linear }

// Omega is W or σ(W), [S,targets], and with "none" the bias, [targets], for source logits [B,S], in their type. It
// panics if the restriction is unknown, as graph code does.
func (l Linear) Omega(scope *model.Scope, logits *graph.Node, targets int) (omega, bias *graph.Node) {
	if err := checkRestrict(l.Restrict); err != nil {
		panic(err)
	}
	sources := logits.Shape().Dim(-1)
	bound := 1 / math.Sqrt(float64(sources))
	variable := func(name string, stream uint64, dimensions ...int) *graph.Node {
		return scope.WithInitializer(initial.Uniform(l.Seed, stream, bound)).
			VariableWithShape(name, shapes.Make(logits.DType(), dimensions...)).NodeValue(logits.Graph())
	}
	omega = variable(WeightsVariable, weightsStream, sources, targets)
	switch l.Restrict {
	case WithBias:
		bias = variable(BiasVariable, biasStream, targets)
	case SigmoidOnly:
		omega = graph.Sigmoid(omega)
	}
	return omega, bias
}

// Trainable is S·K, plus K with a bias.
func (l Linear) Trainable(sources, targets int) int {
	if l.Restrict == WithBias {
		return (sources + 1) * targets
	}
	return sources * targets
}

// MarshalJSON records all settings, with the default restriction in place of "".
func (l Linear) MarshalJSON() ([]byte, error) {
	type fields Linear
	l.Restrict = cmp.Or(l.Restrict, NoBias)
	return json.Marshal(fields(l))
}

// Check returns an error if the restriction is unknown or the seed too large.
func (l Linear) Check() error {
	return cmp.Or(checkRestrict(l.Restrict), registry.CheckSeed(l.Seed))
}

// checkRestrict returns an error that lists the restrictions.
func checkRestrict(restrict string) error {
	if restrict == "" || slices.Contains(Restrictions, restrict) {
		return nil
	}
	return registry.Wrong("restrict", "a linear layer has no restriction %q; known: %s", restrict, strings.Join(Restrictions, ", "))
}
