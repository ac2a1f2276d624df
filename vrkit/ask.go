package vrkit

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"

	. "github.com/gomlx/gomlx/core/graph"
)

// Guess is one of a model's answers.
type Guess struct {
	Label       string
	Index       int
	Probability float64 // softmax over all labels
}

// SourceLogits runs the bare frozen model on pictures, RGB [n,side,side,3] row-major, and returns its
// logits, [n,S].
func SourceLogits(backend compute.Backend, frozen *models.Model, pixels []uint8, side int) ([]float32, error) {
	if err := frozen.Sides.Check(frozen.Name, side); err != nil {
		return nil, err
	}
	if len(pixels) == 0 || len(pixels)%(side*side*3) != 0 {
		return nil, fmt.Errorf("%d values are not RGB pictures of side %d", len(pixels), side)
	}
	pictures := tensors.FromFlatDataAndDimensions(slices.Clone(pixels), len(pixels)/(side*side*3), side, side, 3)
	logits, err := model.CallOnce(backend, model.NewStore(), func(root *model.Scope, pixels *Node) *Node {
		x := DivScalar(ConvertDType(pixels, dtypes.Float32), 255)
		return frozen.Logits(root, frozen.Normalisation.Apply(x))
	}, pictures)
	if err != nil {
		return nil, err
	}
	return tensors.CopyFlatData[float32](logits)
}

// Ask runs the bare frozen model on pictures, as SourceLogits does, and returns the k source labels that
// it finds likeliest for each, the likeliest first.
func Ask(backend compute.Backend, frozen *models.Model, pixels []uint8, side, k int) ([][]Guess, error) {
	logits, err := SourceLogits(backend, frozen, pixels, side)
	if err != nil {
		return nil, err
	}
	var guesses [][]Guess
	for row := range slices.Chunk(logits, frozen.Sources()) {
		guesses = append(guesses, Likeliest(row, frozen.Labels, k))
	}
	return guesses, nil
}

// Likeliest lists the k labels with the largest logits, the largest first, with their probabilities.
func Likeliest(logits []float32, labels []string, k int) []Guess {
	order := make([]int, len(logits))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(logits[b], logits[a]) })
	total := 0.
	for _, v := range logits {
		total += math.Exp(float64(v - logits[order[0]]))
	}
	guesses := make([]Guess, min(k, len(order)))
	for i := range guesses {
		guesses[i] = Guess{labels[order[i]], order[i], math.Exp(float64(logits[order[i]]-logits[order[0]])) / total}
	}
	return guesses
}
