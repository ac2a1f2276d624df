package output

import "github.com/vrkit-go/reprogram/vrkit/taxonomy"

// Identity reads target t from source t: ω is the first K columns of the identity matrix. It is for frozen models whose
// source labels are the target labels already, such as a text-image model with one prompt a class (docs/methods.md
// 2.9).
type Identity struct{}

// Name is "identity".
func (Identity) Name() string { return "identity" }

// Alignment is the identity.
func (Identity) Alignment() taxonomy.Alignment { return taxonomy.Identity }

// Mapping has ones on the diagonal. It is an error if there are more target than source labels.
func (Identity) Mapping(sources, targets int) (Mapping, error) {
	if err := requireSources(sources, targets); err != nil {
		return Mapping{}, err
	}
	pi := make([]int, targets)
	for target := range pi {
		pi[target] = target
	}
	return OneHot(sources, pi), nil
}
