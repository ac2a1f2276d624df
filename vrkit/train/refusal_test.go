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
		"images: 30, now 20":                           func(c *train.Config) { c.Data = stripes(20, 12, 12) },
		"test images: 12, now 6":                       func(c *train.Config) { c.Data = stripes(30, 12, 6) },
		"input.settings.n: 4, now 6":                   func(c *train.Config) { c.Program.Input = input.Padding{Image: 6} },
		"images: 30, now 20; test images: 12, now 6":   func(c *train.Config) { c.Data = stripes(20, 12, 6) },
		"images: 30, now 20; training.batch: 8, now 5": func(c *train.Config) { c.Data, c.Batch = stripes(20, 12, 12), 5 },
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
	require.ErrorContains(t, err, "(data.sha256: ", "nothing but the contents differs")
}
