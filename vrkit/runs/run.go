package runs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Run is a trained run, opened to look at it or to predict with it. It needs no backend until it is compiled.
type Run struct {
	Dir      string
	Manifest Manifest
	Program  vrkit.Program
	Artefact Artefact
	Metrics  []Metrics // epoch 0 first; none if they can't be read
	// MetricsErr says why there are no metrics and what to do. Predicting does not need them.
	MetricsErr error
}

// Open opens a run directory without changing it: its record, the frozen model that it names, and the artefact.
func Open(ctx context.Context, dir string, which Which, report fetch.Report) (*Run, error) {
	return OpenWeights(ctx, dir, which, "", report)
}

// OpenWeights is Open for a run that was trained with the user's own weight file, as [models.OpenWeights] takes
// it; an empty path takes the published weights. The error is a [OtherWeightsError] if the run had other weights.
func OpenWeights(ctx context.Context, dir string, which Which, weights string, report fetch.Report) (*Run, error) {
	manifest, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	if err := manifest.Known(); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	frozen, err := models.OpenWeights(ctx, manifest.Model.Name, weights, report)
	if err != nil {
		return nil, err
	}
	r := &Run{Dir: dir, Manifest: manifest}
	if r.Program, err = manifest.Program(frozen); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	if r.Artefact, err = ReadArtefact(dir, which); err != nil {
		return nil, err
	}
	r.Metrics, r.MetricsErr = ReadMetrics(dir)
	return r, nil
}

// Compile puts the run's program on a backend, with its learned variables and ω.
func (r *Run) Compile(backend compute.Backend) (*vrkit.Compiled, error) {
	c, err := vrkit.Compile(backend, r.Program, len(r.Manifest.Data.Classes))
	if err != nil {
		return nil, err
	}
	return c, c.Use(r.Artefact.Learned)
}

// ErrData says that a run's data set was not found.
var ErrData = errors.New("the run's data set is not there")

// Data loads the samples of the run. name is a data set that has them, such as a folder that has moved; "" is the
// recorded one. If it does not have them, the error is an [ErrData].
func (r *Run) Data(ctx context.Context, name string, report fetch.Report) (*datasets.Dataset, error) {
	record := r.Manifest.Data
	name = cmp.Or(name, record.Name)
	d, err := datasets.Load(ctx, name, datasets.Sizes{Train: record.Train, Val: record.Val, Test: record.Test}, report)
	_, _, own := datasets.Own(name)
	switch {
	case err != nil && ctx.Err() == nil && own:
		return nil, &dataError{fmt.Errorf("%s needs the data that it was trained with: %w", r.Dir, err)}
	case err != nil:
		return nil, err
	case d.SHA256 != record.SHA256:
		return nil, &dataError{fmt.Errorf("%s was trained with other data than %s holds (sha256 %.12s…, now %.12s…)", r.Dir, name, record.SHA256, d.SHA256)}
	case !slices.Equal(d.Classes, record.Classes):
		return nil, &dataError{fmt.Errorf("%s was trained with classes of other names than %s has (%q, now %q)", r.Dir, name, record.Classes, d.Classes)}
	}
	return d, nil
}

// dataError is an [ErrData] that says what was found.
type dataError struct{ err error }

func (e *dataError) Error() string   { return e.err.Error() }
func (e *dataError) Unwrap() []error { return []error{ErrData, e.err} }

// HasPicture tells whether the run learned a prompt of the input's shape.
func (r *Run) HasPicture() bool {
	prompt, ok := r.Artefact.Variables[input.PromptVariable]
	side := r.Program.SideOrDefault()
	return ok && slices.Equal(prompt.Shape().Dimensions, []int{side, side, 3})
}

// Prompt is what was learned at the input, as the manipulation stores it, [side,side,3] row-major.
func (r *Run) Prompt() ([]float32, error) {
	if !r.HasPicture() {
		return nil, fmt.Errorf("%s learned no prompt that is a picture", r.Dir)
	}
	prompt := r.Artefact.Variables[input.PromptVariable]
	return tensors.CopyFlatData[float32](prompt)
}

// SoftPrompt is what was learned before a text, [p,width] row-major, in the model's embedding; nil if nothing was.
func (r *Run) SoftPrompt() ([]float32, error) {
	for _, name := range []string{input.PromptVariable, model.EscapeScopeName(input.Soft{}.Name() + model.ScopeSeparator + input.PromptVariable)} {
		prompt, ok := r.Artefact.Variables[name]
		if ok && r.Program.Model.Modality == taxonomy.Text && r.Program.ActsAt(models.TokensInto(0)) {
			return tensors.CopyFlatData[float32](prompt)
		}
	}
	return nil, nil
}

// Last returns the metrics of the last trained epoch. It panics with MetricsErr if they can't be read.
func (r *Run) Last() Metrics {
	if r.MetricsErr != nil {
		panic(r.MetricsErr)
	}
	return r.Metrics[len(r.Metrics)-1]
}

// Voter is a source label with its weight for a target label.
type Voter struct {
	Source string
	Weight float64 // ω[source, target]; for every statistical mapping the sum over all sources is one
}

// Voters lists the at most k source labels with the largest weights for a target label, the largest first.
func (r *Run) Voters(target string, k int) ([]Voter, error) {
	t := slices.Index(r.Classes(), target)
	if t < 0 {
		return nil, fmt.Errorf("no target label is called %q; known: %q", target, r.Classes())
	}
	var voters []Voter
	for s, name := range r.Sources() {
		if w := r.Artefact.Mapping.At(s, t); w != 0 {
			voters = append(voters, Voter{name, float64(w)})
		}
	}
	slices.SortStableFunc(voters, func(a, b Voter) int { return cmp.Compare(b.Weight, a.Weight) })
	return voters[:min(k, len(voters))], nil
}

// Sources returns the names of the source labels, in the order of ω's rows.
func (r *Run) Sources() []string { return r.Program.Model.Labels }

// Classes returns the names of the target labels, in the order of ω's columns.
func (r *Run) Classes() []string { return r.Manifest.Data.Classes }
