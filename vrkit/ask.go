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
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Bare is a frozen model on a backend, without a program: it answers with its source labels. The backend gets the
// weights once, and the graph compiles once for each number and side of images. It is not safe for concurrent use.
type Bare struct {
	Model *models.Model
	store *model.Store
	exec  *model.Exec
}

// CompileModel puts a frozen model on a backend. Finalize releases its memory.
func CompileModel(backend compute.Backend, frozen *models.Model) (*Bare, error) {
	b := &Bare{Model: frozen, store: model.NewStore()}
	var err error
	b.exec, err = model.NewExec(backend, b.store, func(root *model.Scope, pixels *Node) *Node {
		x := DivScalar(ConvertDType(pixels, dtypes.Float32), 255)
		return frozen.Logits(root, frozen.Normalisation.Apply(x))
	})
	if err != nil {
		return nil, err
	}
	b.exec.SetMaxCache(anyNumber)
	return b, nil
}

// Logits returns the model's logits, [n,S], for images, RGB [n,side,side,3] row-major. A logit that is not finite is an
// error.
func (b *Bare) Logits(pixels []uint8, side int) ([]float32, error) {
	if b.Model.Modality != taxonomy.Picture {
		return nil, fmt.Errorf("%s reads no pictures: it takes a %s", b.Model.Name, b.Model.Modality)
	}
	if err := b.Model.Sides.Check(b.Model.Name, side); err != nil {
		return nil, err
	}
	images, err := pictures(pixels, side)
	if err != nil {
		return nil, err
	}
	defer images.FinalizeAll()
	answer, err := b.exec.Call1(images)
	if err != nil {
		return nil, err
	}
	defer answer.FinalizeAll()
	logits, err := tensors.CopyFlatData[float32](answer)
	if err != nil {
		return nil, err
	}
	if picture, err := unusable("source", logits, b.Model.Sources(), "the weights are damaged, or too large"); err != nil {
		return nil, fmt.Errorf("picture %d: %w", picture, err)
	}
	return logits, nil
}

// Ask returns the k likeliest source labels of each image, the likeliest first. It takes images as Logits does.
func (b *Bare) Ask(pixels []uint8, side, k int) ([][]Guess, error) {
	logits, err := b.Logits(pixels, side)
	if err != nil {
		return nil, err
	}
	var guesses [][]Guess
	for row := range slices.Chunk(logits, b.Model.Sources()) {
		one, err := Likeliest(row, b.Model.Labels, k)
		if err != nil {
			return nil, err
		}
		guesses = append(guesses, one)
	}
	return guesses, nil
}

// Finalize releases the model's memory on the backend. The model can't be used after it.
func (b *Bare) Finalize() {
	b.exec.Finalize()
	b.store.Finalize()
}

// Ask asks a frozen model once, as Bare.Ask does, and releases its memory. To ask more than once, use CompileModel.
func Ask(backend compute.Backend, frozen *models.Model, pixels []uint8, side, k int) ([][]Guess, error) {
	b, err := CompileModel(backend, frozen)
	if err != nil {
		return nil, err
	}
	defer b.Finalize()
	return b.Ask(pixels, side, k)
}

// Guess is one of a model's likeliest labels.
type Guess struct {
	Label       string
	Index       int
	Probability float64 // softmax over all labels
}

// Likeliest returns the k labels with the largest logits, the largest first, with their probabilities. logits and
// labels have the same length. A logit that is not finite is an error.
func Likeliest(logits []float32, labels []string, k int) ([]Guess, error) {
	if len(logits) == 0 || len(logits) != len(labels) || k < 0 {
		return nil, fmt.Errorf("the likeliest %d of %d logits can't be named with %d labels", k, len(logits), len(labels))
	}
	for i, v := range logits {
		if notFinite(v) {
			return nil, fmt.Errorf("the logit of %s is %v: no label can be the likeliest", labels[i], v)
		}
	}
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
	return guesses, nil
}
