package runs

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// Artefact has all that is needed to predict, except the frozen model. A run directory keeps artefacts in artefact/, files
// of a few kB that numpy can read.
type Artefact struct {
	vrkit.Learned
	Program string // the digest of the manifest that it belongs to; "" if that is not known
	Epoch   int    // the epoch after which it was kept; 0 if Program is ""
}

// Which names one of the artefacts of a run.
type Which string

// The artefacts kept.
const (
	Last Which = "last" // after the last trained epoch
	Best Which = "best" // after the epoch with the best validation accuracy; there is none without a validation set
)

// Epoch names the artefact of one epoch, which a run keeps if it keeps its history.
func Epoch(epoch int) Which { return Which(fmt.Sprintf("epoch-%03d", epoch)) }

// ArtefactDir is the folder of a run directory with its artefacts.
const ArtefactDir = "artefact"

func artefactPath(run string, which Which) string {
	return filepath.Join(run, ArtefactDir, string(which)+".npz")
}

// The arrays of the file: the learned variables, with a prefix; the non-zero values of ω, its shape and its centre if it
// has one; the program and the epoch.
const (
	learnedPrefix = "learned_"
	omegaShape    = "omega_shape"
	omegaSources  = "omega_sources"
	omegaTargets  = "omega_targets"
	omegaWeights  = "omega_weights"
	omegaCentre   = "omega_centre"
	programDigest = "program"
	epochNumber   = "epoch"
)

// Save writes the artefact to a run directory.
func (a Artefact) Save(run string, which Which) error {
	arrays := map[string]*tensors.Tensor{}
	for name, value := range a.Variables {
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
	if m.Centre != nil {
		arrays[omegaCentre] = tensors.FromFlatDataAndDimensions(m.Centre, len(m.Centre))
	}
	if a.Program != "" {
		digest, err := hex.DecodeString(a.Program)
		if err != nil {
			return fmt.Errorf("the artefact's program is no digest: %w", err)
		}
		arrays[programDigest] = tensors.FromFlatDataAndDimensions(digest, len(digest))
		arrays[epochNumber] = tensors.FromFlatDataAndDimensions([]int32{int32(a.Epoch)}, 1)
	}
	path := artefactPath(run, which)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return SaveArrays(path, zip.Deflate, arrays)
}

// ReadArtefact reads an artefact of a run directory. If it is damaged, the error is a [DamagedError]; it is also an
// error if the artefact is of another program than the directory's record.
func ReadArtefact(run string, which Which) (Artefact, error) {
	path := artefactPath(run, which)
	arrays, err := LoadArrays(path)
	if errors.Is(err, os.ErrNotExist) {
		return Artefact{}, missing(run, which, path)
	}
	var a Artefact
	if err == nil {
		if a, err = readArtefact(arrays); err != nil {
			err = &DamagedError{path, err}
		}
	}
	if _, damaged := errors.AsType[*DamagedError](err); damaged {
		return Artefact{}, fmt.Errorf("%w: %s", err, Rewrite)
	}
	if err != nil {
		return Artefact{}, err
	}
	return a, CheckDigest(run, path, a.Program)
}

// missing is the error of an artefact that is not there. It says why, and what to do.
func missing(run string, which Which, path string) error {
	m, err := ReadManifest(run)
	switch {
	case err != nil:
		return err
	case which == Best && m.Data.Val == 0:
		return fmt.Errorf("%s keeps no best epoch, because it was trained without a validation set", run)
	}
	return fmt.Errorf("%s: %w: %s", path, os.ErrNotExist, Rewrite)
}

func readArtefact(arrays map[string]*tensors.Tensor) (a Artefact, err error) {
	a.Variables = map[string]*tensors.Tensor{}
	for name, value := range arrays {
		if learned, ok := strings.CutPrefix(name, learnedPrefix); ok {
			a.Variables[learned] = value
		}
	}
	if arrays[programDigest] != nil {
		digest, err := flat[uint8](arrays, programDigest)
		if err != nil {
			return a, err
		}
		epoch, err := flat[int32](arrays, epochNumber)
		if err != nil {
			return a, err
		}
		if len(digest) != sha256.Size || len(epoch) != 1 {
			return a, errors.New("it does not say what program and epoch it is of")
		}
		a.Program, a.Epoch = hex.EncodeToString(digest), int(epoch[0])
	}
	a.Mapping, err = readOmega(arrays)
	return a, err
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
	if arrays[omegaCentre] != nil {
		if m.Centre, err = flat[float32](arrays, omegaCentre); err != nil {
			return m, err
		}
	}
	return m, m.Check()
}

func flat[T uint8 | int32 | float32](arrays map[string]*tensors.Tensor, name string) ([]T, error) {
	if arrays[name] == nil {
		return nil, fmt.Errorf("the array %q is missing", name)
	}
	return tensors.CopyFlatData[T](arrays[name])
}
