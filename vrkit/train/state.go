package train

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
)

// The files of a run directory that belong to training. stateFile is the one truth: it holds what the
// run computed and where it is in the data. metricsFile and timingFile are written from it.
const (
	stateDir    = "state"
	stateFile   = "state/latest.npz"
	metricsFile = "metrics.csv"
	timingFile  = "timing.csv"
)

// state is where a run stands, beside its variables.
type state struct {
	Epoch     int       `json:"epoch"`     // epochs completed
	Step      int       `json:"step"`      // batches done in the epoch under way
	Seen      int       `json:"seen"`      // samples in them
	LossSum   float64   `json:"loss_sum"`  // over those samples
	Correct   float64   `json:"correct"`   // of those samples
	Estimated bool      `json:"estimated"` // whether ω is the one for the epoch under way
	Seconds   float64   `json:"seconds"`   // that earlier processes spent on the epoch under way
	Best      int       `json:"best"`      // the epoch with the best validation accuracy so far
	Metrics   []Metrics `json:"metrics"`
}

func (s *state) add(loss, correct float64, samples int) {
	s.Step++
	s.Seen += samples
	s.LossSum += loss * float64(samples)
	s.Correct += correct
}

// keep ends an epoch: the artefacts first, then the state, so that a kill in between repeats the epoch
// to the same result.
func (t *trainer) keep(m Metrics) error {
	s := &t.state
	s.Metrics = append(s.Metrics, m)
	if m.Epoch > 0 {
		*s = state{Epoch: m.Epoch, Best: s.Best, Metrics: s.Metrics}
	}
	artefact, err := t.program.Artefact()
	if err != nil {
		return err
	}
	if m.ValAccuracy < 0 || m.ValAccuracy > s.Metrics[s.Best].ValAccuracy || m.Epoch == 0 {
		s.Best = m.Epoch
		if m.ValAccuracy >= 0 {
			if err := artefact.Save(t.Run, vrkit.Best); err != nil {
				return err
			}
		}
	}
	if err := artefact.Save(t.Run, vrkit.Last); err != nil {
		return err
	}
	if err := t.save(); err != nil {
		return err
	}
	return t.writeTables()
}

// stateArray is the array that holds the state's JSON; the other arrays are variables by their path.
const stateArray = "state"

// save writes the state and every variable that is not the frozen model's.
func (t *trainer) save() error {
	s := t.state
	s.Seconds += time.Since(t.epochBegan).Seconds()
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	arrays := map[string]*tensors.Tensor{stateArray: tensors.FromFlatDataAndDimensions(data, len(data))}
	for variable := range t.program.Store.IterVariables() {
		if models.IsFrozen(variable) || !variable.HasValue() {
			continue
		}
		value, err := variable.Value()
		if err != nil {
			return err
		}
		arrays[variablePrefix+model.EscapeScopeName(variable.Path())] = value
	}
	t.saved = time.Now()
	return vrkit.SaveArrays(filepath.Join(t.Run, stateFile), arrays)
}

const variablePrefix = "variable"

// restore goes back to the saved state, if there is one.
func (t *trainer) restore() error {
	path := filepath.Join(t.Run, stateFile)
	arrays, err := vrkit.LoadArrays(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if arrays[stateArray] == nil {
		return fmt.Errorf("%s holds no state: delete the run directory to start over", path)
	}
	data, err := tensors.CopyFlatData[uint8](arrays[stateArray])
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &t.state); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	t.program.Store.SetLoader(&savedVariables{arrays: arrays})
	mapping := t.program.OmegaPath()
	value, ok := arrays[variablePrefix+model.EscapeScopeName(mapping)]
	if !ok {
		return fmt.Errorf("%s holds no ω: delete the run directory to start over", path)
	}
	if err := t.program.Store.GetVariable(mapping).SetValue(value); err != nil {
		return err
	}
	return t.writeTables()
}

// savedVariables gives variables their saved values as graphs come to create them.
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

// writeTables writes metrics.csv, which repeats bit by bit, and timing.csv, which does not.
func (t *trainer) writeTables() error {
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	share := func(v float64) string {
		if v < 0 {
			return ""
		}
		return number(v)
	}
	metrics := [][]string{{"epoch", "loss", "train_accuracy", "val_accuracy", "test_accuracy"}}
	timing := [][]string{{"epoch", "seconds"}}
	for _, m := range t.state.Metrics {
		row := []string{strconv.Itoa(m.Epoch), number(m.Loss), number(m.TrainAccuracy), share(m.ValAccuracy), share(m.TestAccuracy)}
		if m.Epoch == 0 {
			row[1], row[2] = "", "" // nothing was trained
		}
		metrics = append(metrics, row)
		timing = append(timing, []string{row[0], strconv.FormatFloat(m.Seconds, 'f', 2, 64)})
	}
	if err := writeCSV(filepath.Join(t.Run, metricsFile), metrics); err != nil {
		return err
	}
	return writeCSV(filepath.Join(t.Run, timingFile), timing)
}

func writeCSV(path string, rows [][]string) error {
	var buffer bytes.Buffer
	if err := csv.NewWriter(&buffer).WriteAll(rows); err != nil {
		return err
	}
	return vrkit.WriteFile(path, buffer.Bytes(), 0o600)
}

// ReadMetrics reads what a run has come to so far: epoch 0 first.
func ReadMetrics(run string) ([]Metrics, error) {
	file, err := os.Open(filepath.Join(run, metricsFile))
	if err != nil {
		return nil, fmt.Errorf("%s has no metrics yet: %w", run, err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.Name(), err)
	}
	if len(rows) < 2 || len(rows[0]) != 5 {
		return nil, fmt.Errorf("%s has no metrics yet", run)
	}
	var metrics []Metrics
	for _, row := range rows[1:] {
		values := make([]float64, len(row))
		for i, cell := range row {
			if cell == "" {
				values[i] = -1
			} else if values[i], err = strconv.ParseFloat(cell, 64); err != nil {
				return nil, fmt.Errorf("%s: %w", file.Name(), err)
			}
		}
		metrics = append(metrics, Metrics{Epoch: int(values[0]), Loss: values[1], TrainAccuracy: values[2], ValAccuracy: values[3], TestAccuracy: values[4]})
	}
	return metrics, nil
}
