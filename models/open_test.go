package models

import (
	"math"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// If a model's weights can't be fetched, the error names the address that was tried, and another model.
func TestOffersAnother(t *testing.T) {
	t.Setenv("VRKIT_CACHE", t.TempDir())
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	for _, c := range []struct {
		architecture
		other string
	}{{squeezenet, "efficientnet-lite0"}, {efficientnetLite0, "squeezenet1.1"}} {
		c.weights.Sources = []fetch.Source{fetch.URL{URL: server.URL + "/weights"}}
		_, err := c.fetch(t.Context(), nil)
		require.ErrorContains(t, err, server.URL)
		require.ErrorContains(t, err, "; or take another model: "+c.other)
		require.NotContains(t, err.Error(), "\n")
	}
	_, err := squeezenet.fetch(fetch.Offline(t.Context()), nil)
	require.ErrorIs(t, err, fetch.ErrNotCached)
}

// The error of another network's weight file says how the tensors differ.
func TestWeightsOfAnother(t *testing.T) {
	_, err := efficientnetLite0.read(filepath.Join("internal", "torchpickle", "testdata", "tiny_zip.pth"))
	require.ErrorContains(t, err, "tiny_zip.pth: its tensors are not those of EfficientNet-Lite0: 247 missing (_blocks.0._bn1.bias, _blocks.0._bn1.running_mean, _blocks.0._bn1.running_var, ...); 10 not of this architecture (brain, count, double, ...)")

	want := map[string][]int{"a": {3, 4}, "b": {2}, "c": nil}
	require.NoError(t, checkShapes("file", "Net", want, map[string][]int{"a": {3, 4}, "b": {2}}))
	require.EqualError(t, checkShapes("file", "Net", want, map[string][]int{"a": {4, 3}, "c": {1}}),
		"file: its tensors are not those of Net: 1 missing (b); 1 of another shape (a [4 3] where it has [3 4]): give a weight file of Net")
}

// The three sizes have the published number of blocks and channels.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		width, depth float64
		blocks, last int
	}{{1, 1, 16, 320}, {1, 1.1, 21, 320}, {1.1, 1.2, 21, 352}} {
		blocks := efficientnetBlocks(c.width, c.depth)
		require.Len(t, blocks, c.blocks)
		require.Equal(t, c.last, blocks[len(blocks)-1].out)
	}
}

// A NaN is refused when weights are read, because the graph may hide it.
func TestWeightsThatAreNone(t *testing.T) {
	w := Weights{"a": {Shape: []int{2}, Data: []float32{1, 2}}, "b": {Shape: []int{2}, Data: []float32{3, float32(math.NaN())}}}
	require.EqualError(t, w.checkFinite("file"), "file: value 1 of b is NaN: the file is damaged, or its training has failed")
	delete(w, "b")
	require.NoError(t, w.checkFinite("file"))
}
