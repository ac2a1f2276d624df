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
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// Config is all that a run needs.
type Config struct {
	Program vrkit.Program
	Data    *datasets.Dataset
	Backend compute.Backend
	Engine  backend.Info // what the backend is, for the run's record
	Devices int          // of the backend, which share each batch; 0 is one

	Run      string   // the run directory: made, or resumed
	Recipe   Recipe   // how it learns; AdamAt(.05) is a start
	Epochs   int      // in all, those of an earlier process included; 0 takes the recipe's
	Batch    int      // images a step; 0 takes the recipe's
	Seed     uint64   // of all that is drawn: the order of the training data, how they are varied, and what the program's parts draw
	Schedule Schedule // when ω's statistics are gathered; empty is Fast
	// BatchNorm says what an evaluation takes for the mean and variance of a batch normalisation in the input
	// manipulation; empty is Running.
	BatchNorm BatchNorm
	Force     bool // resume even if the engine differs, so that results are not bit-equal
	EndTests  bool // measure the test set at epoch 0 and at the last one asked for only, to save time
	History   bool // keep what was learned, and ω, of every epoch: artefact/epoch-NNN.npz

	Events func(Event) // may be nil; called from the training goroutine
}

// Schedule says where the statistics of an ω that is estimated every epoch come from
// (docs/methods.md 2.7). Before the first epoch both take a pass over the training data.
type Schedule string

// The schedules.
const (
	Fast  Schedule = "fast"  // the training passes of the epoch before, while the prompt moves
	Exact Schedule = "exact" // a pass of its own at the start of every epoch, with the prompt as it is then
)

// Schedules lists them.
var Schedules = []Schedule{Fast, Exact}

// filled returns the configuration with what its zero values stand for.
func (c Config) filled() Config {
	if c.Epochs == 0 {
		c.Epochs = c.Recipe.Epochs
	}
	if c.Batch == 0 {
		c.Batch = c.Recipe.Batch
	}
	if c.Schedule == "" {
		c.Schedule = Fast
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

// CheckRecipe returns what is wrong with the run's directory and numbers: a check that needs neither
// model nor data.
func (c Config) CheckRecipe() error {
	c = c.filled()
	switch {
	case c.Run == "":
		return errors.New("a run needs a directory")
	case c.Epochs < 1:
		return fmt.Errorf("a run needs at least one epoch, not %d", c.Epochs)
	case !slices.Contains(Schedules, c.Schedule):
		return fmt.Errorf("no schedule is called %q; known: %s, %s", c.Schedule, Fast, Exact)
	case !slices.Contains(BatchNorms, c.BatchNorm):
		return fmt.Errorf("no batch normalisation is called %q; known: %s, %s", c.BatchNorm, Running, Precise)
	}
	return errors.Join(CheckBatch(c.Batch), c.checkDevices(), c.checkMemory(), c.Recipe.Check())
}

// maxPixels bounds the values of a batch's pixels: more is a slip, and would end the process for want of memory.
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

// maxBatch keeps a slip of the finger from asking for more memory than there is.
const maxBatch = 1 << 14

// CheckBatch returns an error that says how many images a batch may have.
func CheckBatch(size int) error {
	if size < 1 || size > maxBatch {
		return fmt.Errorf("a batch has 1 to %d images, not %d", maxBatch, size)
	}
	return nil
}

// checkLabels returns an error, by the classes' names, if an image is of no class, or if ω is to be estimated and a
// class has no training image.
func (c Config) checkLabels() error {
	d, counts := c.Data, make([]int, len(c.Data.Classes))
	for _, part := range [][]datasets.Sample{d.Test, d.Val, d.Train} {
		clear(counts) // in the end, those of Train
		for i, sample := range part {
			if sample.Label < 0 || int(sample.Label) >= len(counts) {
				return fmt.Errorf("%s: image %d has the label %d, but there are %d classes: labels go from 0 to %d", d.Name, i, sample.Label, len(counts), len(counts)-1)
			}
			counts[sample.Label]++
		}
	}
	if none := slices.Index(counts, 0); none >= 0 {
		if _, ok := c.Program.Output.(output.Estimator); ok {
			return fmt.Errorf("%s: none of the %d training images is of the class %q, so that no mapping can be estimated for it: take more training images", d.Name, len(d.Train), d.Classes[none])
		}
	}
	return nil
}

// check returns what does not make sense.
func (c Config) check() error {
	if err := errors.Join(c.CheckRecipe(), c.Program.Check()); err != nil {
		return err
	}
	if len(c.Data.Train) == 0 {
		return errors.New("there are no training images")
	}
	return c.checkLabels()
}

// manifest records the run.
func (c Config) manifest() (vrkit.Manifest, error) {
	p, d := c.Program, c.Data
	recipe, err := json.Marshal(c.Recipe)
	if err != nil {
		return vrkit.Manifest{}, err
	}
	training := vrkit.TrainingRecord{Recipe: recipe, Batch: c.Batch, Epochs: c.Epochs, Seed: c.Seed, EndTests: c.EndTests}
	if _, ok := p.Output.(output.Estimator); ok {
		training.Schedule = string(c.Schedule)
	}
	if c.BatchNorm == Precise && hasStatistics(p) {
		training.BatchNorm = string(Precise)
	}
	trainables := 0
	if counted, ok := p.Input.(input.Trainables); ok {
		trainables = counted.Trainable(p.SideOrDefault())
	}
	precision := p.Precision
	if precision == vrkit.FP32 {
		precision = "" // as in runs of before there was another
	}
	outputTrainables := 0
	if counted, ok := p.Output.(output.Trainables); ok {
		outputTrainables = counted.Trainable(p.Model.Sources(), len(d.Classes))
	}
	return vrkit.Manifest{
		Format:      vrkit.Format,
		Input:       vrkit.Part{Name: p.Input.Name(), Settings: p.Input.Settings()},
		Output:      vrkit.Part{Name: p.Output.Name(), Settings: p.Output.Settings()},
		Coordinates: p.Coordinates(),
		Model:       vrkit.ModelRecord{Name: p.Model.Name, Side: p.SideOrDefault(), Precision: precision, SHA256: p.Model.Weights.Hash(), Sources: p.Model.Sources(), Trainables: trainables, OutputTrainables: outputTrainables},
		Data:        vrkit.DataRecord{Name: placed(d.Name), SHA256: d.SHA256, Classes: d.Classes, Train: len(d.Train), Val: len(d.Val), Test: len(d.Test)},
		Training:    training,
		Engine:      vrkit.EngineRecord{Backend: c.Backend.Name(), Plugin: c.Engine.SHA256, XLAFlags: c.Engine.XLAFlags, Threads: c.Engine.Threads, Devices: c.Devices},
		Versions:    versions(),
	}, nil
}

// versions lists what computes: Go and the GoMLX modules that this binary was built with.
func versions() map[string]string {
	v := map[string]string{"go": runtime.Version()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, dependency := range info.Deps {
		if strings.HasPrefix(dependency.Path, "github.com/gomlx/") {
			v[dependency.Path] = dependency.Version
		}
	}
	return v
}
