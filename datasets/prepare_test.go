package datasets

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// transposed is an image with rows and columns exchanged.
func (m Image) transposed() Image { return m.upright(5) }

// Every value equals torchvision's for a picture that PIL has read, to the last bit (testdata/prepare_golden.py).
func TestPrepareIsTorchvision(t *testing.T) {
	for _, c := range []struct {
		name, target string
		transposed   bool
		resize, crop int
	}{
		{"rgb_60x140", "rgb_60x140_73_64", false, 73, 64},
		{"rgb_60x140", "rgb_60x140_turned_37_32", true, 37, 32},
		{"rgb_60x140", "rgb_60x140_60_52", false, 60, 52},
		{"grey_28x28", "grey_28x28_32_28", false, 32, 28},
		{"rgb_100x100", "rgb_100x100_37_32", false, 37, 32},
		{"rgb_100x100", "rgb_100x100_39_32", false, 39, 32},
		{"rgb_60x140", "rgb_60x140_turned_61_60", true, 61, 60},
	} {
		picture := golden(t, c.name)
		if c.transposed {
			picture = picture.transposed()
		}
		want, err := ReadImage(filepath.Join("testdata", "prepared_"+c.target+".png"))
		require.NoError(t, err)
		require.Equal(t, want.Pixels, picture.Prepare(c.resize, c.crop), c.target)
	}
}

// A part of a scaled image equals that part of the whole.
func TestScaledPart(t *testing.T) {
	picture := golden(t, "rgb_60x140")
	for _, size := range [][2]int{{60, 140}, {60, 70}, {30, 140}, {91, 33}} {
		whole := picture.Scale(size[0], size[1])
		for _, crop := range []int{1, 7, 30} {
			part := middle(size[0], size[1], crop)
			require.Equal(t, whole.Crop(part), picture.scaled(size[0], size[1], part), "%v", size)
		}
	}
	require.Equal(t, picture.Square().Pixels, picture.Prepare(60, 60))
	require.Equal(t, []uint8{7, 7, 7}, Image{Height: 1, Width: 1, Channels: 1, Pixels: []uint8{7}}.Prepare(9, 1))
}

// Only the needed part of a picture is resized: one that is a million times longer than wide takes no memory.
func TestPrepareLong(t *testing.T) {
	long := Image{Height: 1 << 20, Width: 1, Channels: 3, Pixels: make([]uint8, 3<<20)}
	for _, m := range []Image{long, long.transposed()} {
		pixels := m.Prepare(256, 224)
		require.Len(t, pixels, 224*224*3)
	}
}
