package results

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRuns(t *testing.T) {
	one := Run{Model: "net", Dataset: "signs", Input: "pad", Output: "blm", Epochs: 4, Before: .25, Accuracy: .5, BestOnVal: -1, BestOnTest: -1,
		TrainAccuracy: .625, Loss: 1.5, EpochSeconds: 2.25, Seconds: 9.5, PeakMemory: 1e9, Threads: 2, Trainable: 1234}
	two, other := one, one
	two.Seed, two.Accuracy, two.PeakMemory = 1, .75, 2e9
	other.Output, other.Label = "ilm", "a, b"
	other.EpochSeconds, other.Seconds, other.PeakMemory = -1, -1, 0

	written, err := CSV([]Run{one, other, two})
	require.NoError(t, err)
	read, err := Read(bytes.NewReader(written))
	require.NoError(t, err)
	require.Equal(t, []Run{one, other, two}, read)

	rows := Summarise(read)
	require.Len(t, rows, 2)
	require.Equal(t, []uint64{0, 1}, rows[0].Seeds)
	require.Equal(t, .625, rows[0].Accuracy)
	require.InDelta(t, .1767767, rows[0].Deviation, 1e-6)
	require.Zero(t, *rows[0].Low, "t of one degree of freedom is 12.7")
	require.Equal(t, 1., *rows[0].High)
	require.Nil(t, rows[1].Low)
	require.EqualValues(t, 2e9, rows[0].PeakMemory)
	require.Equal(t, -1., rows[0].BestOnVal)
	require.Zero(t, rows[1].Deviation)
	require.Equal(t, -1., rows[1].Seconds)
	require.Contains(t, string(written), ",1.5,,,,2,1234\n", "what nobody knows is empty")

	require.Equal(t, rows[0], Summarise([]Run{one, two, one})[0], "a seed counts once")

	twice, err := CSV([]Run{one, other, two, other})
	require.NoError(t, err)
	_, err = Read(bytes.NewReader(twice))
	require.ErrorContains(t, err, "line 5: this run is in line 3 too")
	_, err = Read(strings.NewReader("a,b\n"))
	require.ErrorContains(t, err, "the first line must be model,dataset")
	_, err = Read(strings.NewReader(strings.Replace(string(written), ",0.75,", ",much,", 1)))
	require.ErrorContains(t, err, "line 4: test_accuracy")
}

// TestPaired compares with an interval computed by hand: the differences of seeds 1, 2 and 3 are .1, .2 and .3, their
// standard deviation is .1, and Student's t with two degrees of freedom is 4.3027.
func TestPaired(t *testing.T) {
	row := func(seeds []uint64, accuracies ...float64) *Row { return &Row{Seeds: seeds, accuracies: accuracies} }
	one := row([]uint64{3, 1, 2, 9}, .9, .5, .7, 0)
	other := row([]uint64{0, 1, 2, 3}, 1, .4, .5, .6)
	d := one.Paired(other)
	require.Equal(t, 3, d.Runs)
	require.InDelta(t, .2, d.Mean, 1e-12)
	require.InDelta(t, .2-4.3027*.1/1.7320508, d.Low, 1e-5)
	require.InDelta(t, .2+4.3027*.1/1.7320508, d.High, 1e-5)
	require.Zero(t, row([]uint64{5}, 1).Paired(other).Runs)
}
