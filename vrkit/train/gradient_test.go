package train

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// The gradient of an ONNX file is tried once for an engine; that of another model never.
func TestGradientIsTriedOnce(t *testing.T) {
	cache, engine := t.TempDir(), backendtest.XLA(t) // the engine is in the usual cache
	t.Setenv("VRKIT_CACHE", cache)
	var said []string
	c := Config{Program: vrkit.Program{Model: modeltest.Tiny()}, Backend: engine, Events: func(e Event) { said = append(said, e.Stage) }}
	m := runs.Manifest{Model: runs.ModelRecord{Name: "tiny", SHA256: "weights"}}
	require.NoError(t, c.tryGradient(m))
	require.Empty(t, said)
	m.Model.Name = models.ONNXPrefix + "tiny.onnx"
	for range 2 {
		require.NoError(t, c.tryGradient(m))
		require.Equal(t, []string{StageGradient}, said)
	}
	m.Model.SHA256 = "others"
	require.NoError(t, c.tryGradient(m))
	require.Len(t, said, 2)
	passed, err := os.ReadDir(filepath.Join(cache, "gradients"))
	require.NoError(t, err)
	require.Len(t, passed, 2)
}

// A run that has no ONNX file does not depend on the modules that convert one.
func TestVersions(t *testing.T) {
	with, without := versions("onnx:f.onnx"), versions("resnet18")
	require.NotContains(t, slices.Collect(maps.Keys(without)), "github.com/gomlx/onnx-gomlx")
	require.NotContains(t, slices.Collect(maps.Keys(without)), "github.com/gomlx/exceptions")
	if len(without) > 1 { // Go records a binary's modules
		require.Contains(t, slices.Collect(maps.Keys(with)), "github.com/gomlx/onnx-gomlx")
	}
}
