package train

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit"
)

// placed is the name of a data set as a record has it: one that names a folder names it from the root on, so that
// the run finds it from everywhere.
func placed(name string) string {
	if folder, ok := strings.CutPrefix(name, datasets.FolderPrefix); ok {
		if path, err := filepath.Abs(folder); err == nil {
			return datasets.FolderPrefix + path
		}
	}
	return name
}

// claim returns the state that a run goes on from, nil where it begins, or an error where what was trained in its
// directory, of which s is the state and before the record, would not compute the same. A run begins with its first
// step: what was done before bars no other settings. The record now is changed to what is true of both.
func (c Config) claim(s *saved, before vrkit.Manifest, now *vrkit.Manifest) (*saved, error) {
	now.Training.Epochs = max(now.Training.Epochs, before.Training.Epochs) // fewer than are trained take nothing back
	differences, err := before.Differences(*now)
	if err != nil {
		return nil, err
	}
	if len(differences) > 0 && s != nil && s.Epoch == 0 && s.Step == 0 {
		now.Training.Epochs = c.Epochs
		return nil, c.forget()
	}
	var recipe, engine []string
	for _, d := range differences {
		if strings.HasPrefix(d, "engine.") || strings.HasPrefix(d, "versions.") {
			engine = append(engine, d)
		} else {
			recipe = append(recipe, d)
		}
	}
	if err := before.Model.CheckWeights(now.Model.Name, now.Model.SHA256); err != nil {
		return nil, fmt.Errorf("%s is another run: %w", c.Run, err)
	}
	if len(recipe) > 0 {
		return nil, refuse(c.Run, recipe)
	}
	if len(engine) > 0 && !c.Force {
		return nil, fmt.Errorf("%s was computed by another engine (%s), so that its results would not repeat: take another run directory, or force it", c.Run, strings.Join(engine, "; "))
	}
	return s, nil
}

// trained is what was trained in the run directory: its state, nil where there is none, and its record, from the state,
// or, where that says nothing or is gone, from program.json. The record is nil where nothing was trained.
func (c Config) trained() (*saved, *vrkit.Manifest, error) {
	s, err := readState(c.Run)
	if err != nil {
		return nil, nil, err
	}
	if s != nil && s.record != nil {
		return s, s.record, s.record.CheckFormat(c.Run)
	}
	if s == nil {
		if _, err := os.Stat(filepath.Join(c.Run, vrkit.ArtefactDir)); errors.Is(err, os.ErrNotExist) {
			return nil, nil, nil
		}
	}
	m, err := vrkit.ReadManifest(c.Run)
	_, damaged := errors.AsType[*vrkit.DamagedError](err)
	if damaged || errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("%s was trained, and nothing says as what, because its %s is damaged or gone: put a copy of that back, or take another run directory", c.Run, vrkit.ManifestFile)
	}
	return s, &m, err
}

// forget removes what a try that trained nothing left behind, the state last, so that a kill in between changes nothing.
func (c Config) forget() error {
	err := os.RemoveAll(filepath.Join(c.Run, vrkit.ArtefactDir))
	for _, name := range []string{metricsFile, diagnosticsFile, timingFile, vrkit.ManifestFile, stateFile} {
		if removed := os.Remove(filepath.Join(c.Run, name)); !errors.Is(removed, os.ErrNotExist) {
			err = errors.Join(err, removed)
		}
	}
	return err
}
