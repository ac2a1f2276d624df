package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// claim returns the state that a run goes on from, nil where it begins, or an error where what was trained in its
// directory, of which s is the state and before the record, would not compute the same. A run begins with its first
// step: what was done before bars no other settings. The record now is changed to what is true of both.
func (c Config) claim(s *saved, before runs.Manifest, now *runs.Manifest) (*saved, error) {
	now.Training.Epochs = max(now.Training.Epochs, before.Training.Epochs) // asking for fewer epochs does not undo any
	differences, err := before.Differences(*now)
	if err != nil {
		return nil, err
	}
	if len(differences) > 0 && s != nil && s.Epoch == 0 && s.Step == 0 {
		now.Training.Epochs = c.Epochs
		return nil, runs.Forget(c.Run)
	}
	var recipe, engine []runs.Difference
	for _, d := range differences {
		if strings.HasPrefix(d.Path, "engine.") || strings.HasPrefix(d.Path, "versions.") {
			engine = append(engine, d)
		} else {
			recipe = append(recipe, d)
		}
	}
	if err := before.Model.CheckWeights(now.Model.Name, now.Model.SHA256); err != nil {
		return nil, fmt.Errorf("%s is another run: %w", c.Run, err)
	}
	if len(recipe) > 0 {
		return nil, refuse(c.Run, before, *now, recipe)
	}
	if len(engine) > 0 && !c.Force {
		return nil, fmt.Errorf("%s was computed by another engine (%s), so that its results would not repeat: take another run directory, or force it (-force)", c.Run, said(engine))
	}
	return s, nil
}

// trained returns what was trained in the run directory: its state, nil if there is none, and its record. The record
// comes from the state, or from program.json if the state has none. The record is nil if nothing was trained.
func (c Config) trained() (*saved, *runs.Manifest, error) {
	s, err := readState(c.Run)
	if err != nil {
		return nil, nil, err
	}
	if s != nil && s.record != nil {
		return s, s.record, s.record.CheckFormat(c.Run)
	}
	if s == nil {
		if _, err := os.Stat(filepath.Join(c.Run, runs.ArtefactDir)); errors.Is(err, os.ErrNotExist) {
			return nil, nil, nil
		}
	}
	m, err := runs.ReadManifest(c.Run)
	_, damaged := errors.AsType[*runs.DamagedError](err)
	if damaged || errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("%s was trained, and nothing says as what, because its %s is damaged or gone: put a copy of that back, or take another run directory", c.Run, runs.ManifestFile)
	}
	return s, &m, err
}
