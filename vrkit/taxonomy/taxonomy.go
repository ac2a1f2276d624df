// Package taxonomy names the four dimensions in which reprogramming methods differ.
//
// The survey of neural network reprogrammability (Ye et al., 2025) writes a reprogrammed model as
//
//	ŷ = O_ω ∘ f ∘ I_{λ,τ,ℓ}(x, c)
//
// with f the frozen model, I the input manipulation and O the output alignment. A method is given by its format λ,
// location ℓ, operator τ and alignment ω.
package taxonomy

import "strings"

// Format λ says whether the manipulation is learned or fixed.
type Format string

// The formats.
const (
	Learnable Format = "learnable"
	Fixed     Format = "fixed"
)

// Location ℓ is the interface of the frozen model where the manipulation happens. A method may need more than one:
// see [Several].
type Location string

// The locations, from the outside in.
const (
	Input     Location = "input"
	Embedding Location = "embedding"
	Hidden    Location = "hidden"
)

// Operator τ says how the manipulation meets the sample. A method may need more than one: see [Several].
type Operator string

// The operators.
const (
	Additive      Operator = "additive"
	Concatenative Operator = "concatenative"
	Parametric    Operator = "parametric"
)

// Alignment ω says how the frozen model's answer becomes an answer to the target task.
type Alignment string

// The alignments.
const (
	Identity    Alignment = "identity"
	RuleBased   Alignment = "rule-based"
	Statistical Alignment = "statistical"
	Linear      Alignment = "linear"
)

// Several is the value of a dimension in which a method has more than one: embedding+hidden.
func Several[T ~string](values ...T) T {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return T(strings.Join(texts, "+"))
}

// Each lists the values of a dimension: the inverse of [Several].
func Each[T ~string](several T) (values []T) {
	for text := range strings.SplitSeq(string(several), "+") {
		values = append(values, T(text))
	}
	return values
}

// Coordinates place one program in the taxonomy.
type Coordinates struct {
	Format    Format    `json:"format"`
	Location  Location  `json:"location"`
	Operator  Operator  `json:"operator"`
	Alignment Alignment `json:"alignment"`
}

// String prints the coordinates in the order λ, ℓ, τ, ω.
func (c Coordinates) String() string {
	return strings.Join([]string{string(c.Format), string(c.Location), string(c.Operator), string(c.Alignment)}, " / ")
}
