package train

import (
	"testing"
	"time"

	"github.com/gomlx/compute"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models/modeltest"
)

// CheckpointEvery sets how often a run saves its state within an epoch, because the epochs of a test are short.
func CheckpointEvery(interval time.Duration) { checkpointEvery = interval }

// Runs of the tiny network are opened by its name.
func init() { modeltest.Register(modeltest.Tiny) }

// PureGo is a backend where nothing has to be compiled.
func PureGo(t testing.TB) compute.Backend {
	backend, err := compute.NewWithConfig("go")
	require.NoError(t, err)
	t.Cleanup(backend.Finalize)
	return backend
}
