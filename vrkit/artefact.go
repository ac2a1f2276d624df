package vrkit

import (
	"archive/zip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/vrkit/output"
)

// Artefact is what it takes to predict, beside the frozen model: what the manipulation learned, and ω.
// A run directory keeps it in artefact/, a few kB that numpy can read.
type Artefact struct {
	Learned map[string]*tensors.Tensor // by variable name; the prompt is input.PromptVariable
	Mapping output.Mapping
}

// Which names one of the artefacts that a run keeps.
type Which string

// The artefacts kept.
const (
	Last Which = "last" // after the last epoch trained
	Best Which = "best" // after the epoch with the best validation accuracy; there is none without a validation set
)

// Epoch names the artefact of one epoch, which a run keeps if it keeps its history.
func Epoch(epoch int) Which { return Which(fmt.Sprintf("epoch-%03d", epoch)) }

func artefactPath(run string, which Which) string {
	return filepath.Join(run, "artefact", string(which)+".npz")
}

// The arrays of the file: what was learned, below a prefix, and ω's non-zero values with its shape.
const (
	learnedPrefix = "learned_"
	omegaShape    = "omega_shape"
	omegaSources  = "omega_sources"
	omegaTargets  = "omega_targets"
	omegaWeights  = "omega_weights"
)

// Artefact copies what the program has learned, and its ω, from the store.
func (c *Compiled) Artefact() (Artefact, error) {
	a := Artefact{Learned: map[string]*tensors.Tensor{}}
	for _, variable := range c.learned() {
		value, err := variable.Value()
		if err == nil {
			value, err = value.LocalClone()
		}
		if err != nil {
			return a, err
		}
		a.Learned[learnedName(variable)] = value
	}
	var err error
	a.Mapping, err = c.Mapping()
	return a, err
}

// learnedName is a variable's path below the input scope, or from the output scope on.
func learnedName(v *model.Variable) string {
	return model.EscapeScopeName(strings.TrimPrefix(strings.TrimPrefix(v.Path(), "/"), inputScope+"/"))
}

// Use sets what the program has learned, and its ω.
func (c *Compiled) Use(a Artefact) error {
	if err := c.Initialise(); err != nil {
		return err
	}
	for _, variable := range c.learned() {
		value, ok := a.Learned[learnedName(variable)]
		if !ok || !value.Shape().Equal(variable.Shape()) {
			return fmt.Errorf("the artefact does not hold the program's %s of shape %s", variable.Name(), variable.Shape())
		}
		clone, err := value.LocalClone()
		if err != nil {
			return err
		}
		if err := variable.SetValue(clone); err != nil {
			return err
		}
	}
	if _, ok := c.Output.(output.Learned); ok {
		return nil // what ω is made of has been set
	}
	return c.SetMapping(a.Mapping)
}

// Save keeps the artefact in a run directory.
func (a Artefact) Save(run string, which Which) error {
	arrays := map[string]*tensors.Tensor{}
	for name, value := range a.Learned {
		arrays[learnedPrefix+name] = value
	}
	m := a.Mapping
	var sources, targets []int32
	var weights []float32
	for i, w := range m.Weights {
		if w != 0 {
			sources, targets, weights = append(sources, int32(i/m.Targets)), append(targets, int32(i%m.Targets)), append(weights, w)
		}
	}
	arrays[omegaShape] = tensors.FromFlatDataAndDimensions([]int32{int32(m.Sources), int32(m.Targets)}, 2)
	arrays[omegaSources] = tensors.FromFlatDataAndDimensions(sources, len(sources))
	arrays[omegaTargets] = tensors.FromFlatDataAndDimensions(targets, len(targets))
	arrays[omegaWeights] = tensors.FromFlatDataAndDimensions(weights, len(weights))
	path := artefactPath(run, which)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return SaveArrays(path, zip.Deflate, arrays)
}

// ReadArtefact reads what a run directory keeps.
func ReadArtefact(run string, which Which) (Artefact, error) {
	path := artefactPath(run, which)
	arrays, err := LoadArrays(path)
	if errors.Is(err, os.ErrNotExist) && which == Best {
		return Artefact{}, fmt.Errorf("%s keeps no best epoch, because it was trained without a validation set (-val)", run)
	}
	if err != nil {
		return Artefact{}, fmt.Errorf("%s has nothing to predict with yet: %w", run, err)
	}
	a := Artefact{Learned: map[string]*tensors.Tensor{}}
	for name, value := range arrays {
		if len(name) > len(learnedPrefix) && name[:len(learnedPrefix)] == learnedPrefix {
			a.Learned[name[len(learnedPrefix):]] = value
		}
	}
	if a.Mapping, err = readOmega(arrays); err != nil {
		return Artefact{}, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// readOmega rebuilds ω from its non-zero values.
func readOmega(arrays map[string]*tensors.Tensor) (m output.Mapping, err error) {
	var indices [3][]int32
	for i, name := range []string{omegaShape, omegaSources, omegaTargets} {
		if indices[i], err = flat[int32](arrays, name); err != nil {
			return m, err
		}
	}
	weights, err := flat[float32](arrays, omegaWeights)
	if err != nil {
		return m, err
	}
	shape, sources, targets := indices[0], indices[1], indices[2]
	if len(shape) != 2 || shape[0] < 1 || shape[1] < 1 || shape[0] > 1<<20 || shape[1] > 1<<16 || len(sources) != len(weights) || len(targets) != len(weights) {
		return m, errors.New("ω's arrays do not belong together")
	}
	m = output.Mapping{Sources: int(shape[0]), Targets: int(shape[1]), Weights: make([]float32, int(shape[0])*int(shape[1]))}
	for i, w := range weights {
		s, t := int(sources[i]), int(targets[i])
		if s < 0 || s >= m.Sources || t < 0 || t >= m.Targets {
			return m, fmt.Errorf("ω has a value at [%d,%d], outside %v", s, t, shape)
		}
		m.Weights[s*m.Targets+t] = w
	}
	return m, m.Check()
}

func flat[T int32 | float32](arrays map[string]*tensors.Tensor, name string) ([]T, error) {
	if arrays[name] == nil {
		return nil, fmt.Errorf("the array %q is missing", name)
	}
	return tensors.CopyFlatData[T](arrays[name])
}
