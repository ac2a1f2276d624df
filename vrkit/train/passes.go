package train

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// pass runs a compiled program over samples, batch by batch, and reports progress. It takes pictures in order, and texts by
// their length, because a batch takes as long as its longest text.
func pass(ctx context.Context, c *vrkit.Compiled, samples []datasets.Sample, v augmenter, size int, clock *clock, visit func(b batch) error) error {
	order := inOrder(len(samples))
	if c.Model.Modality == taxonomy.Text {
		slices.SortStableFunc(order, func(a, b int) int { return len(samples[a].Text) - len(samples[b].Text) })
	}
	clock.start(steps(len(samples), size))
	for number, b := range batches(ctx, c, samples, order, v, size, 0) {
		if b.err != nil {
			return b.err
		}
		if err := visit(b); err != nil {
			return err
		}
		clock.tick(number+1, len(b.labels))
	}
	return ctx.Err()
}

// answers runs the program on a batch and returns the target logits, [n,K], and the source logits, [n,S], of its
// samples. It is an error if one is not finite.
func answers(c *vrkit.Compiled, b batch) (target, source []float32, err error) {
	if target, source, err = c.Logits(b.rows); err != nil {
		return nil, nil, err
	}
	target, source = target[:len(b.labels)*c.Targets], source[:len(b.labels)*c.Model.Sources()]
	return target, source, c.CheckLogits(target, source, b.chosen)
}

// Estimate computes ω from samples with the program's prompt at this time, by a separate pass: the papers' exact
// schedule. It does not set ω.
func Estimate(ctx context.Context, c *vrkit.Compiled, samples []datasets.Sample, size int, events func(Event)) (output.Mapping, error) {
	return estimate(ctx, c, samples, augmenter{}, size, &clock{event: Event{Stage: StageEstimate}, report: events})
}

func estimate(ctx context.Context, c *vrkit.Compiled, samples []datasets.Sample, v augmenter, size int, clock *clock) (output.Mapping, error) {
	estimator, ok := c.Output.(output.Estimator)
	if !ok {
		return output.Mapping{}, fmt.Errorf("%s has no ω to estimate", c.Output.Name())
	}
	statistics, needs := newStatistics(c), output.NeedsOf(estimator)
	if len(needs.Free) > 0 {
		source, err := free(c, needs.Free)
		if err != nil {
			return output.Mapping{}, err
		}
		statistics.AddFree(source)
	}
	for _, look := range []struct {
		needed bool
		at     func(source []float32, labels []int32) error
	}{
		{needs.Mean, func(source []float32, _ []int32) error { return statistics.AddMean(source) }},
		{needs.Labelled, func(source []float32, labels []int32) error { return estimator.Observe(statistics, source, labels) }},
	} {
		if !look.needed {
			continue
		}
		err := pass(ctx, c, samples, v, size, clock, func(b batch) error {
			_, source, err := answers(c, b)
			if err != nil {
				return err
			}
			return look.at(source, b.labels)
		})
		if err != nil {
			return output.Mapping{}, err
		}
	}
	return mapped(c, estimator, statistics)
}

// newStatistics are statistics of no samples, with the names of the model's source labels.
func newStatistics(c *vrkit.Compiled) *output.Statistics {
	s := output.NewStatistics(c.Model.Sources(), c.Targets)
	s.Labels = c.Model.Labels
	return s
}

// mapped estimates ω. It is an error if one token of a language model is the top answer of every text.
func mapped(c *vrkit.Compiled, estimator output.Estimator, statistics *output.Statistics) (output.Mapping, error) {
	if c.Model.Modality == taxonomy.Text {
		if err := statistics.Alive(); err != nil {
			return output.Mapping{}, err
		}
	}
	return estimator.Estimate(statistics)
}

// free are the source logits of texts without content, as the manipulation composes them.
func free(c *vrkit.Compiled, texts []string) ([]float32, error) {
	rows, err := c.Texts(texts)
	if err != nil {
		return nil, err
	}
	defer rows.Finalize()
	_, source, err := c.Logits(rows)
	return source, err
}

// Evaluation has a program's predictions for labelled samples.
type Evaluation struct {
	Predictions []int32 // [n], the target label with the largest logit, the first of equal ones
	Labels      []int32 // [n], the true labels
	Loss        float64 // mean cross-entropy
}

// Accuracy is the share of right predictions, 0 to 1.
func (e Evaluation) Accuracy() float64 {
	right := 0
	for i, p := range e.Predictions {
		if p == e.Labels[i] {
			right++
		}
	}
	return float64(right) / float64(len(e.Labels))
}

// Evaluate runs the whole program over samples. A logit that is not finite is an error.
func Evaluate(ctx context.Context, c *vrkit.Compiled, samples []datasets.Sample, size int, events func(Event)) (Evaluation, error) {
	return evaluate(ctx, c, samples, size, &clock{event: Event{Stage: StageEvaluate}, report: events})
}

func evaluate(ctx context.Context, c *vrkit.Compiled, samples []datasets.Sample, size int, clock *clock) (Evaluation, error) {
	e := Evaluation{Predictions: make([]int32, len(samples)), Labels: make([]int32, len(samples))}
	err := pass(ctx, c, samples, augmenter{}, size, clock, func(b batch) error {
		target, _, err := answers(c, b)
		if err != nil {
			return err
		}
		for i, label := range b.labels {
			answer, loss := read(target[i*c.Targets:(i+1)*c.Targets], label)
			e.Predictions[b.chosen[i]], e.Labels[b.chosen[i]] = answer, label
			e.Loss += loss
		}
		return nil
	})
	e.Loss /= float64(len(samples))
	return e, err
}

// read returns the label with the largest target logit, and the cross-entropy of the true one.
func read(logits []float32, label int32) (answer int32, loss float64) {
	for t, v := range logits {
		if v > logits[answer] {
			answer = int32(t)
		}
	}
	total := 0.
	for _, v := range logits {
		total += math.Exp(float64(v - logits[answer]))
	}
	return answer, math.Log(total) - float64(logits[label]-logits[answer])
}

// clock reports a stage: the steps done, the rate, and the time left.
type clock struct {
	event   Event
	report  func(Event)
	began   time.Time // when the stage began
	first   int       // steps done by an earlier process
	samples int
	ahead   time.Duration // the time of the stages after this one, as far as it is known
}

func (c *clock) start(steps int) {
	c.began, c.samples = time.Now(), 0
	c.event.Step, c.event.Steps = c.first, steps
	c.send()
}

func (c *clock) tick(step, samples int) {
	c.samples += samples
	c.event.Step = step
	elapsed := time.Since(c.began)
	c.event.SamplesPerSecond = float64(c.samples) / elapsed.Seconds()
	c.event.Remaining = c.ahead + time.Duration(float64(elapsed)/float64(step-c.first)*float64(c.event.Steps-step))
	c.send()
}

func (c *clock) send() {
	if c.report != nil {
		c.report(c.event)
	}
}
