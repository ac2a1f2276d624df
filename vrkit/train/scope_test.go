package train_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/model/initializer"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
	"github.com/vrkit-go/reprogram/vrkit/train"

	. "github.com/gomlx/gomlx/core/graph"
)

// scoped adds a learned colour, from one variable or two at a path of the test's choice.
type scoped struct {
	path, other []string
}

func (scoped) Name() string             { return "scoped" }
func (scoped) Settings() map[string]any { return nil }

func (scoped) Coordinates() taxonomy.Coordinates {
	return taxonomy.Coordinates{Format: taxonomy.Learnable, Location: taxonomy.Input, Operator: taxonomy.Additive}
}

func (s scoped) Fit(m models.Info) (input.Fitted, error) {
	return input.Fitted{Side: m.Side, Hooks: input.Hooks{models.Normalised: func(scope *model.Scope, v models.Value) models.Value {
		v.Each = s.add(scope, v.Each)
		return v
	}}}, nil
}

func (s scoped) add(scope *model.Scope, x *Node) *Node {
	for _, path := range [][]string{s.path, s.other} {
		at := scope
		for _, name := range path {
			at = at.At("%s", name)
		}
		colour := at.WithInitializer(initializer.Zero).VariableWithShape("colour", shapes.Make(x.DType(), 1, 1, 1, 3))
		x = Add(x, colour.NodeValue(x.Graph()))
	}
	return x
}

// Every learned variable is kept, whatever its scope is called, even if it is called like that of the frozen weights.
func TestScopeCalledFrozen(t *testing.T) {
	for _, path := range [][]string{nil, {"frozen"}, {"part", "frozen", "bf16"}} {
		dir := t.TempDir()
		whole, c := quick(t, filepath.Join(dir, "whole"), 3), quick(t, filepath.Join(dir, "run"), 3)
		whole.Program.Input, c.Program.Input = scoped{path, path}, scoped{path, path}
		trained(t, whole)
		ctx, stop := context.WithCancel(t.Context())
		c.Events = func(e train.Event) {
			if e.Stage == train.StageTrain && e.Epoch == 2 && e.Step == 2 {
				stop()
			}
		}
		_, err := train.Train(ctx, c)
		require.ErrorIs(t, err, context.Canceled)
		c.Events = nil
		trained(t, c)
		requireSame(t, contents(t, whole.Run), contents(t, c.Run))
		a, err := runs.ReadArtefact(c.Run, runs.Last)
		require.NoError(t, err)
		require.Len(t, a.Variables, 1)
		for _, colour := range a.Variables {
			require.NotContains(t, tensors.MustCopyFlatData[float32](colour), float32(0))
		}
	}
}

// Two variables that would have the same name in a file are an error, so that neither is lost.
func TestNamesTheSameInFiles(t *testing.T) {
	c := quick(t, filepath.Join(t.TempDir(), "run"), 1)
	c.Program.Input = scoped{[]string{"a", "b"}, []string{"a_b"}}
	_, err := train.Train(t.Context(), c)
	require.ErrorContains(t, err, "two learned variables are kept by the same name, a_b_colour")
}
