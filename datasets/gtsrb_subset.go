package datasets

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/vrkit-go/reprogram/datasets/internal/pnm"
)

// gtsrbSum is the SHA-256 of the rows that describe the chosen images, in order: class/name, original width and height,
// class. It proves that the subset is the same, whichever files it was chosen from.
const gtsrbSum = "b2e6e9366bc1024a857ea7c1ae2d5fc32b995ccbe28e3c6489deb108fcafb3a6"

// readGTSRB chooses the subset from the official layout. A folder with only the subset in that layout gives the same.
// training has the training images and their tables, test the test images, truth the table of the test images.
func readGTSRB(training, test, truth fs.FS) (all parts, err error) {
	sum := sha256.New()
	for class := range gtsrbClasses {
		folder := fmt.Sprintf("GTSRB/Final_Training/Images/%05d", class)
		rows, err := readGTSRBTable(training, fmt.Sprintf("%s/GT-%05d.csv", folder, class))
		if err != nil {
			return parts{}, err
		}
		for _, row := range gtsrbTrain(rows) {
			sample, err := row.read(training, folder, sum)
			if err != nil {
				return parts{}, err
			}
			all.train = append(all.train, sample)
		}
	}
	table, err := gtsrbTruth(truth)
	if err != nil {
		return parts{}, err
	}
	rows, err := readGTSRBTable(truth, table)
	if err != nil {
		return parts{}, err
	}
	for _, row := range gtsrbTest(rows) {
		sample, err := row.read(test, "GTSRB/Final_Test/Images", sum)
		if err != nil {
			return parts{}, err
		}
		all.test = append(all.test, sample)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != gtsrbSum {
		return parts{}, fmt.Errorf("this GTSRB is not as it was published, or not all of it is there: the chosen %d training and %d test images have other names, sizes or classes (sha256 %s where %s is known)",
			len(all.train), len(all.test), got, gtsrbSum)
	}
	return all, nil
}

// gtsrbTrain is the rule for training images. A class's images are tracks: a track shows one sign while the car
// approaches it, mostly in 30 photos that are nearly alike. It takes two photos of each of the first 25 tracks, at one
// third and at two thirds (frames 10 and 20 of 30).
func gtsrbTrain(rows []gtsrbRow) (chosen []gtsrbRow) {
	rows = slices.SortedFunc(slices.Values(rows), func(a, b gtsrbRow) int { return strings.Compare(a.name, b.name) })
	const tracks = 25
	for track := 0; track < tracks && len(rows) > 0; track++ {
		n := 0 // photos of this track
		for n < len(rows) && rows[n].track() == rows[0].track() {
			n++
		}
		chosen = append(chosen, rows[n/3])
		if 2*n/3 > n/3 {
			chosen = append(chosen, rows[2*n/3])
		}
		rows = rows[n:]
	}
	return chosen
}

// gtsrbTest is the rule for test images: the first 2,000 of the official table.
func gtsrbTest(rows []gtsrbRow) []gtsrbRow { return rows[:min(len(rows), 2000)] }

// gtsrbTruth finds the table of the test images: it is at the top of its archive, but users unpack it into different
// folders.
func gtsrbTruth(truth fs.FS) (string, error) {
	const name = "GT-final_test.csv"
	for _, folder := range []string{"GTSRB/Final_Test", ".", "GTSRB", "GTSRB/Final_Test/Images"} {
		if _, err := fs.Stat(truth, path.Join(folder, name)); err == nil {
			return path.Join(folder, name), nil
		}
	}
	return "", fmt.Errorf("there is no %s: unpack GTSRB_Final_Test_GT.zip in the folder GTSRB/Final_Test", name)
}

// gtsrbRow describes an image.
type gtsrbRow struct {
	name          string
	width, height string // in the official archives, in pixels
	class         int32
}

// track is the first part of the name: 00007 of 00007_00029.ppm.
func (r gtsrbRow) track() string {
	track, _, _ := strings.Cut(r.name, "_")
	return track
}

// maxFile bounds the bytes of an image and of a table: the largest image has 200 KB, the largest table 450.
const maxFile = 1 << 20

// readGTSRBTable reads an official table: a line with the names of the columns, then one line for each image, with ;
// between the values.
func readGTSRBTable(in fs.FS, name string) ([]gtsrbRow, error) {
	file, err := in.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	rows, err := parseGTSRBTable(io.LimitReader(file, maxFile))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return rows, nil
}

func parseGTSRBTable(r io.Reader) (rows []gtsrbRow, err error) {
	table := csv.NewReader(r)
	table.Comma = ';'
	table.ReuseRecord = true
	for line := 0; ; line++ {
		fields, err := table.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, errors.New(strings.ReplaceAll(err.Error(), "\n", " "))
		}
		if line == 0 {
			if got := strings.Join(fields, ";"); got != "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId" {
				return nil, fmt.Errorf("it is no table of GTSRB with classes: its columns are %q", got)
			}
			continue
		}
		class, err := strconv.ParseUint(fields[7], 10, 31)
		if err != nil || class >= uint64(len(gtsrbClasses)) || strings.ContainsAny(fields[0], `/\`) {
			return nil, fmt.Errorf("line %d makes no sense: %q, class %q", line+1, fields[0], fields[7])
		}
		rows = append(rows, gtsrbRow{strings.Clone(fields[0]), strings.Clone(fields[1]), strings.Clone(fields[2]), int32(class)})
	}
}

// read reads the image, rescales it, and adds its row to sum.
func (r gtsrbRow) read(in fs.FS, folder string, sum hash.Hash) (Sample, error) {
	name := path.Join(folder, r.name)
	file, err := in.Open(name)
	if err != nil {
		return Sample{}, err
	}
	defer file.Close()
	picture, err := pnm.Decode(io.LimitReader(file, maxFile))
	if err != nil {
		return Sample{}, fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(sum, "%s;%s;%s;%d\n", path.Join(path.Base(folder), r.name), r.width, r.height, r.class)
	return Sample{Image: FromPicture(picture).Scale(gtsrbSide, gtsrbSide), Label: r.class}, nil
}
