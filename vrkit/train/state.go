package train

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// state is the state of a run, without its variables.
type state struct {
	Epoch     int            `json:"epoch"`     // completed epochs
	Step      int            `json:"step"`      // batches done in the current epoch
	Seen      int            `json:"seen"`      // samples in them
	LossSum   float64        `json:"loss_sum"`  // over those samples
	Correct   float64        `json:"correct"`   // of those samples
	Estimated bool           `json:"estimated"` // ω is the current epoch's already
	Seconds   float64        `json:"seconds"`   // that earlier processes spent on the current epoch
	Best      int            `json:"best"`      // the epoch with the best validation accuracy so far
	Metrics   []runs.Metrics `json:"metrics"`
	// Diagnostics describe the ω of each entry of Metrics.
	Diagnostics []output.Diagnostics `json:"diagnostics"`
	// Kept are the epochs that were trained with History, so that each has an artefact of its own.
	Kept []int `json:"kept,omitempty"`
}

func (s *state) add(loss, correct float64, samples int) {
	s.Step++
	s.Seen += samples
	s.LossSum += loss * float64(samples)
	s.Correct += correct
}

// keep ends an epoch. It writes the state first, then the files that come from it: if the process is killed in between,
// the next one can write them.
func (t *trainer) keep(m runs.Metrics) error {
	s := &t.state
	s.Metrics = append(s.Metrics, m)
	artefact, err := t.artefact(m.Epoch)
	if err != nil {
		return err
	}
	diagnostics, err := output.Diagnose(artefact.Mapping, t.before)
	if err != nil {
		return err
	}
	t.before = artefact.Mapping
	s.Diagnostics = append(s.Diagnostics, diagnostics)
	if m.Epoch > 0 {
		*s = state{Epoch: m.Epoch, Best: s.Best, Metrics: s.Metrics, Diagnostics: s.Diagnostics, Kept: s.Kept}
	}
	if t.History {
		s.Kept = append(s.Kept, m.Epoch)
	}
	if m.ValAccuracy < 0 || m.ValAccuracy > s.Metrics[s.Best].ValAccuracy || m.Epoch == 0 {
		s.Best = m.Epoch
	}
	if err := t.save(); err != nil {
		return err
	}
	for which, epoch := range t.keeps() {
		if epoch == m.Epoch {
			if err := artefact.Save(t.Run, which); err != nil {
				return err
			}
		}
	}
	return t.tables()
}

// tables writes the run's record and tables from its state.
func (t *trainer) tables() error {
	return runs.WriteTables(t.Run, t.record, t.state.Metrics, t.state.Diagnostics)
}

// stateArray is the array with the state's JSON, recordArray the one with the record of what was trained, beforeArray
// the ω of the last evaluation. The next two are the statistics of the current training pass. The other arrays are
// variables, by their paths.
const (
	stateArray   = "state"
	recordArray  = "record"
	beforeArray  = "omega_before"
	jointArray   = "statistics_joint"
	samplesArray = "statistics_samples"
)

// save writes the state and every variable except the frozen model's.
func (t *trainer) save() error {
	s := t.state
	s.Seconds += time.Since(t.epochBegan).Seconds()
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	record, err := json.Marshal(t.record)
	if err != nil {
		return err
	}
	arrays := map[string]*tensors.Tensor{
		stateArray:  tensors.FromFlatDataAndDimensions(data, len(data)),
		recordArray: tensors.FromFlatDataAndDimensions(record, len(record)),
	}
	for variable := range t.program.Store.IterVariables() {
		if models.IsFrozen(variable) || vrkit.IsContext(variable) || !variable.HasValue() {
			continue
		}
		value, err := variable.Value()
		if err != nil {
			return err
		}
		arrays[variablePrefix+model.EscapeScopeName(variable.Path())] = value
	}
	// A graph creates its variables when it is built. What no graph of this process has created yet, such as the optimiser's
	// moments before the first step, stays as an earlier process saved it.
	for name, value := range t.loaded {
		if _, created := arrays[name]; !created && strings.HasPrefix(name, variablePrefix) {
			arrays[name] = value
		}
	}
	if len(t.before.Weights) > 0 {
		arrays[beforeArray] = tensors.FromFlatDataAndDimensions(slices.Clone(t.before.Weights), t.before.Sources, t.before.Targets)
	}
	if t.seen != nil {
		arrays[jointArray] = tensors.FromFlatDataAndDimensions(slices.Clone(t.seen.Joint), t.seen.Sources, t.seen.Targets)
		samples := make([]int64, t.seen.Targets)
		for i, n := range t.seen.Samples {
			samples[i] = int64(n)
		}
		arrays[samplesArray] = tensors.FromFlatDataAndDimensions(samples, len(samples))
	}
	t.saved = time.Now()
	return runs.SaveArrays(filepath.Join(t.Run, runs.StateFile), zip.Store, arrays)
}

const variablePrefix = "variable"

// saved is the content of a state file.
type saved struct {
	state
	record *runs.Manifest // the record of what was trained; nil in files of format 0 that have none
	arrays map[string]*tensors.Tensor
}

// startOver tells what to do if a run can't continue from its state.
const startOver = "put a copy of it back, or delete the run directory to start over"

// readState reads the state of a run directory. It returns nil if there is none.
func readState(run string) (*saved, error) {
	path := filepath.Join(run, runs.StateFile)
	arrays, err := runs.LoadArrays(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	s := &saved{arrays: arrays}
	if err == nil {
		err = s.decode(path)
	}
	if _, damaged := errors.AsType[*runs.DamagedError](err); damaged {
		return nil, fmt.Errorf("%w: %s", err, startOver)
	}
	return s, err
}

// decode reads the arrays that hold JSON.
func (s *saved) decode(path string) error {
	for name, value := range map[string]any{stateArray: &s.state, recordArray: &s.record} {
		if s.arrays[name] == nil && name == recordArray {
			continue
		}
		if s.arrays[name] == nil {
			return &runs.DamagedError{Path: path, Err: fmt.Errorf("the array %q is missing", name)}
		}
		data, err := tensors.CopyFlatData[uint8](s.arrays[name])
		if err == nil {
			err = json.Unmarshal(data, value)
		}
		if err != nil {
			return &runs.DamagedError{Path: path, Err: fmt.Errorf("the array %q: %w", name, err)}
		}
	}
	if len(s.Diagnostics) != len(s.Metrics) || s.Best > max(0, len(s.Metrics)-1) {
		return &runs.DamagedError{Path: path, Err: errors.New("its parts do not belong together")}
	}
	return nil
}

// restore sets the run to a saved state, and writes the files that come from it.
func (t *trainer) restore(s *saved) (err error) {
	path := filepath.Join(t.Run, runs.StateFile)
	t.state = s.state
	t.loaded = s.arrays
	t.program.Store.SetLoader(&savedVariables{arrays: s.arrays})
	for _, mapping := range t.program.MappingPaths() {
		value, ok := s.arrays[variablePrefix+model.EscapeScopeName(mapping)]
		if !ok {
			return fmt.Errorf("%s holds no ω: %s", path, startOver)
		}
		if err := t.program.Store.GetVariable(mapping).SetValue(value); err != nil {
			return err
		}
	}
	if before := s.arrays[beforeArray]; before != nil {
		t.before = output.NewMapping(t.program.Model.Sources(), t.program.Targets)
		if t.before.Weights, err = tensors.CopyFlatData[float32](before); err != nil {
			return err
		}
	}
	if err := t.restoreStatistics(s.arrays); err != nil {
		return fmt.Errorf("%s: %w: %s", path, err, startOver)
	}
	if len(t.state.Metrics) == 0 {
		return nil
	}
	if err := t.tables(); err != nil {
		return err
	}
	return t.mend()
}

// restoreStatistics restores the statistics of the current training pass.
func (t *trainer) restoreStatistics(arrays map[string]*tensors.Tensor) (err error) {
	if t.seen == nil {
		return nil
	}
	joint, samples := arrays[jointArray], arrays[samplesArray]
	if joint == nil || samples == nil || joint.Size() != len(t.seen.Joint) || samples.Size() != t.seen.Targets {
		return errors.New("the statistics for the next ω are missing")
	}
	if t.seen.Joint, err = tensors.CopyFlatData[float64](joint); err != nil {
		return err
	}
	counts, err := tensors.CopyFlatData[int64](samples)
	for i, n := range counts {
		t.seen.Samples[i] = int(n)
	}
	return err
}

// savedVariables gives variables their saved values when a graph creates them.
type savedVariables struct {
	arrays map[string]*tensors.Tensor
}

// LoadVariable implements model.Loader.
func (s *savedVariables) LoadVariable(_ *model.Store, path string) (*tensors.Tensor, bool) {
	value, ok := s.arrays[variablePrefix+model.EscapeScopeName(path)]
	return value, ok
}

// DeleteVariable implements model.Loader.
func (s *savedVariables) DeleteVariable(_ *model.Store, path string) error {
	delete(s.arrays, variablePrefix+model.EscapeScopeName(path))
	return nil
}
