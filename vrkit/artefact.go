package vrkit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// Which names one of the two states of a run that are kept to predict with.
type Which string

// The states kept.
const (
	Last Which = "last" // after the last epoch trained
	Best Which = "best" // after the epoch with the best validation accuracy; there is none without a validation set
)

// artefactPath is where a run keeps what it takes to predict: the learned input and ω, nothing of the model.
func artefactPath(run string, which Which) string {
	return filepath.Join(run, "artefact", string(which)+".npz")
}

// The arrays of an artefact beside the manipulation's variables: ω, its non-zero values alone.
const (
	omegaSources = "omega_sources"
	omegaTargets = "omega_targets"
	omegaWeights = "omega_weights"
)

// SaveArtefact keeps the learned input and ω in a run directory.
func (c *Compiled) SaveArtefact(run string, which Which) error {
	mapping, err := c.Mapping()
	if err != nil {
		return err
	}
	arrays := map[string]*tensors.Tensor{}
	for _, variable := range c.learned() {
		value, err := variable.Value()
		if err != nil {
			return err
		}
		arrays[arrayName(variable)] = value
	}
	var sources, targets []int32
	var weights []float32
	for i, w := range mapping.Weights {
		if w != 0 {
			sources, targets, weights = append(sources, int32(i/mapping.Targets)), append(targets, int32(i%mapping.Targets)), append(weights, w)
		}
	}
	arrays[omegaSources] = tensors.FromFlatDataAndDimensions(sources, len(sources))
	arrays[omegaTargets] = tensors.FromFlatDataAndDimensions(targets, len(targets))
	arrays[omegaWeights] = tensors.FromFlatDataAndDimensions(weights, len(weights))
	path := artefactPath(run, which)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return SaveArrays(path, arrays)
}

// arrayName is a variable's path below the input scope, as an array's name.
func arrayName(v *model.Variable) string {
	return "input" + model.EscapeScopeName(v.Path()[len("/"+inputScope):])
}

// LoadArtefact sets the program's learned input and ω from a run directory.
func (c *Compiled) LoadArtefact(run string, which Which) error {
	path := artefactPath(run, which)
	arrays, err := LoadArrays(path)
	if errors.Is(err, os.ErrNotExist) && which == Best {
		return fmt.Errorf("%s keeps no best epoch, because it was trained without a validation set (-val)", run)
	}
	if err != nil {
		return fmt.Errorf("%s has nothing to predict with yet: %w", run, err)
	}
	if err := c.Initialise(); err != nil {
		return err
	}
	for _, variable := range c.learned() {
		value, ok := arrays[arrayName(variable)]
		if !ok || !value.Shape().Equal(variable.Shape()) {
			return fmt.Errorf("%s does not hold the program's %s of shape %s", path, variable.Name(), variable.Shape())
		}
		if err := variable.SetValue(value); err != nil {
			return err
		}
	}
	mapping, err := unsparse(arrays, c.Model.Sources(), c.Targets)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return c.SetMapping(mapping)
}

// unsparse rebuilds ω from its non-zero values.
func unsparse(arrays map[string]*tensors.Tensor, sources, targets int) (output.Mapping, error) {
	m := output.Mapping{Sources: sources, Targets: targets, Weights: make([]float32, sources*targets)}
	for _, name := range []string{omegaSources, omegaTargets, omegaWeights} {
		if arrays[name] == nil {
			return m, fmt.Errorf("the array %q is missing", name)
		}
	}
	rows, err := tensors.CopyFlatData[int32](arrays[omegaSources])
	if err != nil {
		return m, err
	}
	columns, err := tensors.CopyFlatData[int32](arrays[omegaTargets])
	if err != nil {
		return m, err
	}
	weights, err := tensors.CopyFlatData[float32](arrays[omegaWeights])
	if err != nil {
		return m, err
	}
	if len(rows) != len(weights) || len(columns) != len(weights) {
		return m, errors.New("ω's arrays differ in length")
	}
	for i, w := range weights {
		s, t := int(rows[i]), int(columns[i])
		if s < 0 || s >= sources || t < 0 || t >= targets {
			return m, fmt.Errorf("ω has a value at [%d,%d], outside [%d,%d]", s, t, sources, targets)
		}
		m.Weights[s*targets+t] = w
	}
	return m, nil
}

// Prompt is the learned prompt as it is stored, [side,side,3] row-major: θ for padding, before σ.
func (c *Compiled) Prompt() ([]float32, error) {
	variable := c.Store.RootScope().At(inputScope).GetVariable(input.PromptVariable)
	if variable == nil {
		return nil, fmt.Errorf("%s has learned no prompt", c.Input.Name())
	}
	value, err := variable.Value()
	if err != nil {
		return nil, err
	}
	return tensors.CopyFlatData[float32](value)
}
