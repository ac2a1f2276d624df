package train

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// named returns a recipe with its schedules spread over epochs, as in a run.
func named(t *testing.T, name string, epochs int) Recipe {
	r, err := NamedRecipe(name)
	require.NoError(t, err)
	require.NoError(t, r.Check())
	return r.spread(epochs)
}

// TestPapersRates compares the rate of every epoch with the papers' (docs/methods.md 3.1; for the mask generator of a
// ViT 1.3). Within an epoch it stays the same.
func TestPapersRates(t *testing.T) {
	for _, name := range []string{"blm", "blm-watermark", "smm", "smm-vit"} {
		r := named(t, name, 200)
		require.Equal(t, 200, r.Epochs)
		require.Equal(t, 256, r.Batch)
		require.Equal(t, Adam, r.Optimiser)
		for epoch := range 200 {
			prompt := .01
			switch {
			case epoch >= 144:
				prompt = .0001
			case epoch >= 100:
				prompt = .001
			}
			mask := prompt
			if name == "smm-vit" {
				mask = .001
			}
			for _, step := range []int{0, 17, 39} {
				rates := r.stepInput(epoch, step, 40)
				require.InEpsilon(t, prompt, rates[promptRate], 1e-12, "%s: the prompt in epoch %d", name, epoch)
				require.InEpsilon(t, mask, rates[maskRate], 1e-12, "%s: the mask generator in epoch %d", name, epoch)
				require.InEpsilon(t, 10*prompt, rates[outputRate], 1e-12, "%s: the learned output in epoch %d", name, epoch)
			}
		}
	}
	for name, want := range map[string]Augment{"blm": {}, "blm-watermark": {Margin: 4, Flip: true}, "smm": {Margin: 32, Flip: true}, "smm-vit": {Margin: 32, Flip: true}, "clip": {}, "course": {}} {
		require.Equal(t, want, named(t, name, 200).Augment, name)
	}
}

// In a run of other than the published epochs the rate changes at the same shares of them, truncated as int does.
func TestLRScheduleOfOtherLengths(t *testing.T) {
	for epochs, want := range map[int][2]int{200: {100, 144}, 100: {50, 72}, 60: {30, 43}, 7: {3, 5}, 1: {0, 0}} {
		g := named(t, "blm", epochs).Prompt
		require.Equal(t, epochs, g.Horizon)
		var drops [2]int // the first epoch of each lower rate
		for i, below := range []float64{.005, .0005} {
			for g.rateAt(drops[i], 0, 9) > below {
				drops[i]++
			}
		}
		require.Equal(t, want, drops, "of %d epochs", epochs)
	}
}

// TestCosineRates compares with the values of docs/methods.md 3.1, and checks that the rate is smaller at every step.
func TestCosineRates(t *testing.T) {
	const epochs, steps = 200, 6
	r := named(t, "clip", epochs)
	require.Equal(t, SGD, r.Optimiser)
	require.Equal(t, .9, r.Momentum)
	for _, g := range []Group{r.Prompt, r.Mask, r.Output} {
		require.Equal(t, 40., g.rateAt(0, 0, steps))
		require.InDelta(t, 34.142, g.rateAt(epochs/4, 0, steps), .0005)
		require.InDelta(t, 20, g.rateAt(epochs/2, 0, steps), 1e-12)
		require.InDelta(t, 0, g.rateAt(epochs, 0, steps), 1e-12)
		last := math.Inf(1)
		for epoch := range epochs {
			for step := range steps {
				rate := g.rateAt(epoch, step, steps)
				require.Less(t, rate, last, "epoch %d, step %d", epoch, step)
				require.InDelta(t, 20*(1+math.Cos(math.Pi*float64(epoch*steps+step)/(epochs*steps))), rate, 1e-12)
				last = rate
			}
		}
		require.Positive(t, last, "no step is lost at a rate of 0")
	}
}

// TestWarmupRates compares with the values of the paper's schedule (docs/methods.md 3.1): it changes from epoch to epoch
// alone, and a run of other lengths warms up in a tenth of its epochs.
func TestWarmupRates(t *testing.T) {
	r := named(t, "vpt", 100)
	require.Equal(t, [5]any{SGD, .9, .001, 100, 64}, [5]any{r.Optimiser, r.Momentum, r.Decay, r.Epochs, r.Batch})
	require.Equal(t, Augment{}, r.Augment)
	for _, g := range []Group{r.Prompt, r.Mask, r.Output} {
		for epoch, rate := range map[int]float64{0: 0, 1: .025, 9: .225, 10: .25, 55: .125, 99: 7.614662e-5} {
			for _, step := range []int{0, 6} {
				require.InDelta(t, rate, g.rateAt(epoch, step, 7), 1e-11, "epoch %d", epoch)
			}
		}
	}
	for epochs, warm := range map[int]int{100: 10, 60: 6, 59: 5, 10: 1, 9: 0, 2: 0, 1: 0} {
		g := named(t, "vpt", epochs).Prompt
		require.Equal(t, .25, g.rateAt(warm, 0, 1), "of %d epochs", epochs)
		for epoch := range warm {
			require.InDelta(t, .25*float64(epoch)/float64(warm), g.rateAt(epoch, 0, 1), 1e-15, "of %d epochs", epochs)
		}
	}
}

// Recipes without weight decay have the record that they had before there was one.
func TestRecordsOfRecipes(t *testing.T) {
	for _, name := range RecipeNames() {
		record, err := json.Marshal(named(t, name, 7))
		require.NoError(t, err)
		require.Equal(t, name == "vpt", strings.Contains(string(record), "decay"), "%s", record)
	}
}

// Adam's bias corrections count the steps of the whole run, from one.
func TestMomentCorrections(t *testing.T) {
	r := AdamAt(.05)
	for at, want := range map[[2]int][2]float64{{0, 0}: {10, 1000}, {0, 1}: {1 / .19, 1 / .001999}, {2, 1}: {1 / (1 - math.Pow(.9, 16)), 1 / (1 - math.Pow(.999, 16))}} {
		scheduled := r.stepInput(at[0], at[1], 7)
		require.InEpsilon(t, want[0], scheduled[firstMoment], 1e-9, "%v", at)
		require.InEpsilon(t, want[1], scheduled[secondMoment], 1e-9, "%v", at)
	}
}

func TestRecipeChecks(t *testing.T) {
	steps := func(factor float64, at ...float64) Group {
		return Group{Rate: 1, LRSchedule: Steps, Factor: factor, At: at}
	}
	require.NoError(t, AdamAt(0).Check())
	for i, c := range []struct {
		want  string
		spoil func(r *Recipe)
	}{
		{`no optimiser is called "adamw"; known: adam, sgd`, func(r *Recipe) { r.Optimiser = "adamw" }},
		{"momentum must lie between 0 and 1, not 1", func(r *Recipe) { r.Momentum = 1 }},
		{"momentum must lie between 0 and 1, not -0.1", func(r *Recipe) { r.Momentum = -.1 }},
		{"momentum must lie between 0 and 1, not NaN", func(r *Recipe) { r.Momentum = math.NaN() }},
		{"weight decay must lie between 0 and 1, and only sgd has one: not -0.1 with sgd", func(r *Recipe) { r.Optimiser, r.Decay = SGD, -.1 }},
		{"weight decay must lie between 0 and 1, and only sgd has one: not NaN with sgd", func(r *Recipe) { r.Optimiser, r.Decay = SGD, math.NaN() }},
		{"weight decay must lie between 0 and 1, and only sgd has one: not 0.01 with adam", func(r *Recipe) { r.Decay = .01 }},
		{"learning rate of the prompt must be", func(r *Recipe) { r.Prompt.Rate = math.NaN() }},
		{"learning rate of the mask generator must be", func(r *Recipe) { r.Mask.Rate = -1 }},
		{"learning rate of the output must be", func(r *Recipe) { r.Output.Rate = math.Inf(1) }},
		{`no learning-rate schedule is called "step"; known: constant, steps, cosine`, func(r *Recipe) { r.Mask.LRSchedule = "step" }},
		{`no learning-rate schedule is called ""`, func(r *Recipe) { r.Output.LRSchedule = "" }},
		{"not by 0 at [0.5]", func(r *Recipe) { r.Prompt = steps(0, .5) }},
		{"not by 2 at [0.5]", func(r *Recipe) { r.Prompt = steps(2, .5) }},
		{"not by 0.1 at []", func(r *Recipe) { r.Output = steps(.1) }},
		{"not by 0.1 at [0.7 0.5]", func(r *Recipe) { r.Mask = steps(.1, .7, .5) }},
		{"not by 0.1 at [0.5 1.5]", func(r *Recipe) { r.Mask = steps(.1, .5, 1.5) }},
		{"not by 0.1 at [-0.5]", func(r *Recipe) { r.Mask = steps(.1, -.5) }},
		{"0 to 1024 pixels more before it crops them, not -1", func(r *Recipe) { r.Augment.Margin = -1 }},
		{"0 to 1024 pixels more before it crops them, not 1025", func(r *Recipe) { r.Augment.Margin = 1025 }},
	} {
		r := AdamAt(.05)
		c.spoil(&r)
		require.ErrorContains(t, r.Check(), c.want, "case %d", i)
	}
	r := AdamAt(-1) // one error names all that is wrong
	require.Len(t, strings.Split(r.Check().Error(), "\n"), 3)
	_, err := NamedRecipe("blm+")
	require.EqualError(t, err, `no recipe is called "blm+"; known: course, blm, blm-watermark, smm, smm-vit, clip, vpt`)
}

// Only schedules that are not constant have a horizon, and the run's replaces a caller's.
func TestSpread(t *testing.T) {
	r := named(t, "smm-vit", 30)
	require.Equal(t, [3]int{30, 0, 30}, [3]int{r.Prompt.Horizon, r.Mask.Horizon, r.Output.Horizon})
	r.Mask.Horizon = 5
	r = r.spread(12)
	require.Equal(t, [3]int{12, 0, 12}, [3]int{r.Prompt.Horizon, r.Mask.Horizon, r.Output.Horizon})
	require.Equal(t, 7, Config{Recipe: named(t, "clip", 200), Epochs: 7}.filled().Recipe.Prompt.Horizon)
}

// TestGroups checks for every variable that SMM and a learned output train whose learning rate it takes.
func TestGroups(t *testing.T) {
	p := vrkit.Program{Input: input.SMM{Patch: 4}, Model: modeltest.Tiny(), Output: output.Linear{}, Side: 16}
	compiled, err := vrkit.Compile(quickest(t), p, 3)
	require.NoError(t, err)
	require.NoError(t, compiled.Initialise())
	sizes := map[int]int{}
	for v := range compiled.Store.IterVariables() {
		if !v.Trainable {
			continue
		}
		group := groupOf(v.Path())
		sizes[group] += v.Shape().Size()
		switch group {
		case promptRate:
			require.Equal(t, "/input/"+input.PromptVariable, v.Path())
		case maskRate:
			require.True(t, strings.HasPrefix(v.Path(), "/input/"+input.MaskScope+"/"), v.Path())
		case outputRate:
			require.Equal(t, "/output/"+output.WeightsVariable, v.Path())
		}
	}
	prompt := 3 * 16 * 16
	require.Equal(t, map[int]int{
		promptRate: prompt,
		maskRate:   input.SMM{Patch: 4}.Trainable(models.Info{Side: 16}) - prompt,
		outputRate: modeltest.Sources * 3,
	}, sizes, "all that is learned, and nothing of the frozen model, is in one of the groups")
	require.Equal(t, outputRate, groupOf("/output/"+output.BiasVariable))
	require.Equal(t, promptRate, groupOf("/input/masks"), "a prompt of another name")
}
