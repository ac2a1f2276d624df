package datasets

import (
	"context"
	"fmt"
	"image"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// photos are real photos with free licences, to show the labels that a model was trained for.
var photos = map[string]fetch.Asset{
	"coffee":  photoFile("coffee.png", 466706, "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7"),
	"chelsea": photoFile("chelsea.png", 240512, "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb"),
}

func photoFile(name string, size int64, sha256 string) fetch.Asset {
	return fetch.Asset{
		Name:    "photo " + name,
		File:    "photos/" + name,
		SHA256:  sha256,
		Size:    size,
		License: "CC0",
		Sources: []fetch.Source{fetch.PyPI{
			Package: "scikit-image", File: "scikit_image-0.26.0-cp311-cp311-manylinux_2_24_x86_64.manylinux_2_28_x86_64.whl",
			Member: "skimage/data/" + name,
		}},
	}
}

// PhotoAssets lists the photos' files, so that set-up can fetch them.
func PhotoAssets() []fetch.Asset {
	return []fetch.Asset{photos["coffee"], photos["chelsea"]}
}

// Photo fetches a photo: "coffee", a cup of espresso, 400×600, or "chelsea", a cat, 300×451.
func Photo(ctx context.Context, name string, report fetch.Report) (Image, error) {
	asset, ok := photos[name]
	if !ok {
		return Image{}, fmt.Errorf("no photo is called %q; known: chelsea, coffee", name)
	}
	path, err := asset.Get(ctx, report)
	if err != nil {
		return Image{}, err
	}
	return ReadImage(path)
}

// Crop returns the part of an image inside a rectangle, which must lie within it.
func (m Image) Crop(r image.Rectangle) Image {
	crop := Image{Height: r.Dy(), Width: r.Dx(), Channels: m.Channels, Pixels: make([]uint8, 0, r.Dx()*r.Dy()*m.Channels)}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := m.Pixels[(y*m.Width+r.Min.X)*m.Channels:]
		crop.Pixels = append(crop.Pixels, row[:r.Dx()*m.Channels]...)
	}
	return crop
}

// Square returns the largest square in the middle of an image.
func (m Image) Square() Image {
	side := min(m.Height, m.Width)
	left, top := (m.Width-side)/2, (m.Height-side)/2
	return m.Crop(image.Rect(left, top, left+side, top+side))
}
