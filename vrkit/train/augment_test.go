package train

import (
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// places is an image in which every pixel has its own position as its value: (y, x, 7).
func places(side int) datasets.Sample {
	pixels := make([]uint8, 0, 3*side*side)
	for y := range side {
		for x := range side {
			pixels = append(pixels, uint8(y), uint8(x), 7)
		}
	}
	return datasets.Sample{Image: datasets.Image{Height: side, Width: side, Channels: 3, Pixels: pixels}}
}

// noise is a data set of random images, 6×5, in three classes.
func noise(n int) *datasets.Dataset {
	d := &datasets.Dataset{Info: datasets.Info{Name: "noise", Classes: []string{"a", "b", "c"}}, SHA256: "made up"}
	r := rand.New(rand.NewPCG(7, 11))
	for i := range n {
		m := datasets.Image{Height: 6, Width: 5, Channels: 3, Pixels: make([]uint8, 6*5*3)}
		for at := range m.Pixels {
			m.Pixels[at] = uint8(r.IntN(256))
		}
		d.Train = append(d.Train, datasets.Sample{Image: m, Label: int32(i % 3)})
	}
	return d
}

// mirror returns an RGB image [side,side,3] mirrored left to right.
func mirror(pixels []uint8, side int) []uint8 {
	mirrored := make([]uint8, 0, len(pixels))
	for y := range side {
		for x := range side {
			at := 3 * (y*side + side - 1 - x)
			mirrored = append(mirrored, pixels[at:at+3]...)
		}
	}
	return mirrored
}

func (v augmenter) of(sample datasets.Sample, index, side int) []uint8 {
	pixels := make([]uint8, side*side*3)
	v.resize(pixels, sample, index, side)
	return pixels
}

// TestCropsAndMirrors reads the crop and the mirroring off each augmented image. Over many samples, and over many
// passes, all 5·5·2 results are equally frequent: 60 times each of 3000, within 4.5 standard deviations.
func TestCropsAndMirrors(t *testing.T) {
	const side, margin, draws = 6, 4, 3000
	sample := places(side + margin)
	for name, draw := range map[string]func(i int) []uint8{
		"samples": func(i int) []uint8 {
			return augmenter{Augment{Margin: margin, Flip: true}, 3, learning(0)}.of(sample, i, side)
		},
		"moments": func(i int) []uint8 {
			return augmenter{Augment{Margin: margin, Flip: true}, 3, learning(i)}.of(sample, 0, side)
		},
	} {
		ways := map[[3]int]int{}
		for i := range draws {
			got := draw(i)
			first, last := int(got[1]), int(got[3*(side-1)+1])
			top, left, mirrored := int(got[0]), min(first, last), 0
			var want []uint8
			for y := range side {
				for x := range side {
					want = append(want, uint8(top+y), uint8(left+x), 7)
				}
			}
			if first > last {
				mirrored, want = 1, mirror(want, side)
			}
			require.Equal(t, want, got, "by %s: a crop, mirrored or not", name)
			ways[[3]int{top, left, mirrored}]++
		}
		require.Len(t, ways, (margin+1)*(margin+1)*2, "by %s", name)
		for way, n := range ways {
			require.LessOrEqual(t, way[0], margin)
			require.LessOrEqual(t, way[1], margin)
			require.InDelta(t, 60, n, 35, "by %s: %v", name, way)
		}
	}
}

// Without a margin an image is only resized, or resized and mirrored: each about half of the time.
func TestMirrorsAlone(t *testing.T) {
	const side = 7
	mirrored := 0
	samples := noise(400).Train
	for i, sample := range samples {
		got, plain := augmenter{Augment{Flip: true}, 5, learning(1)}.of(sample, i, side), sample.Resized(side)
		if slices.Equal(got, plain) {
			continue
		}
		require.Equal(t, mirror(plain, side), got)
		mirrored++
	}
	require.InDelta(t, 200, mirrored, 45)
}

func TestCropsAlone(t *testing.T) {
	const side, margin = 6, 2
	for i := range 200 {
		got := augmenter{Augment{Margin: margin}, 5, learning(1)}.of(places(side+margin), i, side)
		require.Less(t, got[1], got[3*(side-1)+1], "none is mirrored")
	}
}

// Seed, pass and index decide how an image is augmented.
func TestAugmentationRepeats(t *testing.T) {
	const side = 9
	sample := noise(1).Train[0]
	a := Augment{Margin: 8, Flip: true}
	pictures := func(seed, pass uint64) (all [][]uint8) {
		for i := range 50 {
			all = append(all, augmenter{a, seed, pass}.of(sample, i, side))
		}
		return all
	}
	first := pictures(3, learning(4))
	require.Equal(t, first, pictures(3, learning(4)))
	for name, other := range map[string][][]uint8{
		"the next epoch":            pictures(3, learning(5)),
		"the pass that estimates ω": pictures(3, estimating(4)),
		"the pass after":            pictures(3, estimating(5)),
		"another seed":              pictures(4, learning(4)),
		"the next picture":          append(slices.Clone(first[1:]), first[0]),
	} {
		same := 0
		for i, picture := range other {
			if slices.Equal(picture, first[i]) {
				same++
			}
		}
		require.Less(t, same, 8, "%s: of 50, with 162 ways each", name) // two equal results are rare
	}
}

// Each pass has a number of its own.
func TestPassNumbers(t *testing.T) {
	seen := map[uint64]bool{}
	for epoch := range 300 {
		for _, pass := range []uint64{learning(epoch), estimating(epoch)} {
			require.False(t, seen[pass])
			seen[pass] = true
		}
	}
}

// Without augmentation a batch's images are only resized, colour or grey.
func TestPlainIsResized(t *testing.T) {
	sample := noise(1).Train[0]
	grey := datasets.Sample{Image: datasets.Image{Height: 2, Width: 3, Channels: 1, Pixels: []uint8{0, 50, 100, 150, 200, 250}}}
	for _, side := range []int{4, 5, 11} {
		require.Equal(t, sample.Resized(side), augmenter{seed: 3, pass: 9}.of(sample, 2, side))
		require.Equal(t, grey.Resized(side), augmenter{seed: 3, pass: 9}.of(grey, 2, side))
	}
}

// TestMirrorsOfData checks that images are not mirrored if that changes their class, unless -augment always asks for
// it, and that program.json records what was done, not what was asked for.
func TestMirrorsOfData(t *testing.T) {
	for _, c := range []struct {
		mirrors  bool
		asked    Augment
		flips    bool
		recorded string
	}{
		{true, Augment{Margin: 4, Flip: true}, true, `{"margin":4,"flip":true}`},
		{false, Augment{Margin: 4, Flip: true}, false, `{"margin":4}`},
		{false, Augment{Margin: 4, Flip: true, Always: true}, true, `{"margin":4,"flip":true}`},
		{true, Augment{Margin: 4}, false, `{"margin":4}`},
		{true, Augment{Margin: 4, Always: true}, false, `{"margin":4}`},
		{true, Augment{}, false, `{}`},
	} {
		d := noise(9)
		d.Mirrors = c.mirrors
		run := filepath.Join(t.TempDir(), "run")
		config := Config{
			Program: vrkit.Program{Input: input.Padding{Image: 4}, Model: modeltest.Tiny(), Output: output.RLM{}},
			Data:    d, Backend: quickest(t), Run: run, Epochs: 1, Batch: 9, Recipe: AdamAt(.05),
		}
		config.Recipe.Augment = c.asked
		require.Equal(t, c.flips, config.filled().Recipe.Augment.Flip, "%+v", c)
		_, err := Train(t.Context(), config)
		require.NoError(t, err)
		manifest, err := runs.ReadManifest(run)
		require.NoError(t, err)
		var recipe struct{ Augment json.RawMessage }
		require.NoError(t, json.Unmarshal(manifest.Training.Recipe, &recipe))
		require.JSONEq(t, c.recorded, string(recipe.Augment), "%+v", c)
	}
}
