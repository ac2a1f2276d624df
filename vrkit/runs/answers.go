package runs

import (
	"archive/zip"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/vrkit-go/reprogram/vrkit/output"
)

// The arrays of a file of answers.
const (
	answersLogits  = "z"
	answersLabels  = "y"
	answersTargets = "targets"
)

// SaveAnswers writes a frozen model's answers to an .npz that numpy reads: z is [n,S], y is [n].
func SaveAnswers(path string, a output.Answers) error {
	n := len(a.Labels)
	if n == 0 || len(a.Logits) != n*a.Sources {
		return fmt.Errorf("%d logits of %d source labels are not those of %d samples", len(a.Logits), a.Sources, n)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return SaveArrays(path, zip.Deflate, map[string]*tensors.Tensor{
		answersLogits:  tensors.FromFlatDataAndDimensions(a.Logits, n, a.Sources),
		answersLabels:  tensors.FromFlatDataAndDimensions(a.Labels, n),
		answersTargets: tensors.FromFlatDataAndDimensions([]int32{int32(a.Targets)}, 1),
	})
}

// LoadAnswers reads what SaveAnswers wrote.
func LoadAnswers(path string) (a output.Answers, err error) {
	arrays, err := LoadArrays(path)
	if errors.Is(err, os.ErrNotExist) {
		return a, fmt.Errorf("there are no answers in %s yet: ask the frozen model first", path)
	}
	const remedy = "delete it, and ask the frozen model again"
	if err != nil {
		return a, fmt.Errorf("%w: %s", err, remedy)
	}
	targets, err := flat[int32](arrays, answersTargets)
	if err == nil {
		a.Labels, err = flat[int32](arrays, answersLabels)
	}
	if err == nil {
		a.Logits, err = flat[float32](arrays, answersLogits)
	}
	if err != nil {
		return a, fmt.Errorf("%w: %s", &DamagedError{path, err}, remedy)
	}
	if len(targets) != 1 || len(a.Labels) == 0 || len(a.Logits)%len(a.Labels) != 0 {
		return a, fmt.Errorf("%w: %s", &DamagedError{path, errors.New("its arrays do not belong together")}, remedy)
	}
	a.Sources, a.Targets = len(a.Logits)/len(a.Labels), int(targets[0])
	return a, nil
}
