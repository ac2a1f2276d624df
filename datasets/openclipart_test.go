package datasets

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/fetch/fetchtest"
)

// The data set has 20 classes in three parts, and no image of one part is nearly the same as one of another.
func TestOpenclipart(t *testing.T) {
	d, err := Load(testContext(t), "openclipart", Sizes{}, fetch.Terminal(os.Stderr))
	var unavailable *fetch.UnavailableError
	if errors.As(err, &unavailable) {
		fetchtest.Missing(t, "%v", err)
	}
	needs(t, err)
	require.Len(t, d.Classes, 20)
	require.Equal(t, [3]int{785, 185, 318}, [3]int{len(d.Train), len(d.Val), len(d.Test)})
	perClass := make([]int, 20)
	var all []drawing
	for part, samples := range map[string][]Sample{"train": d.Train, "val": d.Val, "test": d.Test} {
		for _, sample := range samples {
			perClass[sample.Label]++
			require.Equal(t, [3]int{128, 128, 3}, [3]int{sample.Height, sample.Width, sample.Channels})
			all = append(all, drawing{class: d.Classes[sample.Label], part: part, print: sample.fingerprint()})
		}
	}
	for class, n := range perClass {
		t.Logf("%-14s %d", d.Classes[class], n)
		require.GreaterOrEqual(t, n, 40, d.Classes[class])
		require.LessOrEqual(t, n, 100, d.Classes[class])
	}
	for i := range all {
		for j := range i {
			require.False(t, all[i].part != all[j].part && all[i].near(&all[j]), "%s in %s and in %s", all[i].class, all[i].part, all[j].part)
		}
	}
}

// drawn is a PNG file with a filled rectangle on a transparent ground.
func drawn(t *testing.T, width, height int, r image.Rectangle, c color.Color) []byte {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			picture.Set(x, y, c)
		}
	}
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, picture))
	return file.Bytes()
}

func TestClipartSource(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("VRKIT_CACHE", cache)
	good := drawn(t, 200, 300, image.Rect(50, 100, 146, 148), color.NRGBA{R: 255, A: 255})
	huge := bytes.Clone(good)
	copy(huge[16:], []byte{0, 0, 0x51, 0xfe, 0, 0, 0x74, 0x04}) // 20990×29700
	files := map[string][]byte{
		"animals/birds/good.png":              good,
		"animals/birds/huge.png":              huge,
		"animals/birds/broken.png":            good[:len(good)/2],
		"animals/birds/empty.png":             drawn(t, 99, 99, image.Rectangle{}, color.White),
		"animals/birds/white.png":             drawn(t, 99, 99, image.Rect(0, 0, 99, 99), color.White),
		"animals/birds/tiny.png":              drawn(t, 99, 99, image.Rect(0, 0, 15, 15), color.Black),
		"animals/good.png":                    good,
		"buildings/furniture/good.png":        good,
		"../../../../../etc/birds/escape.png": good,
	}
	for i := range 8 {
		files[fmt.Sprintf("food/fruit/%d.png", i)] = drawn(t, 64, 64, image.Rect(0, 0, 64, 8+i*8), color.NRGBA{G: 200, A: 255})
	}
	var data bytes.Buffer
	w := tar.NewWriter(&data)
	for name, body := range files {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: "./usr/share/openclipart/png/" + name, Mode: 0o644, Size: int64(len(body))}))
		_, err := w.Write(body)
		require.NoError(t, err)
	}
	require.NoError(t, w.WriteHeader(&tar.Header{Name: "./usr/share/openclipart/png/animals/bugs/link.png", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}))
	require.NoError(t, w.Close())
	deb := fmt.Appendf([]byte("!<arch>\n"), "%-16s%-12d%-6d%-6d%-8s%-10d`\n2.0\n", "debian-binary", 0, 0, 0, "100644", 4)
	deb = fmt.Appendf(deb, "%-16s%-12d%-6d%-6d%-8s%-10d`\n%s", "data.tar", 0, 0, 0, "100644", data.Len(), data.Bytes())
	require.NoError(t, os.Mkdir(filepath.Join(cache, "packages"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(cache, "packages", "openclipart-png_1_all.deb"), deb, 0o600))

	asset := openclipart.files[0]
	made, err := asset.Sources[0].Fetch(t.Context(), asset, t.TempDir(), nil)
	require.NoError(t, err)
	all, err := readClipart([]string{made})
	require.NoError(t, err)
	require.Equal(t, [3]int{6, 1, 2}, [3]int{len(all.train), len(all.val), len(all.test)}, "one bird, eight pieces of fruit")
	bird := all.train[0]
	require.Equal(t, "bird", clipartClasses[bird.Label])
	require.Equal(t, []uint8{255, 255, 255}, bird.Pixels[:3])
	middle := bird.Pixels[3*(64*128+64):][:3]
	require.Equal(t, []uint8{255, 0, 0}, middle)
	above := bird.Pixels[3*(20*128+64):][:3]
	require.Equal(t, []uint8{255, 255, 255}, above, "its aspect ratio is kept")

	_, err = asset.Get(t.Context(), nil)
	require.ErrorContains(t, err, "wrong contents: sha256", "a package with other drawings")
	require.NotContains(t, err.Error(), "\n")
}

// blocks is a drawing of 5×5 fields, some of them filled; the seed decides which.
func blocks(t *testing.T, class string, seed uint64, c color.Color) drawing {
	r := rand.New(rand.NewPCG(seed, 0))
	picture := image.NewNRGBA(image.Rect(0, 0, 100, 100))
	for field := range 25 {
		if field%24 == 0 || r.IntN(2) == 0 {
			at := image.Pt(field%5*20, field/5*20)
			draw.Draw(picture, image.Rectangle{at, at.Add(image.Pt(20, 20))}, image.NewUniform(c), image.Point{}, draw.Src)
		}
	}
	var file bytes.Buffer
	require.NoError(t, png.Encode(&file, picture))
	d, ok := newDrawing(class, fmt.Sprint(class, seed, c), file.Bytes())
	require.True(t, ok)
	return d
}

// Near-duplicates, here in another colour, are in one part, and a drawing in two classes is left out.
func TestSplitDrawings(t *testing.T) {
	var drawings []drawing
	for seed := range uint64(12) {
		drawings = append(drawings, blocks(t, "bird", seed, color.NRGBA{R: 200, A: 255}), blocks(t, "bird", seed, color.NRGBA{B: 220, A: 255}))
	}
	drawings = append(drawings, blocks(t, "bug", 99, color.Black), blocks(t, "fruit", 99, color.Black))
	require.Len(t, alike(drawings), 13)
	kept := splitDrawings(drawings)
	part, n := map[string]string{}, map[string]int{}
	for _, d := range kept {
		part[d.name] = d.part
		n[d.part]++
	}
	// Only training takes a part of a group; any other part takes it whole or not at all.
	require.Equal(t, map[string]int{"train": 15, "val": 2, "test": 6}, n)
	require.NotContains(t, part, drawings[24].name, "bug and fruit are one picture")
	require.NotContains(t, part, drawings[25].name)
	for i := 0; i < 24; i += 2 {
		one, other := part[drawings[i].name], part[drawings[i+1].name]
		require.True(t, one == other || one == "" || other == "")
	}
	require.Equal(t, kept, splitDrawings(drawings), "always the same")
}

func TestClipartClass(t *testing.T) {
	for name, want := range map[string]string{
		"./usr/share/openclipart/png/animals/birds/crow.png":                   "bird",
		"usr/share/openclipart/png/animals/mammals/big_cats/tiger.png":         "mammal",
		"./usr/share/openclipart/png/buildings/house.png":                      "building",
		"./usr/share/openclipart/png/buildings/furniture/chair.png":            "",
		"./usr/share/openclipart/png/tools/weapons/gun.png":                    "",
		"./usr/share/openclipart/png/animals/birds/readme.txt":                 "",
		"./usr/share/openclipart/png/signs_and_symbols/flags/europe/italy.png": "flag",
		"./usr/share/doc/animals/birds/crow.png":                               "",
		"../usr/share/openclipart/png/animals/birds/../../../../crow.png":      "",
	} {
		require.Equal(t, want, clipartClass(name), name)
	}
}
