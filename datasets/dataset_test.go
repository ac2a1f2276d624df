package datasets

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// needs skips a short test if its data are not cached.
func needs(t *testing.T, err error) {
	t.Helper()
	if testing.Short() && errors.Is(err, fetch.ErrNotCached) {
		t.Skipf("-short: nothing is fetched: %v", err)
	}
	require.NoError(t, err)
}

// testContext returns a context that fetches nothing in a short test.
func testContext(t *testing.T) context.Context {
	if testing.Short() {
		return fetch.Offline(t.Context())
	}
	return t.Context()
}

func load(t *testing.T, sizes Sizes) *Dataset {
	t.Helper()
	d, err := Load(testContext(t), "mnist", sizes, fetch.Terminal(os.Stderr))
	needs(t, err)
	return d
}

// The same sizes always give the same images on every machine: recorded runs depend on it.
func TestLoadIsFixed(t *testing.T) {
	d := load(t, Sizes{Train: 1000, Test: 1000})
	require.Equal(t, "833a13ed9218fc97b1596511d240ced2659ee54444c8826328f740dcf0686f81", d.SHA256)
	require.Len(t, d.Train, 1000)
	require.Empty(t, d.Val)
	require.Len(t, d.Test, 1000)
	if !testing.Short() { // each reads all of MNIST again
		require.Equal(t, d.SHA256, load(t, Sizes{Train: 1000, Test: 1000}).SHA256)
		for _, other := range []Sizes{{Train: 999, Test: 1000}, {Train: 1000, Val: 1, Test: 1000}, {Train: 1000, Test: 1001}} {
			require.NotEqual(t, d.SHA256, load(t, other).SHA256)
		}
	}
	perClass := make([]int, 10)
	for _, sample := range d.Train {
		perClass[sample.Label]++
		require.Equal(t, [3]int{28, 28, 1}, [3]int{sample.Height, sample.Width, sample.Channels})
	}
	require.Greater(t, slices.Min(perClass), 70, "every digit is there")
	require.Equal(t, d.Classes[d.Train[5].Label], d.Names(d.Train)[5])
}

func TestOneOfEach(t *testing.T) {
	of := func(label, pixel int) Sample {
		return Sample{Image: Image{Height: 1, Width: 1, Channels: 1, Pixels: []uint8{uint8(pixel)}}, Label: int32(label)}
	}
	info := Info{Name: "three", Classes: []string{"a", "b", "c"}}
	samples := []Sample{of(2, 0), of(0, 1), of(2, 2), of(1, 3), of(0, 4)}
	some, err := info.OneOfEach(samples)
	require.NoError(t, err)
	require.Equal(t, []Sample{samples[1], samples[3], samples[0]}, some)
	_, err = info.OneOfEach(samples[:3])
	require.ErrorContains(t, err, `three: none of 3 samples is of class "b"`)
}

// A larger training set begins with the smaller one, and no two parts share an image.
func TestLoadParts(t *testing.T) {
	small, all := load(t, Sizes{Train: 1000, Val: 500, Test: 100}), load(t, Sizes{Val: 500})
	require.Len(t, all.Train, 59500)
	require.Len(t, all.Test, 10000)
	require.Equal(t, small.Train, all.Train[:1000])
	require.Equal(t, small.Test, all.Test[:100])

	in := map[string]string{} // no image occurs twice in MNIST
	for part, samples := range map[string][]Sample{"train": all.Train, "val": all.Val, "test": all.Test} {
		for _, sample := range samples {
			other, known := in[string(sample.Pixels)]
			require.False(t, known, "an image is in %s and in %s", part, other)
			in[string(sample.Pixels)] = part
		}
	}
	require.Len(t, in, 70000)
}

// Impossible sizes are an error before anything is fetched.
func TestLoadRefuses(t *testing.T) {
	t.Setenv("VRKIT_CACHE", t.TempDir())
	offline := fetch.Offline(t.Context())
	for want, sizes := range map[string]Sizes{
		"mnist has 60000 training samples, too few to take 60001":             {Train: 60001},
		"too few to take 60000 and 1 for validation":                          {Train: 60000, Val: 1},
		"too few to take 60000 for validation and leave one for training":     {Val: 60000},
		"mnist has 10000 test samples, too few to take 10001":                 {Test: 10001},
		"can't be negative: -1 for training, 0 for validation, 0 for testing": {Train: -1},
	} {
		_, err := Load(offline, "mnist", sizes, nil)
		require.ErrorContains(t, err, want)
		require.Equal(t, sizes.Train >= 0, errors.Is(err, ErrTooFew))
	}
	_, err := Load(offline, "mnist", Sizes{Train: 10}, nil)
	require.ErrorIs(t, err, fetch.ErrNotCached)
	_, err = Load(offline, "fashion", Sizes{}, nil)
	require.ErrorContains(t, err, `no data set is called "fashion"; known: mnist, fashion-mnist, gtsrb, openclipart, `)
	_, err = Photo(offline, "dog", nil)
	require.ErrorContains(t, err, `no photo is called "dog"; known: chelsea, coffee`)
}

func TestSizesOf(t *testing.T) {
	info, err := Named("mnist")
	require.NoError(t, err)
	sizes, err := Sizes{Val: 10000}.Of(info)
	require.NoError(t, err)
	require.Equal(t, Sizes{Train: 50000, Val: 10000, Test: 10000}, sizes)
	sizes, err = Sizes{Train: 1, Val: 2, Test: 3}.Of(info)
	require.NoError(t, err)
	require.Equal(t, Sizes{Train: 1, Val: 2, Test: 3}, sizes)
}

// A bound applies to a size of zero only, and never makes a size too large.
func TestSizesMost(t *testing.T) {
	own := Info{TrainSize: 50, ValSize: 8, TestSize: 9}
	drawn := Info{TrainSize: 50, TestSize: 9}
	for _, c := range []struct {
		info       Info
		asked, got Sizes
	}{
		{drawn, Sizes{MostTrain: 30, MostTest: 5}, Sizes{Train: 30, Test: 5}},
		{drawn, Sizes{MostTrain: 1000, MostTest: 1000}, Sizes{Train: 50, Test: 9}},
		{drawn, Sizes{MostTrain: 1000, Val: 20}, Sizes{Train: 30, Val: 20, Test: 9}},
		{drawn, Sizes{Train: 40, MostTrain: 30, Test: 7, MostTest: 5}, Sizes{Train: 40, Test: 7}},
		{own, Sizes{MostTrain: 1000, MostTest: 3}, Sizes{Train: 50, Val: 8, Test: 3}},
		{own, Sizes{Train: 50, Val: 3}, Sizes{Train: 50, Val: 3, Test: 9}},
	} {
		got, err := c.asked.Of(c.info)
		require.NoError(t, err)
		require.Equal(t, c.got, got)
	}
	_, err := Sizes{Val: 50, MostTrain: 10}.Of(drawn)
	require.ErrorIs(t, err, ErrTooFew)
}

func TestPhoto(t *testing.T) {
	for name, size := range map[string][2]int{"coffee": {400, 600}, "chelsea": {300, 451}} {
		photo, err := Photo(testContext(t), name, nil)
		needs(t, err)
		require.Equal(t, size, [2]int{photo.Height, photo.Width})
		require.Equal(t, 3, photo.Channels)
		require.Len(t, photo.Pixels, 3*size[0]*size[1])
		square := photo.Square()
		require.Equal(t, [2]int{size[0], size[0]}, [2]int{square.Height, square.Width})
	}
}
