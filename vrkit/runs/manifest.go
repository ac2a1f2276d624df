package runs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Manifest is a run directory's program.json: all that decides what a run computes, so that it can be repeated, resumed
// and used to predict. A new field must leave its default out of the file, so that older runs keep their digests.
type Manifest struct {
	Format      int                  `json:"format"` // of the run directory, [Format]; 0 in runs without a number
	Input       Part                 `json:"input"`
	Output      Part                 `json:"output"`
	Coordinates taxonomy.Coordinates `json:"coordinates"`
	Model       ModelRecord          `json:"model"`
	Data        DataRecord           `json:"data"`
	Training    TrainingRecord       `json:"training"`
	Engine      EngineRecord         `json:"engine"`
	Versions    map[string]string    `json:"versions"` // of Go and of the modules that compute
}

// Format is the number of the format of a run directory. It is raised by one when an older version could not read what
// a newer one writes.
const Format = 1

// Part is one side of a program: its name and its hyper-parameters.
type Part struct {
	Name     string         `json:"name"`
	Settings map[string]any `json:"settings,omitempty"`
}

// ModelRecord names the frozen model.
type ModelRecord struct {
	Name       string `json:"name"`
	Side       int    `json:"side"`                // side of the model's input, in pixels
	Precision  string `json:"precision,omitempty"` // of its computations, if not fp32
	SHA256     string `json:"sha256"`              // of its weights as loaded
	Sources    int    `json:"sources"`
	Trainables int    `json:"trainable_values"` // how many values the input manipulation learns
	// OutputTrainables is how many values a learned output alignment has in addition.
	OutputTrainables int `json:"output_trainable_values,omitempty"`
}

// CheckWeights returns an [OtherWeightsError] if a model's name or the hash of its weights is not the recorded one.
func (r ModelRecord) CheckWeights(name, hash string) error {
	if name == r.Name && hash != r.SHA256 {
		return &OtherWeightsError{Name: name, Recorded: r.SHA256, Now: hash}
	}
	return nil
}

// OtherWeightsError says that a run was trained with other weights of its frozen model: with a file of the user's own,
// or with the published ones.
type OtherWeightsError struct {
	Name          string // of the model
	Recorded, Now string // the weights' hashes
}

func (e *OtherWeightsError) Error() string {
	return fmt.Sprintf("it was trained with other weights of %s (sha256 %.12s…, now %.12s…)", e.Name, e.Recorded, e.Now)
}

// DataRecord names the data set and the subset of it.
type DataRecord struct {
	Name    string   `json:"name"`   // of a folder, its path when the run was last trained
	SHA256  string   `json:"sha256"` // of all pixels and labels of the subset
	Classes []string `json:"classes"`
	Train   int      `json:"train"`
	Val     int      `json:"val"`
	Test    int      `json:"test"`
}

// TrainingRecord says how the run learns.
type TrainingRecord struct {
	Recipe   json.RawMessage `json:"recipe"` // a train.Recipe
	Batch    int             `json:"batch"`
	Epochs   int             `json:"epochs"`
	Seed     uint64          `json:"seed"`
	Schedule string          `json:"schedule,omitempty"` // the ω schedule if ω is estimated: a train.Schedule
	// BatchNorm is a train.BatchNorm if the input manipulation has running statistics; "" is train.Running.
	BatchNorm string `json:"batchnorm,omitempty"`
	EndTests  bool   `json:"end_tests,omitempty"` // the test set was evaluated at the first and last epochs only
}

// EngineRecord names the engine: results are equal bit by bit only under the same one.
type EngineRecord struct {
	Backend  string `json:"backend"`
	Plugin   string `json:"plugin_sha256"`
	XLAFlags string `json:"xla_flags"`
	Threads  int    `json:"threads"`
	Devices  int    `json:"devices,omitempty"` // that shared the batches, if there were several
}

// ManifestFile is the name of the manifest's file in a run directory.
const ManifestFile = "program.json"

// ReadManifest reads a run directory's program.json.
func ReadManifest(run string) (Manifest, error) {
	var m Manifest
	path := filepath.Join(run, ManifestFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return m, fmt.Errorf("%s is no run directory: it has no %s; train a run there first: %w", run, ManifestFile, os.ErrNotExist)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("%w: %s", &DamagedError{path, err}, Rewrite)
	}
	return m, m.CheckFormat(run)
}

// CheckFormat returns an error if a newer version wrote the run directory of the manifest.
func (m Manifest) CheckFormat(run string) error {
	if m.Format > Format {
		return fmt.Errorf("%s was written by a newer version of this program (format %d, and this version knows up to %d): take a newer version", run, m.Format, Format)
	}
	return nil
}

// Rewrite tells what to do about a file of a run directory that is damaged, missing or of another program, and that can
// be written again from the run's state.
const Rewrite = "train the run again with its settings, which restores its files from its state"

// Write writes program.json into a run directory.
func (m Manifest) Write(run string) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return WriteFile(filepath.Join(run, ManifestFile), append(data, '\n'), 0o600)
}

// Program rebuilds the recorded program with an opened model.
func (m Manifest) Program(frozen *models.Model) (vrkit.Program, error) {
	manipulation, err := input.Restore(m.Input.Name, m.Input.Settings)
	if err != nil {
		return vrkit.Program{}, err
	}
	alignment, err := output.Restore(m.Output.Name, m.Output.Settings)
	if err != nil {
		return vrkit.Program{}, err
	}
	if err := m.Model.CheckWeights(frozen.Name, frozen.Weights.Hash()); err != nil {
		return vrkit.Program{}, err
	}
	p := vrkit.Program{Input: manipulation, Model: frozen, Output: alignment, Side: m.Model.Side, Precision: m.Model.Precision}
	return p, p.Check()
}

// Difference is one value that two manifests do not share.
type Difference struct {
	Path        string // in program.json, with dots: "training.batch"
	Before, Now string // the values; "nothing" where a manifest has none
}

// Differences lists where two manifests would compute different things, in the order of their paths. The number of epochs
// is left out, because a run can be trained on, and so is the data set's name, because its contents decide, wherever they
// lie.
func (m Manifest) Differences(now Manifest) ([]Difference, error) {
	before, err := m.flat()
	if err != nil {
		return nil, err
	}
	after, err := now.flat()
	if err != nil {
		return nil, err
	}
	keys := maps.Clone(before)
	maps.Copy(keys, after)
	for _, key := range undecided {
		delete(keys, key)
	}
	named := func(key string, value any) string {
		if value == nil { // a setting that is at nothing is left out of the file
			return "nothing"
		}
		if sum, ok := value.(string); ok && len(sum) == 2*sha256.Size && strings.HasSuffix(key, "sha256") {
			return sum[:12] + "…"
		}
		return fmt.Sprint(value)
	}
	var differences []Difference
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if !reflect.DeepEqual(before[key], after[key]) {
			differences = append(differences, Difference{key, named(key, before[key]), named(key, after[key])})
		}
	}
	return differences, nil
}

// Digest is the SHA-256, in hexadecimal, of the program, its data and how it learns, without the number of epochs. The
// files of a run carry it, so that files of another program are noticed. It leaves out engine and versions: they change
// rounding only, and a run may continue under others.
func (m Manifest) Digest() (string, error) {
	leaves, err := m.flat()
	if err != nil {
		return "", err
	}
	maps.DeleteFunc(leaves, func(key string, _ any) bool {
		return slices.Contains(undecided, key) || strings.HasPrefix(key, "engine.") || strings.HasPrefix(key, "versions.")
	})
	data, err := json.Marshal(leaves)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// CheckDigest returns an error if a file of a run directory belongs to another program than the directory's record.
// digest is the one in the file, or its beginning; "" is accepted.
func CheckDigest(run, path, digest string) error {
	if digest == "" {
		return nil
	}
	m, err := ReadManifest(run)
	if err != nil {
		return err
	}
	recorded, err := m.Digest()
	if err == nil && !strings.HasPrefix(recorded, digest) {
		err = fmt.Errorf("%s belongs to another program than %s records: put back the files that belong together, or %s", path, filepath.Join(run, ManifestFile), Rewrite)
	}
	return err
}

// undecided lists the keys of a manifest, by dotted path, that do not change what is computed.
var undecided = []string{"format", "training.epochs", "data.name"}

// flat returns the manifest's JSON by dotted path.
func (m Manifest) flat() (map[string]any, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := json.Unmarshal(data, &tree); err != nil {
		return nil, err
	}
	leaves := map[string]any{}
	var walk func(path []string, value any)
	walk = func(path []string, value any) {
		if children, ok := value.(map[string]any); ok {
			for key, child := range children {
				walk(append(slices.Clone(path), key), child)
			}
			return
		}
		leaves[strings.Join(path, ".")] = value
	}
	walk(nil, tree)
	return leaves, nil
}
