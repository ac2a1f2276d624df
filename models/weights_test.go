package models

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// Values that were released are read again, and must not have changed.
func TestFrozen(t *testing.T) {
	reads, last, unreadable := 0, float32(2), error(nil)
	frozen, err := Freeze(func() (Weights, error) {
		reads++
		return Weights{"a": {Shape: []int{2}, Data: []float32{1, last}}}, unreadable
	})
	require.NoError(t, err)
	require.Equal(t, 2, frozen.Count())
	for _, before := range []int{1, 2} {
		for range 2 {
			a, err := frozen.value("a")
			require.NoError(t, err)
			require.Equal(t, []float32{1, 2}, a.Data)
			require.Equal(t, before, reads)
		}
		frozen.release()
	}
	_, err = frozen.value("b")
	require.EqualError(t, err, `the graph asks for a weight "b" that was not loaded`)

	frozen.release()
	last = 3
	_, err = frozen.value("a")
	require.ErrorContains(t, err, "the weight file has changed since the model was opened: open the model again")
	unreadable = errors.New("gone")
	_, err = frozen.value("a")
	require.ErrorIs(t, err, unreadable)
	_, err = Freeze(func() (Weights, error) { return nil, unreadable })
	require.ErrorIs(t, err, unreadable)
}
