// Package datasets holds what is to be classified: names, classes, splits, pixels and where they come
// from. One data set a file.
package datasets

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// Image is a picture of 8-bit values, row-major [Height, Width, Channels]; Channels is 1 (grey) or 3 (RGB).
type Image struct {
	Height, Width, Channels int
	Pixels                  []uint8
}

// Sample is a picture and its target label, 0 to K−1.
type Sample struct {
	Image
	Label int32
}

// Info is what can be known of a data set before it is fetched.
type Info struct {
	Name      string   // what the command line calls it
	Title     string   // what people call it
	Classes   []string // names of the K target labels
	TrainSize int      // images in the official training set
	TestSize  int      // images in the official test set
	License   string
	Citation  string
}

// Dataset is a data set in three parts that share no image. ω is estimated on Train alone, the best
// epoch is chosen on Val, and Test is only reported.
type Dataset struct {
	Info
	Train, Val, Test []Sample
	SHA256           string // of every pixel and label, in order
}

// Sizes says how many images to take of each part; zero Train or Test takes all there are.
type Sizes struct{ Train, Val, Test int }

// Names are the class names of samples.
func (i Info) Names(samples []Sample) []string {
	names := make([]string, len(samples))
	for at, sample := range samples {
		names[at] = i.Classes[sample.Label]
	}
	return names
}

// source is a data set as the registry has it: its facts, its files, and how they are read.
type source struct {
	Info
	files []fetch.Artefact
	read  func(paths []string) (train, test []Sample, err error)
}

// sources lists what -dataset can name, in the order that lists show it.
var sources = []source{mnist}

// All describes every data set that can be loaded.
func All() []Info {
	infos := make([]Info, len(sources))
	for i, s := range sources {
		infos[i] = s.Info
	}
	return infos
}

// Artefacts lists the files that a data set needs, for set-up to fetch ahead of time.
func Artefacts(name string) ([]fetch.Artefact, error) {
	s, err := find(name)
	return s.files, err
}

// Load fetches a data set if it is not cached, and takes a fixed subset of it: the official images in
// an order drawn once and for all, of the training set the first Train and the next Val, of the test
// set the first Test. The same sizes give the same images on every machine, whatever a run's seed.
func Load(ctx context.Context, name string, sizes Sizes, report fetch.Report) (*Dataset, error) {
	s, err := find(name)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, file := range s.files {
		path, err := file.Get(ctx, report)
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	train, test, err := s.read(paths)
	if err != nil {
		return nil, err
	}
	return split(s.Info, train, test, sizes)
}

// subsetSeed fixes which images a subset has.
const subsetSeed = 20240601

func split(info Info, train, test []Sample, sizes Sizes) (*Dataset, error) {
	if sizes.Train < 0 || sizes.Val < 0 || sizes.Test < 0 {
		return nil, fmt.Errorf("sizes can't be negative: -train %d -val %d -test %d", sizes.Train, sizes.Val, sizes.Test)
	}
	if sizes.Train == 0 {
		sizes.Train = max(len(train)-sizes.Val, 0)
	}
	if sizes.Test == 0 {
		sizes.Test = len(test)
	}
	if sizes.Train == 0 || sizes.Train+sizes.Val > len(train) {
		return nil, fmt.Errorf("%s has %d training images, too few for -train %d and -val %d", info.Name, len(train), sizes.Train, sizes.Val)
	}
	if sizes.Test > len(test) {
		return nil, fmt.Errorf("%s has %d test images, too few for -test %d", info.Name, len(test), sizes.Test)
	}
	shuffle(train, 0)
	shuffle(test, 1)
	d := &Dataset{
		Info:  info,
		Train: train[:sizes.Train],
		Val:   train[sizes.Train : sizes.Train+sizes.Val],
		Test:  test[:sizes.Test],
	}
	h := sha256.New()
	for _, part := range [][]Sample{d.Train, d.Val, d.Test} {
		for _, sample := range part {
			h.Write(binary.LittleEndian.AppendUint32(nil, uint32(sample.Label)))
			h.Write(sample.Pixels)
		}
	}
	d.SHA256 = hex.EncodeToString(h.Sum(nil))
	return d, nil
}

func shuffle(samples []Sample, stream uint64) {
	r := rand.New(rand.NewPCG(subsetSeed, stream))
	r.Shuffle(len(samples), func(i, j int) { samples[i], samples[j] = samples[j], samples[i] })
}

func find(name string) (source, error) {
	known := make([]string, len(sources))
	for i, s := range sources {
		if s.Name == name {
			return s, nil
		}
		known[i] = s.Name
	}
	return source{}, fmt.Errorf("no data set is called %q; known: %s", name, strings.Join(known, ", "))
}
