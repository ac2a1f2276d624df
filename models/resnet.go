package models

import (
	"fmt"

	"github.com/vrkit-go/reprogram/models/layer"

	. "github.com/gomlx/gomlx/core/graph"
)

// The ResNets (He et al., 2016) and ResNeXt-101-32x8d (Xie et al., 2017), as torchvision has them: a
// block's stride is in its 3×3 convolution. ResNet-50 has the weights IMAGENET1K_V2 of torchvision, because
// SMM and ILM-VP reprogram these.
var (
	resnet18   = resnet{blocks: [4]int{2, 2, 2, 2}}.named("resnet18", "ResNet-18", 69.758, 256, "resnet18-f37072fd.pth", 46830571, "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec")
	resnet34   = resnet{blocks: [4]int{3, 4, 6, 3}}.named("resnet34", "ResNet-34", 73.314, 256, "resnet34-b627a593.pth", 87319819, "b627a593bcbe140c234610266fe4f8ae95ea42fc881d091c9b6052e6b1d0590f")
	resnet50   = resnet{blocks: [4]int{3, 4, 6, 3}, groups: 1, width: 64}.named("resnet50", "ResNet-50", 80.858, 232, "resnet50-11ad3fa6.pth", 102540417, "11ad3fa62ca79e40addfd354a8ec4b7c75143b3038b8d2a807fbc68deab379ca")
	resnet101  = resnet{blocks: [4]int{3, 4, 23, 3}, groups: 1, width: 64}.named("resnet101", "ResNet-101", 77.374, 256, "resnet101-63fe2227.pth", 0, "63fe2227b86e8f1f2063f43a75c84d195911b6a0eace650907dd3dc62dd49a0a")
	resnext101 = resnet{blocks: [4]int{3, 4, 23, 3}, groups: 32, width: 8}.named("resnext101-32x8d", "ResNeXt-101-32x8d", 79.312, 256, "resnext101_32x8d-8ba56ff5.pth", 356082095, "8ba56ff5")
)

// resnet is a size of the architecture: the number of blocks in each of the four stages. If groups is 0, a block is a
// basic block of two 3×3 convolutions. Else it is a bottleneck: a 1×1 convolution, a grouped 3×3 convolution, whose
// groups have width channels each in the first stage, and a 1×1 convolution to four times the stage's channels.
type resnet struct {
	blocks        [4]int
	groups, width int
}

// The papers: of the ResNets, and of those with grouped convolutions.
const (
	resnetCitation  = "K. He, X. Zhang, S. Ren and J. Sun, Deep Residual Learning for Image Recognition, arXiv:1512.03385, 2015"
	resnextCitation = "S. Xie, R. Girshick, P. Dollár, Z. Tu and K. He, Aggregated Residual Transformations for Deep Neural Networks, arXiv:1611.05431, 2017"
)

// named describes the network for the list of architectures. resize is the shorter side, in pixels, of the images that
// top1, in percent, was measured on; the other parameters describe the weight file.
func (n resnet) named(name, title string, top1 float64, resize int, file string, bytes int64, sha256 string) architecture {
	citation := resnetCitation
	if n.groups > 1 {
		citation = resnextCitation
	}
	return torchvision(architecture{
		Info: Info{
			Name:     name,
			Title:    title,
			Sides:    SideRule{Min: 32, Multiple: 32},
			Side:     128,
			Top1:     top1,
			Prepared: Preparation{Resize: resize, Crop: 224},
			Citation: citation,
		},
		forward: n.forward, features: n.features, width: n.outputs(),
	}, file, sha256, bytes, n.stateDict())
}

// residual is one residual block: its input channels, the channels inside, its output channels, and its stride.
type residual struct {
	name                   string
	in, inner, out, stride int
}

// residuals lists the blocks of all stages.
func (n resnet) residuals() (blocks []residual) {
	in := 64
	for stage, count := range n.blocks {
		channels := 64 << stage
		inner, out := channels, channels
		if n.groups > 0 {
			inner, out = channels*n.width/64*n.groups, 4*channels
		}
		for i := range count {
			b := residual{fmt.Sprintf("layer%d.%d", stage+1, i), in, inner, out, 1}
			if stage > 0 && i == 0 {
				b.stride = 2
			}
			blocks = append(blocks, b)
			in = out
		}
	}
	return blocks
}

// projects tells whether the shortcut needs a 1×1 convolution, so that its output has the block's shape (torchvision:
// downsample).
func (b residual) projects() bool { return b.stride > 1 || b.in != b.out }

func (n resnet) stateDict() stateDict {
	layers := []foldedLayer{{"conv1", "conv1", "bn1", []int{64, 3, 7, 7}}}
	features := 0
	for _, b := range n.residuals() {
		add := func(number, out, in, kernel int) {
			layers = append(layers, foldedLayer{
				fmt.Sprintf("%s/conv%d", b.name, number), fmt.Sprintf("%s.conv%d", b.name, number), fmt.Sprintf("%s.bn%d", b.name, number),
				[]int{out, in, kernel, kernel},
			})
		}
		if n.groups > 0 {
			add(1, b.inner, b.in, 1)
			add(2, b.inner, b.inner/n.groups, 3)
			add(3, b.out, b.inner, 1)
		} else {
			add(1, b.out, b.in, 3)
			add(2, b.out, b.out, 3)
		}
		if b.projects() {
			layers = append(layers, foldedLayer{b.name + "/downsample", b.name + ".downsample.0", b.name + ".downsample.1", []int{b.out, b.in, 1, 1}})
		}
		features = b.out
	}
	return foldedNet(layers, "fc", features, 1e-5)
}

func (n resnet) forward(weight layer.Weight, input Value, hook Hook) *Node {
	return classified(weight, n.features(weight, input, hook))
}

// outputs is the number of features: the channels of the last block.
func (n resnet) outputs() int {
	all := n.residuals()
	return all[len(all)-1].out
}

// features builds all layers before the classifier, and the average over the image, [B,outputs].
func (n resnet) features(weight layer.Weight, input Value, _ Hook) *Node {
	convolve := func(x *Node, name string, stride int) *Node {
		kernel := weight.Kernel(name + "/kernel")
		around := kernel.Values.Shape().Dim(0) / 2 // zeros on every side
		padding := [2][2]int{{around, around}, {around, around}}
		if groups := x.Shape().Dim(-1) / kernel.Values.Shape().Dim(2); groups > 1 {
			return layer.Grouped(x, weight.KernelInGroups(name+"/kernel"), weight(name+"/bias"), stride, padding)
		}
		return layer.Convolution(x, kernel, weight(name+"/bias"), stride, padding)
	}
	x := layer.ReLU(input.Sum().Convolution(weight.Kernel("conv1/kernel"), weight("conv1/bias"), 2, [2][2]int{{3, 3}, {3, 3}}))
	x = layer.PaddedMaxPooling(x, 3, 2, [2][2]int{{1, 1}, {1, 1}})
	for _, b := range n.residuals() {
		y := x
		if n.groups > 0 {
			y = layer.ReLU(convolve(y, b.name+"/conv1", 1))
			y = layer.ReLU(convolve(y, b.name+"/conv2", b.stride))
			y = convolve(y, b.name+"/conv3", 1)
		} else {
			y = layer.ReLU(convolve(y, b.name+"/conv1", b.stride))
			y = convolve(y, b.name+"/conv2", 1)
		}
		if b.projects() {
			x = convolve(x, b.name+"/downsample", b.stride)
		}
		x = layer.ReLU(Add(x, y))
	}
	return layer.GlobalAverage(x)
}
