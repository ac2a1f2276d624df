// Package train learns a program's prompt and estimates its ω, in a run directory that any process can
// resume: the recipe, the loop, the state that is kept, and the report of progress.
package train

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofrs/flock"
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

	Run          string  // the run directory: made, or resumed
	Epochs       int     // in all, those of an earlier process included
	Batch        int     // images a step
	LearningRate float64 // of Adam; 0 leaves the prompt as it is, the mapping alone
	Seed         uint64  // of the order of the training data
	Force        bool    // resume even if the engine differs, so that results are not bit-equal

	Events func(Event) // may be nil; called from the training goroutine
}

// Result is what a run has come to.
type Result struct {
	Metrics []Metrics // epoch 0, before anything is learned, to the last
	Best    int       // the epoch with the best validation accuracy, the first of equals; the last without a validation set
	Program *vrkit.Compiled
}

// First, Last and BestEpoch are the metrics of those epochs.
func (r Result) First() Metrics     { return r.Metrics[0] }
func (r Result) Last() Metrics      { return r.Metrics[len(r.Metrics)-1] }
func (r Result) BestEpoch() Metrics { return r.Metrics[r.Best] }

// checkpointEvery bounds what a kill in the middle of an epoch can cost.
const checkpointEvery = 30 * time.Second

// Train trains a run, or resumes it where it stopped: at an epoch's end, or in the middle of one. A run
// that was killed at any moment ends with the same metrics, prompt and ω as one that was not. When the
// context ends, the state is saved and the context's error returned.
func Train(ctx context.Context, c Config) (Result, error) {
	manifest, err := c.manifest()
	if err != nil {
		return Result{}, err
	}
	if err := os.MkdirAll(filepath.Join(c.Run, stateDir), 0o700); err != nil {
		return Result{}, fmt.Errorf("can't make the run directory: %w", err)
	}
	lock := flock.New(filepath.Join(c.Run, stateDir, "lock"))
	if locked, err := lock.TryLock(); err != nil || !locked {
		return Result{}, errors.Join(fmt.Errorf("%s is being trained by another process: wait for it, or take another run directory", c.Run), err)
	}
	defer lock.Unlock()
	if err := c.claim(manifest); err != nil {
		return Result{}, err
	}
	t, err := newTrainer(c)
	if err != nil {
		return Result{}, err
	}
	err = t.run(ctx)
	return Result{Metrics: t.state.Metrics, Best: t.state.Best, Program: t.program}, err
}

// claim writes the manifest of a new run, or checks that an existing one would compute the same.
func (c Config) claim(now vrkit.Manifest) error {
	before, err := vrkit.ReadManifest(c.Run)
	if errors.Is(err, os.ErrNotExist) {
		return now.Write(c.Run)
	}
	if err != nil {
		return err
	}
	now.Training.Epochs = max(now.Training.Epochs, before.Training.Epochs) // fewer than are trained take nothing back
	differences, err := before.Differences(now)
	if err != nil {
		return err
	}
	var recipe, engine []string
	for _, d := range differences {
		if strings.HasPrefix(d, "engine.") || strings.HasPrefix(d, "versions.") {
			engine = append(engine, d)
		} else {
			recipe = append(recipe, d)
		}
	}
	if len(recipe) > 0 {
		return fmt.Errorf("%s was trained differently (%s): take another run directory, or the same settings", c.Run, strings.Join(recipe, "; "))
	}
	if len(engine) > 0 && !c.Force {
		return fmt.Errorf("%s was computed by another engine (%s), so that its results would not repeat: take another run directory, or force it", c.Run, strings.Join(engine, "; "))
	}
	return now.Write(c.Run)
}

// CheckRecipe returns what is wrong with the run's directory and numbers: a check that needs neither
// model nor data.
func (c Config) CheckRecipe() error {
	switch {
	case c.Run == "":
		return errors.New("a run needs a directory")
	case c.Epochs < 1:
		return fmt.Errorf("a run needs at least one epoch, not %d", c.Epochs)
	case !(c.LearningRate >= 0 && c.LearningRate <= 1e6):
		return fmt.Errorf("the learning rate must be a number of at least 0, not %v", c.LearningRate)
	}
	return CheckBatch(c.Batch)
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

// manifest records the run, after checking that it makes sense.
func (c Config) manifest() (vrkit.Manifest, error) {
	p, d := c.Program, c.Data
	if err := errors.Join(c.CheckRecipe(), p.Check()); err != nil {
		return vrkit.Manifest{}, err
	}
	if len(d.Train) == 0 {
		return vrkit.Manifest{}, errors.New("there are no training images")
	}
	trainables := 0
	if counted, ok := p.Input.(input.Trainables); ok {
		trainables = counted.Trainable(p.SideOrDefault())
	}
	return vrkit.Manifest{
		Input:       vrkit.Part{Name: p.Input.Name(), Settings: p.Input.Settings()},
		Output:      vrkit.Part{Name: p.Output.Name(), Settings: p.Output.Settings()},
		Coordinates: p.Coordinates(),
		Model:       vrkit.ModelRecord{Name: p.Model.Name, Side: p.SideOrDefault(), SHA256: p.Model.Weights.Hash(), Sources: p.Model.Sources(), Trainables: trainables},
		Data:        vrkit.DataRecord{Name: d.Name, SHA256: d.SHA256, Classes: d.Classes, Train: len(d.Train), Val: len(d.Val), Test: len(d.Test)},
		Training:    vrkit.TrainingRecord{Optimiser: "adam", LearningRate: c.LearningRate, Batch: c.Batch, Epochs: c.Epochs, Seed: c.Seed, Schedule: "exact"},
		Engine:      vrkit.EngineRecord{Backend: c.Backend.Name(), Plugin: c.Engine.SHA256, XLAFlags: c.Engine.XLAFlags, Threads: c.Engine.Threads},
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

// trainer is a run in progress.
type trainer struct {
	Config
	program *vrkit.Compiled
	step    *stepper
	state   state

	began      time.Time // of this process's part of the run
	epochBegan time.Time
	saved      time.Time
	perEpoch   time.Duration // how long the last epoch took here, 0 if none has ended yet
}

func newTrainer(c Config) (*trainer, error) {
	t := &trainer{Config: c, began: time.Now(), saved: time.Now()}
	var err error
	if t.program, err = vrkit.Compile(c.Backend, c.Program, len(c.Data.Classes)); err != nil {
		return nil, err
	}
	if t.step, err = newStepper(t.program, c.LearningRate); err != nil {
		return nil, err
	}
	if err := t.restore(); err != nil {
		return nil, err
	}
	return t, t.program.Initialise()
}

// run goes from the state as it is to the last epoch.
func (t *trainer) run(ctx context.Context) error {
	if err := t.trainEpochs(ctx); err != nil {
		t.report(Event{Stage: StageStopped, Epoch: t.state.Epoch, Epochs: t.Epochs})
		if ctx.Err() != nil { // a clean stop: what was done is kept
			return errors.Join(ctx.Err(), t.save())
		}
		return err
	}
	t.report(Event{Stage: StageDone, Epoch: t.state.Epoch, Epochs: t.Epochs})
	return nil
}

func (t *trainer) trainEpochs(ctx context.Context) error {
	for t.state.Epoch < t.Epochs {
		t.epochBegan = time.Now()
		if err := t.align(ctx); err != nil {
			return err
		}
		if len(t.state.Metrics) == 0 { // before anything is learned
			if err := t.endEpoch(ctx, Metrics{Epoch: 0}); err != nil {
				return err
			}
			t.epochBegan = time.Now()
		}
		if err := t.learn(ctx); err != nil {
			return err
		}
		n := float64(len(t.Data.Train))
		m := Metrics{Epoch: t.state.Epoch + 1, Loss: t.state.LossSum / n, TrainAccuracy: t.state.Correct / n}
		if err := t.endEpoch(ctx, m); err != nil {
			return err
		}
		t.perEpoch = time.Since(t.epochBegan)
	}
	return nil
}

// align estimates ω for the coming epoch, if its schedule asks for it and the state does not have it.
func (t *trainer) align(ctx context.Context) error {
	first := len(t.state.Metrics) == 0
	estimator, ok := t.Program.Output.(output.Estimator)
	if !ok || t.state.Estimated || (!first && estimator.Schedule() == output.Once) {
		return nil
	}
	mapping, err := estimate(ctx, t.program, t.Data.Train, t.Batch, t.clock(StageEstimate))
	if err != nil {
		return err
	}
	t.state.Estimated = true
	return t.program.SetMapping(mapping)
}

// learn takes the epoch's optimiser steps that are left.
func (t *trainer) learn(ctx context.Context) error {
	order := shuffled(len(t.Data.Train), t.Seed, t.state.Epoch)
	clock := t.clock(StageTrain)
	clock.first = t.state.Step
	clock.start(steps(len(order), t.Batch))
	for number, b := range batches(ctx, t.Data.Train, order, t.Batch, t.program.ImageSide(), t.state.Step) {
		loss, correct, err := t.step.run(b)
		if err != nil {
			return fmt.Errorf("epoch %d, step %d: %w", t.state.Epoch+1, number+1, err)
		}
		t.state.add(loss, correct, len(b.labels))
		clock.event.Loss, clock.event.Accuracy = t.state.LossSum/float64(t.state.Seen), t.state.Correct/float64(t.state.Seen)
		clock.tick(number+1, len(b.labels))
		if time.Since(t.saved) > checkpointEvery {
			if err := t.save(); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// endEpoch measures what the epoch came to, and keeps it.
func (t *trainer) endEpoch(ctx context.Context, m Metrics) error {
	m.ValAccuracy, m.TestAccuracy = -1, -1
	for _, part := range []struct {
		samples  []datasets.Sample
		accuracy *float64
	}{{t.Data.Val, &m.ValAccuracy}, {t.Data.Test, &m.TestAccuracy}} {
		if len(part.samples) == 0 {
			continue
		}
		e, err := evaluate(ctx, t.program, part.samples, t.Batch, t.clock(StageEvaluate))
		if err != nil {
			return err
		}
		*part.accuracy = e.Accuracy()
	}
	m.Seconds = t.state.Seconds + time.Since(t.epochBegan).Seconds()
	if err := t.keep(m); err != nil {
		return err
	}
	t.report(Event{Stage: StageEpoch, Epoch: m.Epoch, Epochs: t.Epochs, Loss: m.Loss, Accuracy: m.TrainAccuracy, Metrics: &m})
	return nil
}

func (t *trainer) report(e Event) {
	if t.Events != nil {
		e.Elapsed = time.Since(t.began)
		e.Remaining = max(e.Remaining, 0)
		t.Events(e)
	}
}

// clock reports a stage of the current epoch.
func (t *trainer) clock(stage string) *clock {
	epoch := t.state.Epoch + 1
	if stage != StageTrain && len(t.state.Metrics) == 0 {
		epoch = 0
	}
	return &clock{
		event:  Event{Stage: stage, Epoch: epoch, Epochs: t.Epochs},
		report: t.report,
		ahead:  time.Duration(t.Epochs-t.state.Epoch-1) * t.perEpoch,
	}
}
