package figure_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleGrid() {
	black := figure.RGB8(make([]uint8, 28*28*3), 28, 28)
	f, err := figure.Grid([]figure.Tile{
		{Image: black, Title: "7 → sundial", Note: "12 %"},
		{Image: black, Title: "2 → hook", Note: "31 %"},
	}, 2, "What the frozen model says of two digits.")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Width, f.Caption)
	// Output: 556 What the frozen model says of two digits.
}

func TestGrid(t *testing.T) {
	tiles := []figure.Tile{
		{Image: picture(28, 28), Title: "7 → sundial", Note: "61 %"},
		{Image: picture(28, 28), Title: "2 → black-and-tan coonhound", Note: "3 %"},
		{Image: picture(28, 28), Title: "1 → " + strings.Repeat("Donaudampfschiff", 4)},
		{Image: picture(14, 28), Title: "flat", Note: "a note that is too long for the width of its tile, and even for two lines of it"},
		{Image: picture(28, 28)},
	}
	f, err := figure.Grid(tiles, 4, "Long names break into two lines, then end with an ellipsis.")
	golden(t, "grid", f, err)
}

func TestGridOfManySizes(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many figures are drawn")
	}
	for _, side := range []int{1, 28, 128, 500} {
		for _, columns := range []int{0, 3, 16} {
			tiles := make([]figure.Tile, max(columns, 2))
			for i := range tiles {
				tiles[i] = figure.Tile{Image: picture(side, side), Title: "9 → American Staffordshire terrier", Note: "read as nine"}
			}
			f, err := figure.Grid(tiles, columns, "")
			require.NoError(t, err)
			require.LessOrEqual(t, f.Width, 900, "side %d, %d columns", side, columns)
		}
	}
}

func TestGridErrors(t *testing.T) {
	_, err := figure.Grid(nil, 3, "")
	require.ErrorContains(t, err, "at least one tile")
	_, err = figure.Grid([]figure.Tile{{Title: "seven"}}, 3, "")
	require.ErrorContains(t, err, "tile 1 (seven) has no image")
	_, err = figure.Grid([]figure.Tile{{Image: picture(2, 2)}}, 99, "")
	require.ErrorContains(t, err, "99 columns")
}
