package datasets

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/datasets/internal/pnm"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// openclipart is a data set that this project makes from the Open Clip Art Library: coloured drawings in 20 classes,
// cleaned and split by the rules of clipartRules. It needs no site except Debian's.
var openclipart = source{
	Info: Info{
		Name:      "openclipart",
		Title:     "Open Clip Art",
		Classes:   clipartClasses,
		Height:    clipartSide,
		Width:     clipartSide,
		Channels:  3,
		Mirrors:   true,
		TrainSize: 785,
		ValSize:   185,
		TestSize:  318,
		Split:     clipartRules,
		Source:    "the Debian package openclipart-png",
		Download:  130910028,
		Homepage:  "https://openclipart.org",
		License:   "public domain",
		Citation:  "Open Clip Art Library, release 0.18, as packaged by Debian",
	},
	files: []fetch.Asset{{
		Name:     "Open Clip Art",
		File:     "datasets/openclipart.tar",
		SHA256:   "6e66cfe3b5d20d13265b9a2278b2747add7fb18f52400c440a46d2c19d1ccfd6",
		Size:     64627712,
		Download: 130910028,
		License:  "public domain",
		Sources:  []fetch.Source{clipartSource{fetch.Deb{Package: "openclipart-png", Version: "1:0.18+dfsg-19"}}},
	}},
	read: readClipart,
}

var clipartClasses = slices.Sorted(maps.Keys(clipartFolders))

const clipartRules = "drawings of 4 megapixels at most, on white, cut to what is drawn, padded to a square; " +
	"near-duplicates go to one part together, and those that are in two classes are left out; at most 100 of a class, " +
	"of which about a quarter is for testing and 15 % for validation"

// clipartFolders lists the package's folders of each class; a folder with a final slash includes the folders below it.
var clipartFolders = map[string][]string{
	"arrow":          {"shapes/arrows/"},
	"bird":           {"animals/birds/"},
	"bug":            {"animals/bugs/"},
	"building":       {"buildings", "buildings/homes/"},
	"button":         {"computer/buttons/"},
	"computer":       {"computer/hardware/"},
	"dessert":        {"food/desserts/"},
	"drink":          {"food/beverages/"},
	"flag":           {"signs_and_symbols/flags/africa/", "signs_and_symbols/flags/america/", "signs_and_symbols/flags/asia/", "signs_and_symbols/flags/europe/"},
	"fruit":          {"food/fruit/"},
	"jigsaw piece":   {"shapes/jigsaw/"},
	"meal":           {"food/breads_and_carbs/", "food/meats_and_eggs/"},
	"mammal":         {"animals/mammals/"},
	"musical object": {"recreation/music/"},
	"pattern":        {"special/patterns/"},
	"plant":          {"plants/"},
	"road sign":      {"transportation/roadsigns/"},
	"smiley":         {"people/smilies/"},
	"stick figure":   {"people/stickmen/"},
	"tool":           {"tools"},
}

// clipartClass returns the class of a file in the package, "" if it has none.
func clipartClass(name string) string {
	name, ok := strings.CutPrefix(path.Clean("/"+name), "/usr/share/openclipart/png/")
	if !ok || path.Ext(name) != ".png" {
		return ""
	}
	folder := path.Dir(name)
	for class, folders := range clipartFolders {
		for _, f := range folders {
			if folder == strings.TrimSuffix(f, "/") || strings.HasSuffix(f, "/") && strings.HasPrefix(folder, f) {
				return class
			}
		}
	}
	return ""
}

// clipartSource makes the data set's file from the package: a tar of PPM pictures, part/class/name.ppm. All
// computations are in integers, so that every machine makes the same file, whose SHA-256 is pinned.
type clipartSource struct{ fetch.Deb }

// Fetch implements [fetch.Source].
func (s clipartSource) Fetch(ctx context.Context, a fetch.Asset, dir string, r fetch.Report) (string, error) {
	deb, err := s.Get(ctx, a.Name, r)
	if err != nil {
		return "", err
	}
	drawings, err := readDrawings(ctx, deb, func(p fetch.Progress) { p.What = a.Name; tell(r, p) })
	if err != nil {
		return "", fmt.Errorf("%s: %w", deb, err)
	}
	made := filepath.Join(dir, "openclipart.tar")
	return made, writeClipart(made, splitDrawings(drawings))
}

// readDrawings reads the package's pictures that have a class, cleaned, sorted by name.
func readDrawings(ctx context.Context, deb string, r fetch.Report) (drawings []drawing, err error) {
	files, err := fetch.OpenDeb(deb)
	if err != nil {
		return nil, err
	}
	defer files.Close()
	news := fetch.Progress{Stage: "unpacking", Total: 152_000_000} // about
	for {
		header, err := files.Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return nil, err
		}
		news.Done += header.Size
		tell(r, news)
		class := clipartClass(header.Name)
		if class == "" || header.Typeflag != tar.TypeReg {
			continue // links are other names of files in the package
		}
		file, err := io.ReadAll(io.LimitReader(files, 16<<20))
		if err != nil {
			return nil, err
		}
		if d, ok := newDrawing(class, header.Name, file); ok {
			drawings = append(drawings, d)
		}
	}
	slices.SortFunc(drawings, func(a, b drawing) int { return strings.Compare(a.name, b.name) })
	return drawings, nil
}

// writeClipart writes the file.
func writeClipart(to string, drawings []drawing) error {
	file, err := os.Create(to)
	if err != nil {
		return err
	}
	w := tar.NewWriter(file)
	for _, d := range drawings {
		body := fmt.Appendf(nil, "P6\n%d %d\n255\n%s", d.image.Width, d.image.Height, d.image.Pixels)
		name := path.Join(d.part, d.class, strings.TrimSuffix(path.Base(d.name), ".png")+".ppm")
		if err := w.WriteHeader(&tar.Header{Format: tar.FormatUSTAR, Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: int64(len(body))}); err != nil {
			return errors.Join(err, file.Close())
		}
		if _, err := w.Write(body); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	return errors.Join(w.Close(), file.Close())
}

// readClipart reads the file of writeClipart.
func readClipart(paths []string) (all parts, err error) {
	content, err := os.ReadFile(paths[0])
	if err != nil {
		return parts{}, err
	}
	for files := tar.NewReader(bytes.NewReader(content)); ; {
		header, err := files.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return parts{}, fmt.Errorf("%s: %w", paths[0], err)
		}
		picture, err := pnm.Decode(files)
		if err != nil {
			return parts{}, fmt.Errorf("%s: %s: %w", paths[0], header.Name, err)
		}
		part, rest, _ := strings.Cut(header.Name, "/")
		class, _, _ := strings.Cut(rest, "/")
		sample := Sample{Image: FromPicture(picture), Label: int32(slices.Index(clipartClasses, class))}
		switch part {
		case "train":
			all.train = append(all.train, sample)
		case "val":
			all.val = append(all.val, sample)
		case "test":
			all.test = append(all.test, sample)
		}
	}
}
