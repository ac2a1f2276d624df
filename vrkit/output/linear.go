package output

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// The restrictions of Linear.
const (
	NoBias      = "nobias"  // ω = W
	WithBias    = "none"    // ω = W, and a bias
	SigmoidOnly = "sigmoid" // ω = σ(W), between 0 and 1
)

// Restrictions lists what Linear.Restrict may be.
var Restrictions = []string{NoBias, WithBias, SigmoidOnly}

// The names of Linear's variables in its scope.
const (
	WeightsVariable = "weights" // W, [S,K]
	BiasVariable    = "bias"    // [K]
)

// The streams keep Linear's draws apart from each other and from what else is drawn from a run's seed.
const (
	weightsStream = 0x4c494e
	biasStream    = 0x4c494f
)

// Linear is a linear layer on the source logits, trained by gradient together with the prompt: the
// comparison of BLM's paper with a mapping that is learned, S·K values of it (docs/methods.md
// 2.8). Unlike an estimated ω its columns don't sum to one, so that its answers change when a constant
// is added to all source logits.
type Linear struct {
	// Restrict is one of Restrictions; "" is NoBias, which is what the paper's code computes for "none"
	// too: there a bias is made and never used. Here "none" has one.
	Restrict string
	// Seed is of the initial values, PyTorch's distribution for a linear layer: uniform between −1/√S
	// and 1/√S, the bias as well. 0 takes the run's.
	Seed uint64
}

// SeedOr is l with this seed, if it has none of its own.
func (l Linear) SeedOr(seed uint64) Alignment {
	l.Seed = cmp.Or(l.Seed, seed)
	return l
}

// Name is "linear".
func (Linear) Name() string { return "linear" }

// Alignment is linear.
func (Linear) Alignment() taxonomy.Alignment { return taxonomy.Linear }

// Omega is W or σ(W), [S,targets], and with "none" the bias, [targets], for source logits [B,S], of
// their type. An unknown restriction panics, as graph code does.
func (l Linear) Omega(scope *model.Scope, logits *graph.Node, targets int) (omega, bias *graph.Node) {
	if err := checkRestrict(l.Restrict); err != nil {
		panic(err)
	}
	sources := logits.Shape().Dim(-1)
	bound := 1 / math.Sqrt(float64(sources))
	variable := func(name string, stream uint64, dimensions ...int) *graph.Node {
		return scope.WithInitializer(uniform(l.Seed, stream, bound)).
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

// Trainable is S·K, and K more with a bias.
func (l Linear) Trainable(sources, targets int) int {
	if l.Restrict == WithBias {
		return (sources + 1) * targets
	}
	return sources * targets
}

// Settings are the restriction and the seed.
func (l Linear) Settings() map[string]any {
	return map[string]any{"restrict": cmp.Or(l.Restrict, NoBias), "seed": l.Seed}
}

// uniform draws a variable's initial values between −bound and bound on the host, where a seed draws
// the same whatever the backend and the type.
func uniform(seed, stream uint64, bound float64) model.VariableInitializer {
	return func(g *graph.Graph, shape shapes.Shape) *graph.Node {
		r := rand.New(rand.NewPCG(seed, stream))
		values := make([]float64, shape.Size())
		for i := range values {
			values[i] = (2*r.Float64() - 1) * bound
		}
		return graph.Reshape(graph.ConstAsDType(g, shape.DType, values), shape.Dimensions...)
	}
}

// checkRestrict returns an error that lists the restrictions.
func checkRestrict(restrict string) error {
	if restrict == "" || slices.Contains(Restrictions, restrict) {
		return nil
	}
	return taxonomy.Wrong("restrict", "a linear layer has no restriction %q; known: %s", restrict, strings.Join(Restrictions, ", "))
}
