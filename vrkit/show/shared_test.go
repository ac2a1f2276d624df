package show

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
)

// The mask is the manipulation's, and the program's variables do not change.
func TestSharedMasks(t *testing.T) {
	engine := backendtest.Any(t)
	compiled := func(manipulation input.Manipulation) *vrkit.Compiled {
		c, err := vrkit.Compile(engine, vrkit.Program{Input: manipulation, Model: modeltest.Tiny(), Output: output.BLM{Lambda: 1}, Side: maskedSide}, 3)
		require.NoError(t, err)
		return c
	}
	narrow, padding := compiled(input.Watermark{Kind: input.Narrow}), compiled(input.Padding{Image: 4})
	for _, want := range []struct {
		program        *vrkit.Compiled
		width, reached int
	}{{narrow, 1, 28}, {compiled(input.Watermark{Kind: input.Full}), 4, 64}, {padding, 2, 48}} {
		mask, reached, err := sharedMask(want.program)
		require.NoError(t, err)
		require.Equal(t, want.reached, reached)
		for y := range maskedSide {
			for x := range maskedSide {
				inside := min(x, y) >= want.width && max(x, y) < maskedSide-want.width
				require.Equal(t, !inside, mask.GrayAt(x, y).Y == 255, "%s at %d,%d", want.program.Input.Name(), x, y)
			}
		}
	}
	pixels := twoPictures()
	seen, err := narrow.Inputs(pixels)
	require.NoError(t, err)
	for i, v := range pixels {
		require.InDelta(t, float32(v)/255, seen[i], 1e-5, "δ is 0 again")
	}

	t.Setenv(FolderVariable, t.TempDir())
	require.NoError(t, SharedMasks([]*vrkit.Compiled{narrow, padding}, ""))
	picture(t, "masks")
	require.ErrorContains(t, SharedMasks([]*vrkit.Compiled{masking(t, input.SMM{Patch: 4})}, ""), "smm makes a mask for every image")
}

func TestPrompts(t *testing.T) {
	t.Setenv(FolderVariable, t.TempDir())
	full := madeUp(t, input.Watermark{Kind: input.Full})
	require.NoError(t, Prompts("", full, madeUp(t, input.SMM{Patch: 4})))
	picture(t, "prompts")
	require.ErrorContains(t, Prompts("", full, madeUp(t, input.Padding{Image: 4})), "pad does not add its prompt")
	delete(full.Artefact.Variables, input.PromptVariable)
	require.ErrorContains(t, Prompts("", full), "learned no prompt")
}
