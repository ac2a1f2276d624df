package train_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// The error for other settings uses the user's words: it names what was chosen, not what follows from it.
func TestRefusal(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	c := config(t, run, output.BLM{Lambda: 1})
	c.Epochs = 1
	_, err := train.Train(t.Context(), c)
	require.NoError(t, err)
	for want, change := range map[string]func(c *train.Config){
		"images 30, now 20":                         func(c *train.Config) { c.Data = stripes(20, 12, 12) },
		"test samples 12, now 6":                    func(c *train.Config) { c.Data = stripes(30, 12, 6) },
		"n 4, now 6":                                func(c *train.Config) { c.Program.Input = input.Padding{Image: 6} },
		"images 30, now 20; test samples 12, now 6": func(c *train.Config) { c.Data = stripes(20, 12, 6) },
		"images 30, now 20; batch 8, now 5":         func(c *train.Config) { c.Data, c.Batch = stripes(20, 12, 12), 5 },
		"batch 8, now 9; seed 3, now 4":             func(c *train.Config) { c.Batch, c.Seed = 9, 4 },
		"lambda 1, now 2; schedule of ω fast, now exact": func(c *train.Config) {
			c.Program.Output, c.Schedule = output.BLM{Lambda: 2}, train.Exact
		},
		"input pad, now full":         func(c *train.Config) { c.Program.Input = input.Watermark{Width: 4} },
		"output blm, now linear":      func(c *train.Config) { c.Program.Output = output.Linear{} },
		"learning rate 0.05, now 0.1": func(c *train.Config) { c.Recipe = train.AdamAt(.1) },
		"learning rate of the mask generator 0.05, now 0.2; learning rate 0.05, now 0.1": func(c *train.Config) { c.Recipe.Prompt.Rate, c.Recipe.Mask.Rate = .1, .2 },
		"recipe course, now paper": func(c *train.Config) { c.Recipe.Name, c.Recipe.Optimiser = "paper", train.SGD },
		"data set stripes, now others": func(c *train.Config) {
			others := *c.Data
			others.Name, others.SHA256, others.Classes = "others", "other pictures", []string{"a", "b", "c"}
			c.Data = &others
		},
	} {
		other := c
		change(&other)
		_, err := train.Train(t.Context(), other)
		require.EqualError(t, err, run+" was trained differently ("+want+"): choose another name, or delete "+run)
	}
	other := *c.Data
	other.SHA256 = "other pictures"
	c.Data = &other
	_, err = train.Train(t.Context(), c)
	require.ErrorContains(t, err, "(contents of the data set ", "nothing but the contents differs")
}
