package models

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/vrkit/fetch"

	. "github.com/gomlx/gomlx/core/graph"
)

// The vision transformers of size B with patches of 32×32 pixels (Dosovitskiy et al., 2021). torchvision trained one for
// images of side 224. SMM reprograms another one, for side 384: Google trained it on ImageNet-21k and then on
// ImageNet-1k, and PyTorch-Pretrained-ViT converted it.
//
// The second one was trained on pixels in [−1,1], but SMM's code gives it ImageNet's normalisation (docs/methods.md 4).
var (
	vitB32 = torchvision(architecture{
		Info: Info{
			Name:     "vit-b32",
			Title:    "ViT-B/32",
			Sides:    SideRule{Min: 224, Max: 224, Multiple: 32},
			Side:     224,
			Top1:     75.912,
			Prepared: Preparation{Resize: 256, Crop: 224},
			Tokens:   vitB.Tokens,
			Citation: vitCitation,
		},
		forward: vitB.Forward, features: vitB.Features, width: vitB.Width,
	}, "vit_b_32-d86f8d99.pth", "d86f8d99", 0, vitStateDict(vitTorchvision, 224))

	vitB32at384 = func() architecture {
		dict := vitStateDict(vitPretrained, 384)
		return architecture{
			Info: Info{
				Name:          "vit-b32-384",
				Title:         "ViT-B/32 at 384",
				Sides:         SideRule{Min: 384, Max: 384, Multiple: 32},
				Side:          384,
				Top1:          81.28, // table 5 of the paper, measured by Google
				Normalisation: Normalisation{Mean: [3]float32{.5, .5, .5}, Std: [3]float32{.5, .5, .5}},
				Tokens:        vitB.Tokens,
				License:       "Apache-2.0",
				Citation:      vitCitation,
			},
			weights: fetch.Artefact{
				Name:     "ViT-B/32 at 384 weights",
				File:     "weights/B_32_imagenet1k.pth",
				ByHand:   true,
				License:  "Apache-2.0",
				Homepage: "https://github.com/lukemelas/PyTorch-Pretrained-ViT",
				Sources:  []fetch.Source{fetch.URL{URL: "https://github.com/lukemelas/PyTorch-Pretrained-ViT/releases/download/0.0.2/B_32_imagenet1k.pth"}},
			},
			dict:    dict,
			read:    dict.reader("ViT-B/32 at 384"),
			forward: vitB.Forward, features: vitB.Features, width: vitB.Width,
		}
	}()
)

const (
	vitCitation = "A. Dosovitskiy et al., An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale, arXiv:2010.11929, 2021"

	vitPatch  = 32 // pixels a side
	vitHidden = 4 * vitWidth
	vitWidth  = 768
	vitLayers = 12
	vitHeads  = 12
)

// vitB is the graph of both.
var vitB = ViT{Tokens: Tokens{Width: vitWidth, Layers: vitLayers, Patch: vitPatch}, Heads: vitHeads}

// vitNames are the names of the tensors in a weight file. The names of a layer's tensors follow the layer's own name.
type vitNames struct {
	patches, class, positions, norm, classifier string

	layer                              string // with %d for its number
	norm1, out, norm2, expand, project string
	attention                          []string // the tensors that, concatenated, give queries, keys and values
}

var (
	vitTorchvision = vitNames{
		patches: "conv_proj", class: "class_token", positions: "encoder.pos_embedding", norm: "encoder.ln", classifier: "heads.head",
		layer: "encoder.layers.encoder_layer_%d.", norm1: "ln_1", out: "self_attention.out_proj", norm2: "ln_2", expand: "mlp.0", project: "mlp.3",
		attention: []string{"self_attention.in_proj_"},
	}
	vitPretrained = vitNames{
		patches: "patch_embedding", class: "class_token", positions: "positional_embedding.pos_embedding", norm: "norm", classifier: "fc",
		layer: "transformer.blocks.%d.", norm1: "norm1", out: "proj", norm2: "norm2", expand: "pwff.fc1", project: "pwff.fc2",
		attention: []string{"attn.proj_q.", "attn.proj_k.", "attn.proj_v."},
	}
)

// vitOlder replaces the names that torchvision had before version 0.14 for the two linear layers of an MLP by today's
// names. torchvision's weight file has the older names.
var vitOlder = strings.NewReplacer(".mlp.linear_1.", ".mlp.0.", ".mlp.linear_2.", ".mlp.3.")

// vitStateDict is the state dict of a file with these names, for images of that side in pixels.
func vitStateDict(names vitNames, side int) stateDict {
	tokens := 1 + (side/vitPatch)*(side/vitPatch)
	shapes := map[string][]int{
		names.class:     {1, 1, vitWidth},
		names.positions: {1, tokens, vitWidth},
	}
	parts := func(name string, shape ...int) {
		shapes[name+"weight"], shapes[name+"bias"] = shape, shape[:1]
	}
	parts(names.patches+".", vitWidth, 3, vitPatch, vitPatch)
	parts(names.norm+".", vitWidth)
	parts(names.classifier+".", sources, vitWidth)
	for i := range vitLayers {
		in := fmt.Sprintf(names.layer, i)
		for _, name := range names.attention {
			parts(in+name, 3*vitWidth/len(names.attention), vitWidth)
		}
		parts(in+names.norm1+".", vitWidth)
		parts(in+names.out+".", vitWidth, vitWidth)
		parts(in+names.norm2+".", vitWidth)
		parts(in+names.expand+".", vitHidden, vitWidth)
		parts(in+names.project+".", vitWidth, vitHidden)
	}
	return stateDict{shapes: shapes, older: vitOlder, convert: func(take func(string) []float32) Weights {
		weights := Weights{
			"class":          {Shape: []int{1, vitWidth}, Data: take(names.class)},
			"positions":      {Shape: []int{tokens, vitWidth}, Data: take(names.positions)},
			"patches/kernel": kernelOf(take(names.patches+".weight"), []int{vitWidth, 3, vitPatch, vitPatch}),
			"patches/bias":   {Shape: []int{vitWidth}, Data: take(names.patches + ".bias")},
		}
		norm := func(name, file string) {
			weights[name+"/gamma"] = Tensor{Shape: []int{vitWidth}, Data: take(file + ".weight")}
			weights[name+"/beta"] = Tensor{Shape: []int{vitWidth}, Data: take(file + ".bias")}
		}
		dense := func(name string, out, in int, files ...string) {
			var kernel, bias []float32
			for _, file := range files {
				kernel, bias = append(kernel, take(file+"weight")...), append(bias, take(file+"bias")...)
			}
			weights[name+"/kernel"] = Tensor{Shape: []int{in, out}, Data: transpose(kernel, out)}
			weights[name+"/bias"] = Tensor{Shape: []int{out}, Data: bias}
		}
		for i := range vitLayers {
			in, name := fmt.Sprintf(names.layer, i), fmt.Sprintf("layer%d", i)
			attention := slices.Clone(names.attention)
			for j := range attention {
				attention[j] = in + attention[j]
			}
			norm(name+"/norm1", in+names.norm1)
			dense(name+"/attention", 3*vitWidth, vitWidth, attention...)
			dense(name+"/out", vitWidth, vitWidth, in+names.out+".")
			norm(name+"/norm2", in+names.norm2)
			dense(name+"/expand", vitHidden, vitWidth, in+names.expand+".")
			dense(name+"/project", vitWidth, vitHidden, in+names.project+".")
		}
		norm("norm", names.norm)
		dense("classifier", sources, vitWidth, names.classifier+".")
		return weights
	}}
}

// ViT is the graph of a vision transformer. Each of its layers adds attention, and then an MLP, to its tokens; a
// LayerNorm comes before both. Its weights are called as this project calls those of vit-b32.
type ViT struct {
	Tokens
	Heads int // of the attention; divides Width
}

// Forward builds the graph up to the logits. It is a [Forward].
func (n ViT) Forward(weight layer.Weight, input Value, hook Hook) *Node {
	return layer.Dense(n.Features(weight, input, hook), weight("classifier/kernel"), weight("classifier/bias"))
}

// Features builds the graph up to the features: the class token after the last LayerNorm, [B,Width]. It is a [Forward].
func (n ViT) Features(weight layer.Weight, input Value, hook Hook) *Node {
	const epsilon = 1e-6
	dense := func(x *Node, name string) *Node { return layer.Dense(x, weight(name+"/kernel"), weight(name+"/bias")) }
	norm := func(x *Node, name string) *Node {
		return layer.LayerNorm(x, weight(name+"/gamma"), weight(name+"/beta"), epsilon)
	}
	patches := input.Sum().PatchEmbedding(weight("patches/kernel"), weight("patches/bias"))
	size := patches.Shape().Dim(0)
	class := BroadcastToDims(ExpandAxes(weight("class"), 0), size, 1, n.Width)
	x := Add(Concatenate([]*Node{class, patches}, 1), ExpandAxes(weight("positions"), 0))
	for i := range n.Layers {
		name := fmt.Sprintf("layer%d", i)
		at := func(site Site, v *Node) *Node {
			v = hook(site, Value{Each: v}).Total()
			v.AssertDims(size, -1, n.Width)
			return v
		}
		tokens := at(TokensInto(i), Reshape(x, size, -1, n.Width))
		x = layer.Rows(tokens)
		each := Split(Reshape(dense(norm(x, name+"/norm1"), name+"/attention"), size, -1, 3*n.Width), -1, 3)
		each[1], each[2] = at(AttentionOf(i, Keys), each[1]), at(AttentionOf(i, Values), each[2])
		if i == n.Layers-1 { // the classifier needs only the class token
			x, each[0] = layer.Rows(SliceAxis(tokens, 1, AxisRange(0, 1))), SliceAxis(each[0], 1, AxisRange(0, 1))
		}
		x = Add(x, dense(layer.Rows(layer.Attention(each[0], each[1], each[2], n.Heads, nil)), name+"/out"))
		x = Add(x, dense(layer.GELU(dense(norm(x, name+"/norm2"), name+"/expand")), name+"/project"))
	}
	return Reshape(norm(x, "norm"), size, n.Width)
}
