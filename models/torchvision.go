package models

import "github.com/vrkit-go/reprogram/vrkit/fetch"

// torchvision adds to the description of a network what all of torchvision's networks have in common: the normalisation,
// the licence, and where the weights are. The name of a weight file contains the first eight digits of its SHA-256; for
// some files only these digits are published.
func torchvision(a architecture, file, sha256 string, bytes int64, dict stateDict) architecture {
	a.Normalisation = imagenetNormalisation
	a.License, a.Checked = "BSD-3-Clause; trained on ImageNet", checkedMadeUp
	a.weights = fetch.Asset{
		Name:     a.Title + " weights",
		File:     "weights/" + file,
		SHA256:   sha256,
		Size:     bytes,
		License:  a.License,
		Homepage: "https://pytorch.org/vision/stable/models.html",
		Sources:  []fetch.Source{fetch.URL{URL: torchvisionModels + file}},
	}
	a.dict, a.read = dict, dict.reader(a.Title)
	return a
}

const torchvisionModels = "https://download.pytorch.org/models/"

// imagenetNormalisation is the normalisation of nearly all networks that were trained in PyTorch: ImageNet's mean and
// standard deviation.
var imagenetNormalisation = Normalisation{
	Mean: [3]float32{0.485, 0.456, 0.406},
	Std:  [3]float32{0.229, 0.224, 0.225},
}
