package train_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// The stored logits give the same ω as a pass that stores none, and leave out the last batch's filling.
func TestAsk(t *testing.T) {
	c := config(t, filepath.Join(t.TempDir(), "run"), output.BLM{Lambda: 1})
	p, err := vrkit.Compile(c.Backend, c.Program, 3)
	require.NoError(t, err)
	a, err := train.Answers(t.Context(), p, c.Data.Train, 8)
	require.NoError(t, err)
	require.Len(t, a.Labels, 30)
	require.Len(t, a.Logits, 30*a.Sources)
	require.Equal(t, c.Data.Train[29].Label, a.Labels[29])
	want, err := train.Estimate(t.Context(), p, c.Data.Train, 8, nil)
	require.NoError(t, err)
	got, err := a.Omega(c.Program.Output)
	require.NoError(t, err)
	require.Equal(t, want, got)
}
