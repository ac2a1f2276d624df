package figure

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A line may end before a percentage and after it, never inside.
func TestWrapKeepsPercentagesWhole(t *testing.T) {
	text := "of the values 12.5 % lie outside, and < 0.1 % of them far"
	for width := 60.; width < 400; width++ {
		for _, line := range wrap(text, noteStyle, width, 0) {
			require.NotRegexp(t, `^%|[0-9<]$`, line, "%v wide", width)
		}
	}
	require.Equal(t, []string{"of the values 12.5 %", "lie outside, and"},
		wrap(text, noteStyle, noteStyle.width("of the values 12.5 %")+1, 0)[:2])
}
