package train_test

import (
	"path/filepath"
	"testing"

	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/train"

	. "github.com/gomlx/gomlx/core/graph"
)

// brightest divides an image by its largest value, which is 0 for a black one.
type brightest struct{ input.Padding }

func (b brightest) Fit(m models.Info) (input.Fitted, error) {
	fitted, err := b.Padding.Fit(m)
	pad := fitted.Hooks[models.Pixels]
	fitted.Hooks[models.Pixels] = func(scope *model.Scope, v models.Value) models.Value {
		v.Each = Div(v.Each, ReduceAndKeep(v.Each, ReduceMax, 1, 2, 3))
		return pad(scope, v)
	}
	return fitted, err
}

// Every pass names the sample by its index among all samples, and the black images that fill up the last batch are no
// samples.
func TestPassesNameTheSample(t *testing.T) {
	c := config(t, filepath.Join(t.TempDir(), "run"), output.BLM{Lambda: 1})
	c.Program.Input = brightest{input.Padding{Image: 4}}
	p, err := vrkit.Compile(c.Backend, c.Program, 3)
	require.NoError(t, err)
	defer p.Finalize()
	passes := func() (errs [3]error) {
		_, errs[0] = train.Evaluate(t.Context(), p, c.Data.Train, 8, nil)
		_, errs[1] = train.Estimate(t.Context(), p, c.Data.Train, 8, nil)
		_, errs[2] = train.Answers(t.Context(), p, c.Data.Train, 8)
		return errs
	}
	require.Equal(t, [3]error{}, passes())
	clear(c.Data.Train[11].Pixels)
	for _, err := range passes() {
		require.ErrorContains(t, err, "sample 11: source logit 0 is NaN: no answer can be read from it")
	}
}
