package datasets

import "github.com/vrkit-go/reprogram/vrkit/fetch"

// fashionMNIST is Fashion-MNIST: clothing, 28×28, grey, in MNIST's format and size.
var fashionMNIST = source{
	Info: Info{
		Name:      "fashion-mnist",
		Title:     "Fashion-MNIST",
		Classes:   fashionClasses,
		Height:    28,
		Width:     28,
		Channels:  1,
		Mirrors:   true,
		TrainSize: 60000,
		TestSize:  10000,
		Source:    "the Debian package dataset-fashion-mnist",
		Download:  30900652,
		Homepage:  "https://github.com/zalandoresearch/fashion-mnist",
		License:   "MIT",
		Citation:  "H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms, arXiv:1708.07747, 2017",
	},
	files: []fetch.Asset{
		fashionFile("train-images-idx3-ubyte", 47040016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"),
		fashionFile("train-labels-idx1-ubyte", 60008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
		fashionFile("t10k-images-idx3-ubyte", 7840016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"),
		fashionFile("t10k-labels-idx1-ubyte", 10008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
	},
	read: func(paths []string) (parts, error) { return readPairs(paths, len(fashionClasses)) },
}

// fashionClasses are the official names.
var fashionClasses = []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}

// fashionFile is one of the four files, unpacked: Debian's gzip files lack the names and times of the official ones,
// but unpack to the same.
func fashionFile(name string, size int64, sha256 string) fetch.Asset {
	return fetch.Asset{
		Name:    "Fashion-MNIST " + name,
		File:    "datasets/fashion-mnist/" + name,
		SHA256:  sha256,
		Size:    size,
		License: "MIT",
		Sources: []fetch.Source{
			fetch.Deb{Package: "dataset-fashion-mnist", Version: "0.0~git20200523.55506a9-1", Member: "usr/share/datasets/fashion-mnist/" + name + ".gz", Gunzip: true},
			fetch.URL{URL: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/" + name + ".gz", Member: name},
		},
	}
}
