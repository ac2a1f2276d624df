package show

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// An interrupted run is no error, and ends like an uninterrupted one when it is trained again.
func TestTrain(t *testing.T) {
	data := &datasets.Dataset{Info: datasets.Info{Name: "ramps", Title: "Ramps", Classes: []string{"down", "right"}}, SHA256: "made up"}
	for i := range 12 {
		pixels := make([]uint8, 5*5*3)
		for at := range pixels {
			pixels[at] = uint8(40 * [2]int{at / 15, at / 3 % 5}[i%2])
		}
		sample := datasets.Sample{Image: datasets.Image{Height: 5, Width: 5, Channels: 3, Pixels: pixels}, Label: int32(i % 2)}
		data.Train, data.Test = append(data.Train, sample), append(data.Test, sample)
	}
	config := func(events func(train.Event)) train.Config {
		return train.Config{
			Program: vrkit.Program{Input: input.Padding{Image: 4}, Model: modeltest.Tiny(), Output: output.BLM{Lambda: 1}},
			Data:    data, Backend: backendtest.Any(t), Engine: backend.Info{SHA256: "test"},
			Run: filepath.Join(t.TempDir(), "ramps"), Epochs: 3, Batch: 4, Recipe: train.AdamAt(.05), Events: events,
		}
	}
	whole, complete, err := Train(t.Context(), config(nil))
	require.NoError(t, err)
	require.True(t, complete)

	ctx, stop := context.WithCancel(t.Context())
	c := config(func(e train.Event) {
		if e.Stage == train.StageTrain && e.Epoch == 2 && e.Step == 2 {
			stop()
		}
	})
	stdout := os.Stdout
	defer func() { os.Stdout = stdout }()
	said, err := os.Create(filepath.Join(t.TempDir(), "said"))
	require.NoError(t, err)
	defer said.Close()
	os.Stdout = said
	part, complete, err := Train(ctx, c)
	os.Stdout = stdout
	require.NoError(t, err)
	text, err := os.ReadFile(said.Name())
	require.NoError(t, err)
	require.Equal(t, "Stopped and saved. Train it again, and it continues from here.\n", string(text), "here is no cell")
	require.False(t, complete)
	require.Less(t, len(part.Metrics), len(whole.Metrics))
	resumed, complete, err := Train(t.Context(), c)
	require.NoError(t, err)
	require.True(t, complete)
	require.Len(t, resumed.Metrics, len(whole.Metrics))
	for i, m := range whole.Metrics {
		m.Seconds = resumed.Metrics[i].Seconds
		require.Equal(t, m, resumed.Metrics[i])
	}

	// A run with other settings is refused, and shows nothing of the run in its directory.
	refused := c
	refused.Batch, refused.Events = 6, nil
	errors, err := os.Create(filepath.Join(t.TempDir(), "errors"))
	require.NoError(t, err)
	defer errors.Close()
	stderr := os.Stderr
	os.Stderr = errors
	_, complete, err = Train(t.Context(), refused)
	os.Stderr = stderr
	require.ErrorContains(t, err, "batch 4, now 6")
	require.False(t, complete)
	info, err := errors.Stat()
	require.NoError(t, err)
	require.Zero(t, info.Size())

	c.Run = "" // an error without a directory
	c.Data = &datasets.Dataset{Info: data.Info}
	_, complete, err = Train(t.Context(), c)
	require.Error(t, err)
	require.False(t, complete)
}
