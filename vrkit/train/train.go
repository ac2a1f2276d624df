// Package train trains a program's prompt and estimates its ω, in a run directory that any process can resume.
//
// [Train] works in epochs (docs/methods.md 3.2). Epoch 0 estimates ω and evaluates the initial program. Each further
// epoch estimates ω if its schedules ask for it (align.go), takes one optimiser step for each batch (batches.go,
// step.go, optimiser.go), evaluates validation and test samples (passes.go), and saves the state and the files that are
// written from it (state.go, mend.go). A [Recipe] has the optimiser, the learning rates and the
// augmentation. An [Event] reports progress. Package runs opens a trained run.
package train

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// Result has the results of a run.
type Result struct {
	Metrics []runs.Metrics  // from epoch 0, before training, to the last
	Best    int             // the epoch with the best validation accuracy, the first of equal ones; the last without a validation set
	Program *vrkit.Compiled // after the last step; its Finalize releases the memory
	Lost    []runs.Which    // artefacts of earlier epochs that are damaged or missing and can't be restored
	Unkept  []int           // epochs that History asks for but that were trained without it: they have no artefact
}

// Warning is one line about artefacts that are lost or were never kept, and "" if there are none.
func (r Result) Warning() string {
	var says []string
	if len(r.Lost) > 0 {
		files := make([]string, len(r.Lost))
		for i, which := range r.Lost {
			files[i] = string(which) + ".npz"
		}
		says = append(says, fmt.Sprintf("damaged or gone in %s, and held by no other file: %s", runs.ArtefactDir, strings.Join(files, ", ")))
	}
	if n := len(r.Unkept); n > 0 {
		says = append(says, fmt.Sprintf("%d of its epochs (%d to %d) were trained without -history, so that %s has no files of them: to have them, train a run in another directory with -history from the start",
			n, r.Unkept[0], r.Unkept[n-1], runs.ArtefactDir))
	}
	return strings.Join(says, "; ")
}

// First, Last and BestEpoch return the metrics of those epochs.
func (r Result) First() runs.Metrics     { return r.Metrics[0] }
func (r Result) Last() runs.Metrics      { return r.Metrics[len(r.Metrics)-1] }
func (r Result) BestEpoch() runs.Metrics { return r.Metrics[r.Best] }

// BestOnTest returns the metrics of the trained epoch with the best test accuracy, the first of equal ones. The papers
// report it; it is too good, because the test set chooses it.
func (r Result) BestOnTest() runs.Metrics {
	best := r.Metrics[min(1, len(r.Metrics)-1)]
	for _, m := range r.Metrics[1:] {
		if m.TestAccuracy > best.TestAccuracy {
			best = m
		}
	}
	return best
}

// ErrNotKept says that a run was stopped and its state could not be written.
var ErrNotKept = errors.New("stopped, and what was done since the state was last written is lost")

// checkpointEvery bounds the time of training that a kill can lose. Tests save more often.
var checkpointEvery = 30 * time.Second

// Train trains a run, or resumes it where it stopped: after an epoch, or within one. A run that was killed at any
// moment ends with the same metrics, prompt and ω as one that was not. When the context ends, Train saves the state and
// returns the context's error, or [ErrNotKept] if it can't save.
func Train(ctx context.Context, c Config) (Result, error) {
	c = c.filled()
	if err := c.check(); err != nil {
		return Result{}, err
	}
	unlock, err := runs.Lock(c.Run)
	if err != nil {
		return Result{}, err
	}
	defer unlock()
	before, record, err := c.trained()
	if err != nil {
		return Result{}, err
	}
	c.Program = c.seeded(record)
	samples := len(c.Data.Train)
	if c, err = c.chosen(); err != nil {
		return Result{}, err
	}
	manifest, err := c.manifest()
	if err != nil {
		return Result{}, err
	}
	manifest.Data.Train = samples // with those that the manipulation has taken
	if record != nil {
		if before, err = c.claim(before, *record, &manifest); err != nil {
			return Result{}, err
		}
	}
	if before == nil {
		if err := c.tryGradient(manifest); err != nil {
			return Result{}, err
		}
	}
	t, err := newTrainer(c, manifest)
	if err == nil && before != nil {
		err = t.restore(before)
	}
	if err != nil {
		return Result{}, err
	}
	defer t.finalize()
	err = t.run(ctx)
	return Result{Metrics: t.state.Metrics, Best: t.state.Best, Program: t.program, Lost: t.lost, Unkept: t.unkept}, err
}

// trainer is a run that is being trained.
type trainer struct {
	Config
	record  runs.Manifest
	digest  string // the record's digest
	program *vrkit.Compiled
	step    *stepper
	precise *reestimator // nil where running statistics stay as training leaves them, or there are none
	state   state
	before  output.Mapping             // the ω of the last evaluation; empty before the first
	seen    *output.Statistics         // statistics of the current epoch's training steps for the next ω; nil if it comes from a separate pass
	loaded  map[string]*tensors.Tensor // the arrays of the state that the run goes on from; nil if it begins
	lost    []runs.Which               // see [Result]
	unkept  []int                      // likewise

	began      time.Time // when this process began
	epochBegan time.Time
	saved      time.Time
	perEpoch   time.Duration // how long the last epoch took in this process; 0 before the first
}

func newTrainer(c Config, record runs.Manifest) (*trainer, error) {
	t := &trainer{Config: c, record: record, began: time.Now(), saved: time.Now()}
	var err error
	if t.digest, err = record.Digest(); err != nil {
		return nil, err
	}
	if t.program, err = vrkit.Compile(c.Backend, c.Program, len(c.Data.Classes)); err != nil {
		return nil, err
	}
	if err := t.program.Share(c.Devices); err != nil {
		return nil, err
	}
	if t.step, err = newStepper(t.program, c.Recipe, c.Seed); err != nil {
		return nil, err
	}
	if c.BatchNorm == Precise {
		if t.precise, err = newReestimator(t.program); err != nil {
			return nil, err
		}
	}
	t.watch()
	return t, nil
}

// finalize releases the graphs that only training needs.
func (t *trainer) finalize() {
	t.step.exec.Finalize()
	t.precise.finalize()
}

// run trains from the present state to the last epoch.
func (t *trainer) run(ctx context.Context) error {
	if err := t.trainEpochs(ctx); err != nil {
		t.report(Event{Stage: StageStopped, Epoch: t.state.Epoch, Epochs: t.Epochs})
		if ctx.Err() == nil {
			return err
		}
		if err := t.save(); err != nil {
			return fmt.Errorf("%w: %w", ErrNotKept, err)
		}
		return ctx.Err() // stopped, and the state is saved
	}
	t.report(Event{Stage: StageDone, Epoch: t.state.Epoch, Epochs: t.Epochs})
	return nil
}

func (t *trainer) trainEpochs(ctx context.Context) error {
	t.epochBegan = time.Now()
	if len(t.state.Metrics) == 0 {
		if err := t.initial(ctx); err != nil {
			return err
		}
	}
	for t.state.Epoch < t.Epochs {
		t.epochBegan = time.Now()
		if err := t.align(ctx); err != nil {
			return err
		}
		if err := t.learn(ctx); err != nil {
			return err
		}
		if err := t.reestimate(ctx); err != nil {
			return err
		}
		n := float64(len(t.Data.Train))
		m := runs.Metrics{Epoch: t.state.Epoch + 1, Loss: t.state.LossSum / n, TrainAccuracy: t.state.Correct / n}
		if err := t.endEpoch(ctx, m); err != nil {
			return err
		}
		t.perEpoch = time.Since(t.epochBegan)
	}
	return nil
}

// initial estimates ω and evaluates the program as it starts: epoch 0.
func (t *trainer) initial(ctx context.Context) error {
	if err := t.reestimate(ctx); err != nil {
		return err
	}
	if err := t.align(ctx); err != nil {
		return err
	}
	return t.endEpoch(ctx, runs.Metrics{Epoch: 0})
}

// learn takes the remaining steps of the epoch.
func (t *trainer) learn(ctx context.Context) error {
	order := shuffled(len(t.Data.Train), t.Seed, t.state.Epoch)
	total := steps(len(order), t.Batch)
	clock := t.clock(StageTrain)
	clock.first = t.state.Step
	clock.start(total)
	v := augmenter{t.Recipe.Augment, t.Seed, learning(t.state.Epoch)}
	for number, b := range batches(ctx, t.program, t.Data.Train, order, v, t.Batch, t.state.Step) {
		said, err := t.step.run(b, t.state.Epoch, number, total)
		if err == nil {
			err = t.observe(said, b.labels)
			said.finalize()
		}
		if err != nil {
			return fmt.Errorf("epoch %d, step %d: %w", t.state.Epoch+1, number+1, err)
		}
		t.state.add(said.loss, said.correct, len(b.labels))
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

// endEpoch evaluates the epoch and saves it.
func (t *trainer) endEpoch(ctx context.Context, m runs.Metrics) error {
	m.ValAccuracy, m.TestAccuracy = -1, -1
	for _, part := range []struct {
		samples  []datasets.Sample
		accuracy *float64
	}{{t.Data.Val, &m.ValAccuracy}, {t.Data.Test, &m.TestAccuracy}} {
		if len(part.samples) == 0 || (t.EndTests && &m.TestAccuracy == part.accuracy && m.Epoch != 0 && m.Epoch != t.Epochs) {
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

// clock starts a stage of the current epoch.
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
