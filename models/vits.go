package models

import (
	"path"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// The sizes of vision transformers: tiny, small and base, by their patches' side in pixels.
var (
	vitTi16 = ViT{Tokens: Tokens{Width: 192, Layers: 12, Patch: 16}, Heads: 3}
	vitS16  = ViT{Tokens: Tokens{Width: 384, Layers: 12, Patch: 16}, Heads: 6}
	vitS14  = ViT{Tokens: Tokens{Width: 384, Layers: 12, Patch: 14}, Heads: 6, Grid: 37}
	vitB16  = ViT{Tokens: Tokens{Width: 768, Layers: 12, Patch: 16}, Heads: 12}
	vitB32  = ViT{Tokens: Tokens{Width: 768, Layers: 12, Patch: 32}, Heads: 12}
)

// The papers.
const (
	vitCitation    = "A. Dosovitskiy et al., An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale, arXiv:2010.11929, 2021"
	augregCitation = "A. Steiner et al., How to Train Your ViT? Data, Augmentation, and Regularization in Vision Transformers, arXiv:2106.10270, 2021"
	deitCitation   = "H. Touvron et al., Training Data-Efficient Image Transformers and Distillation through Attention, arXiv:2012.12877, 2021"
	dinov2Citation = "M. Oquab et al., DINOv2: Learning Robust Visual Features without Supervision, arXiv:2304.07193, 2024"
)

// named describes a vision transformer for images of that side in pixels, which a weight file has with these names.
func (n ViT) named(a architecture, names vitNames, side int) architecture {
	if n.Grid == 0 {
		a.Sides = SideRule{Min: side, Max: side, Multiple: n.Patch}
	}
	a.Side, a.Checked = side, checkedMadeUp
	a.Tokens, a.features, a.width = n.Tokens, n.Features, n.Width
	a.dict = n.stateDict(names, max(side, n.Grid*n.Patch))
	if names.classifier != "" {
		a.forward = n.Forward
	} else {
		a.forward, a.bound, a.Info.Features = n.Features, true, n.Width
	}
	if a.weights.File != "" {
		a.weights.Name, a.weights.License = a.Title+" weights", a.License
		a.read = a.dict.reader(a.Title)
	}
	return a
}

// torchvision's networks, which it trained on ImageNet.
var (
	vitB16Torchvision = vitTorchvisionNet(vitB16, "vit-b16", "ViT-B/16", 81.072, "vit_b_16-c867db91.pth", "c867db91d3e12c6cbadabb610d73c24a546bf82d8c03a9fea34f43a712ddb0e9")
	vitB32Torchvision = vitTorchvisionNet(vitB32, "vit-b32", "ViT-B/32", 75.912, "vit_b_32-d86f8d99.pth", "d86f8d99")
)

func vitTorchvisionNet(n ViT, name, title string, top1 float64, file, sha256 string) architecture {
	a := n.named(architecture{Info: Info{
		Name:     name,
		Title:    title,
		Top1:     top1,
		Prepared: Preparation{Resize: 256, Crop: 224},
		Citation: vitCitation,
	}}, vitTorchvision, 224)
	return torchvision(a, file, sha256, 0, a.dict)
}

// Networks that Google trained on ImageNet-21k and then on ImageNet-1k, with pixels in [−1,1]. SMM reprograms the one for
// side 384, but SMM's code gives it ImageNet's normalisation (docs/methods.md 4).
var (
	vitB32at384 = vitB32.named(googleViT(Info{
		Name:     "vit-b32-384",
		Title:    "ViT-B/32 at 384",
		Top1:     81.28, // table 5 of the paper, measured by Google
		Citation: vitCitation,
	}, fetch.Asset{
		File:     "weights/B_32_imagenet1k.pth",
		ByHand:   true,
		Homepage: "https://github.com/lukemelas/PyTorch-Pretrained-ViT",
		Sources:  []fetch.Source{fetch.URL{URL: "https://github.com/lukemelas/PyTorch-Pretrained-ViT/releases/download/0.0.2/B_32_imagenet1k.pth"}},
	}), vitPretrained, 384)

	vitB16Timm = vitB16.named(googleViT(Info{
		Name:     "vit-b16-timm",
		Title:    "ViT-B/16 (timm)",
		Citation: vitCitation,
	}, fetch.Asset{
		File:     "weights/jx_vit_base_p16_224-80ecf9dd.pth",
		SHA256:   "80ecf9dd",
		Homepage: timm,
		Sources:  []fetch.Source{fetch.URL{URL: timm + "/releases/download/v0.1-vitjx/jx_vit_base_p16_224-80ecf9dd.pth"}},
	}), vitTimm, 224)

	vitB32Timm = vitB32.named(googleViT(Info{
		Name:     "vit-b32-timm",
		Title:    "ViT-B/32 (timm)",
		Citation: augregCitation,
	}, fetch.Asset{
		File:     "weights/vit_base_patch32_224.augreg_in21k_ft_in1k.safetensors",
		ByHand:   true,
		Homepage: timm,
		Sources:  []fetch.Source{fetch.URL{URL: "https://huggingface.co/timm/vit_base_patch32_224.augreg_in21k_ft_in1k/resolve/main/model.safetensors"}},
	}), vitTimm, 224)
)

const timm = "https://github.com/huggingface/pytorch-image-models"

// googleViT adds what these networks have in common.
func googleViT(info Info, weights fetch.Asset) architecture {
	info.Normalisation = Normalisation{Mean: [3]float32{.5, .5, .5}, Std: [3]float32{.5, .5, .5}}
	info.License = "Apache-2.0"
	return architecture{Info: info, weights: weights}
}

// Meta's networks: DeiT, trained on ImageNet-1k alone, and DINOv2, trained without labels. DINOv2 has no classifier: its
// source labels are its features. Its position embeddings are those of side 518, and are resized to that of the images.
var (
	deitTiny = vitTi16.named(metaViT(Info{
		Name: "deit-tiny", Title: "DeiT-Ti/16", Top1: 72.2, Citation: deitCitation,
	}, "deit/deit_tiny_patch16_224-a1311bcf.pth", "a1311bcf4f24e3c95adaa75535db67bc4412d95535b98f7c1dfd1164dda41c97", 22917895), vitTimm, 224)

	deitSmall = vitS16.named(metaViT(Info{
		Name: "deit-small", Title: "DeiT-S/16", Top1: 79.9, Citation: deitCitation,
	}, "deit/deit_small_patch16_224-cd65a155.pth", "cd65a15597004d0ce19d7a9daef969903972db5b398e3a5febcd3c4df1d8f59f", 0), vitTimm, 224)

	dinov2S14 = vitS14.named(metaViT(Info{
		Name: "dinov2-s14", Title: "DINOv2 ViT-S/14", Sides: SideRule{Min: 14, Max: 518, Multiple: 14}, Citation: dinov2Citation,
	}, "dinov2/dinov2_vits14/dinov2_vits14_pretrain.pth", "b938bf1bc15cd2ec0feacfe3a1bb553fe8ea9ca46a7e1d8d00217f29aef60cd9", 88283115), vitDINOv2, 224)
)

// metaViT adds what these networks have in common; file is the path on Meta's server.
func metaViT(info Info, file, sha256 string, bytes int64) architecture {
	info.Normalisation = imagenetNormalisation
	info.License = "Apache-2.0"
	return architecture{Info: info, weights: fetch.Asset{
		File:     "weights/" + path.Base(file),
		SHA256:   sha256,
		Size:     bytes,
		Homepage: "https://github.com/facebookresearch/" + strings.SplitN(file, "/", 2)[0],
		Sources:  []fetch.Source{fetch.URL{URL: "https://dl.fbaipublicfiles.com/" + file}},
	}}
}
