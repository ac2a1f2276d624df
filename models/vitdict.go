package models

import (
	"fmt"
	"slices"
	"strings"
)

// vitNames are the names of the tensors in a weight file. The names of a layer's tensors follow the layer's own name.
type vitNames struct {
	patches, class, positions, norm string
	classifier                      string // "" for a network without one

	layer                              string // with %d for its number
	norm1, out, norm2, expand, project string
	attention                          []string // the tensors that, concatenated, give queries, keys and values
	scales                             []string // of LayerScale after the attention and after the MLP; nil for none
	unused                             string   // a tensor that training needs and the features do not; "" for none
}

var (
	vitTorchvision = vitNames{
		patches: "conv_proj", class: "class_token", positions: "encoder.pos_embedding", norm: "encoder.ln", classifier: "heads.head",
		layer: "encoder.layers.encoder_layer_%d.", norm1: "ln_1", out: "self_attention.out_proj", norm2: "ln_2", expand: "mlp.0", project: "mlp.3",
		attention: []string{"self_attention.in_proj_"},
	}
	vitPretrained = vitNames{ // PyTorch-Pretrained-ViT
		patches: "patch_embedding", class: "class_token", positions: "positional_embedding.pos_embedding", norm: "norm", classifier: "fc",
		layer: "transformer.blocks.%d.", norm1: "norm1", out: "proj", norm2: "norm2", expand: "pwff.fc1", project: "pwff.fc2",
		attention: []string{"attn.proj_q.", "attn.proj_k.", "attn.proj_v."},
	}
	vitTimm = vitNames{ // also DeiT
		patches: "patch_embed.proj", class: "cls_token", positions: "pos_embed", norm: "norm", classifier: "head",
		layer: "blocks.%d.", norm1: "norm1", out: "attn.proj", norm2: "norm2", expand: "mlp.fc1", project: "mlp.fc2",
		attention: []string{"attn.qkv."},
	}
	vitDINOv2 = func() vitNames {
		names := vitTimm
		names.classifier, names.scales, names.unused = "", []string{"ls1.gamma", "ls2.gamma"}, "mask_token"
		return names
	}()
)

// vitOlder replaces the names that torchvision had before version 0.14 for the two linear layers of an MLP by today's
// names. torchvision's weight file has the older names.
var vitOlder = strings.NewReplacer(".mlp.linear_1.", ".mlp.0.", ".mlp.linear_2.", ".mlp.3.")

// stateDict is the state dict of a file with these names, for position embeddings of images of that side in pixels. A
// LayerScale is folded into the linear layer before it.
func (n ViT) stateDict(names vitNames, side int) stateDict {
	width, hidden := n.Width, 4*n.Width
	tokens := 1 + (side/n.Patch)*(side/n.Patch)
	shapes := map[string][]int{
		names.class:     {1, 1, width},
		names.positions: {1, tokens, width},
	}
	parts := func(name string, shape ...int) {
		shapes[name+"weight"], shapes[name+"bias"] = shape, shape[:1]
	}
	parts(names.patches+".", width, 3, n.Patch, n.Patch)
	parts(names.norm+".", width)
	if names.classifier != "" {
		parts(names.classifier+".", sources, width)
	}
	if names.unused != "" {
		shapes[names.unused] = nil
	}
	for i := range n.Layers {
		in := fmt.Sprintf(names.layer, i)
		for _, name := range names.attention {
			parts(in+name, 3*width/len(names.attention), width)
		}
		parts(in+names.norm1+".", width)
		parts(in+names.out+".", width, width)
		parts(in+names.norm2+".", width)
		parts(in+names.expand+".", hidden, width)
		parts(in+names.project+".", width, hidden)
		for _, scale := range names.scales {
			shapes[in+scale] = []int{width}
		}
	}
	return stateDict{shapes: shapes, older: vitOlder, convert: func(take func(string) []float32) Weights {
		weights := Weights{
			"class":          {Shape: []int{1, width}, Data: take(names.class)},
			"positions":      {Shape: []int{tokens, width}, Data: take(names.positions)},
			"patches/kernel": kernelOf(take(names.patches+".weight"), []int{width, 3, n.Patch, n.Patch}),
			"patches/bias":   {Shape: []int{width}, Data: take(names.patches + ".bias")},
		}
		norm := func(name, file string) {
			weights[name+"/gamma"] = Tensor{Shape: []int{width}, Data: take(file + ".weight")}
			weights[name+"/beta"] = Tensor{Shape: []int{width}, Data: take(file + ".bias")}
		}
		dense := func(name string, out, in int, files ...string) {
			var kernel, bias []float32
			for _, file := range files {
				kernel, bias = append(kernel, take(file+"weight")...), append(bias, take(file+"bias")...)
			}
			weights[name+"/kernel"] = Tensor{Shape: []int{in, out}, Data: transpose(kernel, out)}
			weights[name+"/bias"] = Tensor{Shape: []int{out}, Data: bias}
		}
		for i := range n.Layers {
			in, name := fmt.Sprintf(names.layer, i), fmt.Sprintf("layer%d", i)
			attention := slices.Clone(names.attention)
			for j := range attention {
				attention[j] = in + attention[j]
			}
			norm(name+"/norm1", in+names.norm1)
			dense(name+"/attention", 3*width, width, attention...)
			dense(name+"/out", width, width, in+names.out+".")
			norm(name+"/norm2", in+names.norm2)
			dense(name+"/expand", hidden, width, in+names.expand+".")
			dense(name+"/project", width, hidden, in+names.project+".")
			for j, scale := range names.scales {
				scaled := name + []string{"/out", "/project"}[j]
				scaleOutputs(weights[scaled+"/kernel"].Data, weights[scaled+"/bias"].Data, take(in+scale))
			}
		}
		norm("norm", names.norm)
		if names.classifier != "" {
			dense("classifier", sources, width, names.classifier+".")
		}
		return weights
	}}
}

// scaleOutputs multiplies the outputs of a linear layer, kernel [in,out] and bias [out], by a factor each.
func scaleOutputs(kernel, bias, factors []float32) {
	for i := range kernel {
		kernel[i] *= factors[i%len(factors)]
	}
	for i := range bias {
		bias[i] *= factors[i]
	}
}
