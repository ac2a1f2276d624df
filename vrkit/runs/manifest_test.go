package runs_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// All that decides what a run computes is a difference, and all of it except the engine changes the digest.
func TestManifestDiffers(t *testing.T) {
	m := runs.Manifest{
		Input:    runs.Part{Name: "pad", Settings: map[string]any{"image": 64}},
		Output:   runs.Part{Name: "rlm", Settings: map[string]any{"seed": uint64(1<<64 - 1)}},
		Data:     runs.DataRecord{Name: "folder:a", SHA256: strings.Repeat("ab", 32), Classes: []string{"bus", "car"}, Train: 5},
		Training: runs.TrainingRecord{Recipe: json.RawMessage(`{"prompt":{"rate":0.05}}`), Batch: 8, Epochs: 3, Seed: 1},
		Engine:   runs.EngineRecord{Backend: "xla", Threads: 2},
		Versions: map[string]string{"go": "1"},
	}
	digest, err := m.Digest()
	require.NoError(t, err)
	require.Len(t, digest, 64)

	run := t.TempDir()
	require.NoError(t, m.Write(run))
	read, err := runs.ReadManifest(run)
	require.NoError(t, err)
	again, err := read.Digest()
	require.NoError(t, err)
	require.Equal(t, digest, again, "a record is the same after it was written and read")
	require.NoError(t, runs.CheckDigest(run, "file", digest))
	require.NoError(t, runs.CheckDigest(run, "file", digest[:16]))
	require.NoError(t, runs.CheckDigest(run, "file", ""))
	require.ErrorContains(t, runs.CheckDigest(run, "file", "0123"), "file belongs to another program")
	require.ErrorIs(t, runs.CheckDigest(t.TempDir(), "file", digest), os.ErrNotExist)

	for want, change := range map[string]func(m *runs.Manifest){
		"":                                 func(m *runs.Manifest) { m.Data.Name, m.Training.Epochs = "folder:b", 9 },
		"input.settings.image: 64, now 65": func(m *runs.Manifest) { m.Input.Settings = map[string]any{"image": 65} },
		"data.sha256: abababababab…, now cdcdcdcdcdcd…": func(m *runs.Manifest) { m.Data.SHA256 = strings.Repeat("cd", 32) },
		"data.classes: [bus car], now [bus van]":        func(m *runs.Manifest) { m.Data.Classes = []string{"bus", "van"} },
		"training.recipe.prompt.rate: 0.05, now 0.1":    func(m *runs.Manifest) { m.Training.Recipe = json.RawMessage(`{"prompt":{"rate":0.1}}`) },
		"training.schedule: nothing, now exact":         func(m *runs.Manifest) { m.Training.Schedule = "exact" },
		"model.sha256: , now other weights":             func(m *runs.Manifest) { m.Model.SHA256 = "other weights" },
		"engine.threads: 2, now 4":                      func(m *runs.Manifest) { m.Engine.Threads = 4 },
		"versions.go: 1, now 2":                         func(m *runs.Manifest) { m.Versions = map[string]string{"go": "2"} },
		"input.settings.image: 64, now nothing":         func(m *runs.Manifest) { m.Input.Settings = nil },
	} {
		now := m
		change(&now)
		differences, err := m.Differences(now)
		require.NoError(t, err)
		var said []string
		for _, d := range differences {
			said = append(said, d.Path+": "+d.Before+", now "+d.Now)
		}
		require.Equal(t, want, strings.Join(said, "; "))
		other, err := now.Digest()
		require.NoError(t, err)
		same := want == "" || strings.HasPrefix(want, "engine.") || strings.HasPrefix(want, "versions.")
		require.Equal(t, same, other == digest, want)
	}
}
