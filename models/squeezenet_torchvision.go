package models

import (
	"fmt"

	"github.com/vrkit-go/reprogram/models/layer"

	. "github.com/gomlx/gomlx/core/graph"
)

// squeezenetTorchvision is SqueezeNet 1.1 as torchvision trained it. It has the layers of squeezenet, with two
// differences: the first convolution has no padding, and a ReLU follows conv10, so that no source logit is negative.
// torchvision rounds the number of a max-pool's windows up, and this project rounds it down; without the padding the
// windows fit, and both give the same number.
var squeezenetTorchvision = torchvision(architecture{
	Info: Info{
		Name:     "squeezenet1.1-torchvision",
		Title:    "SqueezeNet 1.1 (torchvision)",
		Sides:    SideRule{Min: 32, Multiple: 32},
		Side:     128,
		Top1:     58.178,
		Prepared: Preparation{Resize: 256, Crop: 224},
		Citation: squeezenet.Citation,
	},
	forward: squeezenetTorchvisionForward,
	features: func(weight layer.Weight, input Value, _ Hook) *Node {
		return fireModules(weight, input.Sum(), [2][2]int{}).GlobalAverage()
	},
	width: squeezenetWidth,
}, "squeezenet1_1-b8a52dc0.pth", "b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b", 4958839, squeezenetStateDict())

// squeezenetFiles are the indices of the fire modules in torchvision's list of layers, "features".
var squeezenetFiles = [...]int{3, 4, 6, 7, 9, 10, 11, 12}

// squeezenetStateDict is the state dict of torchvision's file: the layers of squeezenetShapes under other names.
func squeezenetStateDict() stateDict {
	names := map[string]string{"conv1": "features.0", "conv10": "classifier.1"}
	for i, index := range squeezenetFiles {
		for here, there := range map[string]string{"squeeze1x1": "squeeze", "expand1x1": "expand1x1", "expand3x3": "expand3x3"} {
			names[fmt.Sprintf("fire%d/%s", i+2, here)] = fmt.Sprintf("features.%d.%s", index, there)
		}
	}
	kernels, shapes := map[string][]int{}, map[string][]int{} // [out, in, kh, kw], by the name here and in the file
	for name, s := range squeezenetShapes() {
		kernels[name] = []int{s[3], s[2], s[0], s[1]}
		shapes[names[name]+".weight"], shapes[names[name]+".bias"] = kernels[name], s[3:]
	}
	return stateDict{shapes: shapes, convert: func(take func(string) []float32) Weights {
		weights := Weights{}
		for name, shape := range kernels {
			weights[name+"/kernel"] = kernelOf(take(names[name]+".weight"), shape)
			weights[name+"/bias"] = Tensor{Shape: shape[:1], Data: take(names[name] + ".bias")}
		}
		return weights
	}}
}

func squeezenetTorchvisionForward(weight layer.Weight, input Value, _ Hook) *Node {
	return layer.GlobalAverage(rectified(weight, fireModules(weight, input.Sum(), [2][2]int{}), "conv10"))
}
