package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gomlx/compute"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Config has all that a run needs.
type Config struct {
	Program vrkit.Program
	Data    *datasets.Dataset
	Backend compute.Backend
	Engine  backend.Info // describes the backend, for the run's record
	Devices int          // how many devices of the backend share each batch; 0 is one

	Run      string   // the run directory, which is created or resumed
	Recipe   Recipe   // optimiser, learning rates and augmentation; AdamAt(.05) is a start
	Epochs   int      // of the whole run, also those of earlier processes; 0 takes the recipe's, or stays 0 if the program learns nothing
	Batch    int      // samples per step; 0 takes the recipe's
	Seed     uint64   // decides every random draw: the order of the training data, augmentation, and what the program's parts draw
	Schedule Schedule // the ω schedule; empty is Fast, or Exact if a mean is subtracted from the source logits
	// BatchNorm says which mean and variance an evaluation takes for a BatchNorm in the input manipulation; empty is
	// Running.
	BatchNorm BatchNorm
	Force     bool // resume even if the engine differs, so that results are not equal bit by bit
	EndTests  bool // evaluate the test set at epoch 0 and the last epoch only, to save time
	History   bool // keep what was learned, and ω, of every epoch in artefact/epoch-NNN.npz

	Events func(Event) // may be nil; called from the training goroutine
}

// Schedule is the ω schedule: which logits the statistics come from if ω is estimated every epoch, which the output
// says by [output.EveryEpoch] (docs/methods.md 2.7). Before the first epoch both schedules take a pass over the
// training data. It has nothing to do with the learning rate, whose schedule is [Group]'s.
type Schedule string

// The ω schedules.
const (
	Fast  Schedule = "fast"  // logits of the epoch before, from its training steps, while the prompt changes
	Exact Schedule = "exact" // a separate pass at the start of every epoch, with the prompt at that time
)

// Schedules lists the ω schedules.
var Schedules = []Schedule{Fast, Exact}

// filled returns the configuration with defaults in place of zero values.
func (c Config) filled() Config {
	if c.Epochs == 0 && c.Program.Learns() {
		c.Epochs = c.Recipe.Epochs
	}
	if c.Batch == 0 {
		c.Batch = c.Recipe.Batch
	}
	if c.Schedule == "" {
		c.Schedule = Fast
		if output.Centres(c.Program.Output) {
			c.Schedule = Exact
		}
	}
	if c.BatchNorm == "" {
		c.BatchNorm = Running
	}
	if c.Devices == 1 {
		c.Devices = 0
	}
	c.Recipe = c.Recipe.spread(c.Epochs)
	if c.Data != nil {
		c.Recipe.Augment = c.Recipe.Augment.on(c.Data.Info)
	}
	return c
}

// CheckRecipe returns an error if the run's directory, numbers or recipe are wrong. It needs neither model nor data.
func (c Config) CheckRecipe() error {
	c = c.filled()
	switch {
	case c.Run == "":
		return errors.New("a run needs a directory")
	case c.Epochs > 0 && !c.Program.Learns():
		return fmt.Errorf("%s with %s learns nothing, so that a run has no epochs: leave their number out, not %d", c.Program.Input.Name(), c.Program.Output.Name(), c.Epochs)
	case c.Epochs < 1 && c.Program.Learns():
		return fmt.Errorf("a run needs at least one epoch, not %d", c.Epochs)
	case !slices.Contains(Schedules, c.Schedule):
		return fmt.Errorf("no ω schedule is called %q; known: %s, %s", c.Schedule, Fast, Exact)
	case c.Schedule == Fast && output.Centres(c.Program.Output):
		return fmt.Errorf("a mean that is subtracted is estimated before the counts, in a pass of its own: take the ω schedule %s", Exact)
	}
	return errors.Join(c.BatchNorm.Check(), CheckBatch(c.Batch), c.checkDevices(), c.checkMemory(), c.Recipe.Check())
}

// maxPixels bounds the number of values of a batch's pixels. A larger number is a mistake, and would end the process
// for lack of memory.
const maxPixels = 1 << 31

// checkMemory returns an error if a batch at the model's side would hold more than maxPixels values.
func (c Config) checkMemory() error {
	if c.Program.Model == nil {
		return nil
	}
	side := c.Program.SideOrDefault()
	if c.Batch > 0 && side > 0 && side > maxPixels/3/c.Batch/side {
		return fmt.Errorf("a batch of %d pictures of side %d takes more memory than can be: take fewer pictures, or a smaller side", c.Batch, side)
	}
	return nil
}

// checkDevices returns an error if the devices can't share the batch.
func (c Config) checkDevices() error {
	switch {
	case c.Devices < 0:
		return fmt.Errorf("a run takes one device or several, not %d", c.Devices)
	case c.Devices > 1 && c.Batch%c.Devices != 0:
		return fmt.Errorf("%d devices can't share a batch of %d equally: take a batch that is a multiple of %d", c.Devices, c.Batch, c.Devices)
	}
	return nil
}

// maxBatch bounds a batch, so that a typing error does not ask for more memory than there is.
const maxBatch = 1 << 14

// CheckBatch returns an error if a batch can't have that many images.
func CheckBatch(size int) error {
	if size < 1 || size > maxBatch {
		return fmt.Errorf("a batch has 1 to %d samples, not %d", maxBatch, size)
	}
	return nil
}

// checkLabels returns an error, with the classes' names, if the label of an image is no class, or if ω is estimated and
// a class has no training sample.
func (c Config) checkLabels() error {
	d, counts := c.Data, make([]int, len(c.Data.Classes))
	for _, part := range [][]datasets.Sample{d.Test, d.Val, d.Train} {
		clear(counts) // at the end it has the counts of Train
		for i, sample := range part {
			if sample.Label < 0 || int(sample.Label) >= len(counts) {
				return fmt.Errorf("%s: sample %d has the label %d, but there are %d classes: labels go from 0 to %d", d.Name, i, sample.Label, len(counts), len(counts)-1)
			}
			counts[sample.Label]++
		}
	}
	if none := slices.Index(counts, 0); none >= 0 {
		if _, ok := c.Program.Output.(output.Estimator); ok {
			return fmt.Errorf("%s: none of the %d training samples is of the class %q, so that no mapping can be estimated for it: take more training samples", d.Name, len(d.Train), d.Classes[none])
		}
	}
	return nil
}

// check returns an error if the configuration does not make sense.
func (c Config) check() error {
	if err := errors.Join(c.CheckRecipe(), c.Program.Check()); err != nil {
		return err
	}
	if len(c.Data.Train) == 0 {
		return errors.New("there are no training samples")
	}
	return errors.Join(c.Recipe.CheckData(c.Data.Info, c.Program.Model.Info), c.checkLabels())
}

// CheckData returns an error if the model does not read the samples of the data set, or the recipe can't augment them.
func (r Recipe) CheckData(d datasets.Info, m models.Info) error {
	if d.Modality != m.Modality {
		return fmt.Errorf("a sample of %s is a %s, and %s reads a %s: take another data set or another model", d.Name, d.Modality, m.Name, m.Modality)
	}
	if d.Modality != taxonomy.Picture && r.Augment != (Augment{}) {
		return fmt.Errorf("a sample of %s is a %s, which can't be cropped or mirrored: take a recipe without augmentation, or -augment none", d.Name, d.Modality)
	}
	return nil
}

// manifest returns the run's record.
func (c Config) manifest() (runs.Manifest, error) {
	p, d := c.Program, c.Data
	recipe, err := json.Marshal(c.Recipe)
	if err != nil {
		return runs.Manifest{}, err
	}
	in, err := registry.Settings(p.Input)
	if err != nil {
		return runs.Manifest{}, err
	}
	out, err := registry.Settings(p.Output)
	if err != nil {
		return runs.Manifest{}, err
	}
	training := runs.TrainingRecord{Recipe: recipe, Batch: c.Batch, Epochs: c.Epochs, Seed: c.Seed, EndTests: c.EndTests}
	if _, ok := p.Output.(output.Estimator); ok {
		training.Schedule = string(c.Schedule)
	}
	if c.BatchNorm == Precise && hasStatistics(p) {
		training.BatchNorm = string(Precise)
	}
	trainables := 0
	if counted, ok := p.Input.(input.Trainables); ok {
		trainables = counted.Trainable(p.Info())
	}
	precision := p.Precision
	if precision == vrkit.FP32 {
		precision = "" // the record of fp32 has no precision, so that it equals the records of format 0
	}
	outputTrainables := 0
	if counted, ok := p.Output.(output.Trainables); ok {
		outputTrainables = counted.Trainable(p.Model.Sources(), len(d.Classes))
	}
	return runs.Manifest{
		Format:      runs.Format,
		Input:       runs.Part{Name: p.Input.Name(), Settings: in},
		Output:      runs.Part{Name: p.Output.Name(), Settings: out},
		Coordinates: p.Coordinates(),
		Model:       runs.ModelRecord{Name: p.Model.Name, Side: p.SideOrDefault(), Precision: precision, SHA256: p.Model.Weights.Hash(), Sources: p.Model.Sources(), Trainables: trainables, OutputTrainables: outputTrainables},
		Data:        runs.DataRecord{Name: datasets.Absolute(d.Name), SHA256: d.SHA256, Classes: d.Classes, Train: len(d.Train), Val: len(d.Val), Test: len(d.Test)},
		Training:    training,
		Engine:      runs.EngineRecord{Backend: c.Backend.Name(), Plugin: c.Engine.SHA256, XLAFlags: c.Engine.XLAFlags, Threads: c.Engine.Threads, Devices: c.Devices},
		Versions:    versions(p.Model.Name),
	}, nil
}

// versions lists the versions of Go and of the GoMLX modules in this binary that a run with this model depends on. Those
// that convert ONNX files are left out for other models, whose runs can be resumed whether the binary has them or not.
func versions(model string) map[string]string {
	v := map[string]string{"go": runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, dependency := range info.Deps {
		module, ok := strings.CutPrefix(dependency.Path, "github.com/gomlx/")
		converts := module == "onnx-gomlx" || module == "exceptions"
		if ok && (!converts || models.IsONNX(model)) {
			v[dependency.Path] = dependency.Version
		}
	}
	return v
}
