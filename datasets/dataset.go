// Package datasets holds the target tasks: names, classes, splits, pixels or texts, and sources. One data set a file.
package datasets

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Image is an image of 8-bit values, row-major [Height, Width, Channels]; Channels is 1 (grey) or 3 (RGB).
type Image struct {
	Height, Width, Channels int
	Pixels                  []uint8
}

// Sample is what a model reads, an image or a text by the data set's Modality, with its target label, 0 to K−1.
type Sample struct {
	Image
	Text  string
	Label int32
}

// Info describes a data set before it is fetched.
type Info struct {
	Name      string            // its name on the command line
	Title     string            // its usual name
	Modality  taxonomy.Modality // of its samples
	Classes   []string          // names of the K target labels
	Height    int               // of every image, in pixels; 0 if they differ
	Width     int               // the same for the width
	Channels  int               // 1: grey, 3: RGB
	TrainSize int               // samples in the official training set
	ValSize   int               // samples in its own validation set; 0 if it has none, and validation samples come from the training set
	TestSize  int               // samples in the official test set
	Mirrors   bool              // whether an image mirrored left to right keeps its class
	Split     string            // how the parts were made, if they are not the official ones
	Source    string            // the first source that is tried
	Download  int64             // bytes to fetch once, from the first source; 0 if none
	Homepage  string
	License   string
	Citation  string
}

// Dataset is a data set in three parts that share no sample. ω is estimated on Train only, the best epoch is chosen on
// Val, and Test is only reported.
type Dataset struct {
	Info
	Train, Val, Test []Sample
	SHA256           string   // of all samples and labels, in order
	Skipped          []string // what was left out: samples that can't be read, and why; the number of copies of texts and of other files
}

// Sizes says how many samples to take of each part. Zero takes all that can be read: of Train and Test always, of Val if
// the data set has a validation set. MostTrain and MostTest bound a zero size of their part; they are no bound if they
// are zero.
type Sizes struct{ Train, Val, Test, MostTrain, MostTest int }

// ErrTooFew is in the error of sizes that are larger than the data set.
var ErrTooFew = errors.New("too few")

// Of replaces zero sizes by numbers, or returns an error that says how many samples there are.
func (s Sizes) Of(i Info) (Sizes, error) {
	if min(s.Train, s.Val, s.Test, s.MostTrain, s.MostTest) < 0 {
		return s, fmt.Errorf("sizes can't be negative: %d for training, %d for validation, %d for testing", s.Train, s.Val, s.Test)
	}
	fail := func(size int, part, asked string) (Sizes, error) {
		return s, fmt.Errorf("%s has %d %s samples, %w to take %s", i.Name, size, part, ErrTooFew, asked)
	}
	left := i.TrainSize // for training
	switch {
	case i.ValSize == 0 && s.Train == 0 && s.Val > 0 && s.Val >= i.TrainSize:
		return fail(i.TrainSize, "training", fmt.Sprintf("%d for validation and leave one for training", s.Val))
	case i.ValSize == 0 && s.Val > 0 && s.Val > i.TrainSize-s.Train:
		return fail(i.TrainSize, "training", fmt.Sprintf("%d and %d for validation", s.Train, s.Val))
	case i.ValSize == 0:
		left -= s.Val
	case s.Val > i.ValSize:
		return fail(i.ValSize, "validation", fmt.Sprint(s.Val))
	case s.Val == 0:
		s.Val = i.ValSize
	}
	if s.Train > left {
		return fail(i.TrainSize, "training", fmt.Sprint(s.Train))
	}
	if s.Test > i.TestSize {
		return fail(i.TestSize, "test", fmt.Sprint(s.Test))
	}
	s.Train, s.Test = atMost(s.Train, left, s.MostTrain), atMost(s.Test, i.TestSize, s.MostTest)
	s.MostTrain, s.MostTest = 0, 0
	return s, nil
}

// atMost returns a size; for zero it returns all, or at most most if that is not zero.
func atMost(size, all, most int) int {
	switch {
	case size > 0:
		return size
	case most > 0:
		return min(all, most)
	}
	return all
}

// Names returns the class names of samples.
func (i Info) Names(samples []Sample) []string {
	names := make([]string, len(samples))
	for at, sample := range samples {
		names[at] = i.Classes[sample.Label]
	}
	return names
}

// OneOfEach returns the first sample of each class, in the order of the classes. It is an error if a class has none.
func (i Info) OneOfEach(samples []Sample) ([]Sample, error) {
	some := make([]Sample, len(i.Classes))
	for class, name := range i.Classes {
		first := slices.IndexFunc(samples, func(s Sample) bool { return int(s.Label) == class })
		if first < 0 {
			return nil, fmt.Errorf("%s: none of %d samples is of class %q: take more", i.Name, len(samples), name)
		}
		some[class] = samples[first]
	}
	return some, nil
}

// subsetSeed decides which images a subset has.
const subsetSeed = 20240601

// split takes the first samples of each part.
func split(info Info, all parts, sizes Sizes) *Dataset {
	d := &Dataset{Info: info, Train: all.train[:sizes.Train], Test: all.test[:sizes.Test], Skipped: slices.Concat(all.unreadable, all.left)}
	if info.ValSize > 0 {
		d.Val = all.val[:sizes.Val]
	} else {
		d.Val = all.train[sizes.Train : sizes.Train+sizes.Val]
	}
	h := sha256.New()
	for _, part := range [][]Sample{d.Train, d.Val, d.Test} {
		for _, sample := range part {
			h.Write(binary.LittleEndian.AppendUint32(nil, uint32(sample.Label)))
			if info.Modality == taxonomy.Text {
				h.Write(fmt.Appendf(nil, "%d\n%s", len(sample.Text), sample.Text))
				continue
			}
			if info.Height == 0 { // else the same bytes could be another shape
				h.Write(fmt.Appendf(nil, "%d %d\n", sample.Height, sample.Width))
			}
			h.Write(sample.Pixels)
		}
	}
	d.SHA256 = hex.EncodeToString(h.Sum(nil))
	return d
}

func shuffle[T any](all []T, stream uint64) {
	r := rand.New(rand.NewPCG(subsetSeed, stream))
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
}
