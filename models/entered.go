package models

import (
	"fmt"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models/layer"

	. "github.com/gomlx/gomlx/core/graph"
)

// The interfaces of a model: the places where something can be put in, from the outside in. The taxonomy
// calls them locations, by the same words.
const (
	AtInput     = "input"     // its pictures
	AtEmbedding = "embedding" // what enters a transformer's first layer
	AtHidden    = "hidden"    // what enters each of its layers
)

// Tokens says what runs through a transformer: [B, tokens, Width] enters each of its Layers. The first
// token is the class token, which the answer is read from; after it comes one for each patch of the
// picture, row by row. What is put between the two has no position of its own: positions are added before
// layer 0.
type Tokens struct{ Width, Layers int }

// Interfaces lists the model's own: the input, and of a transformer the embedding and the hidden layers.
func (i Info) Interfaces() []string {
	if i.Tokens.Layers == 0 {
		return []string{AtInput}
	}
	return []string{AtInput, AtEmbedding, AtHidden}
}

// Enter changes what enters a layer of a transformer, h [B, tokens, Width], and returns it, with as many
// tokens as it likes. Layer 0 is the embedding.
type Enter func(layer int, h *Node) *Node

// Entered is Forward for a transformer that is entered at its layers.
type Entered func(weight layer.Weight, x layer.Sum, enter Enter) *Node

// LogitsEntered is LogitsOfSum with something put in at the embedding and at the hidden layers. Only a
// transformer has them; for others it panics, as graph code does.
func (m *Model) LogitsEntered(scope *model.Scope, input layer.Sum, enter Enter) *Node {
	if m.Entered == nil {
		panic(fmt.Errorf("%s can only be entered at its input: it has no tokens; vit-b32 has", m.Name))
	}
	return m.logits(scope, input, func(weight layer.Weight, x layer.Sum) *Node { return m.Entered(weight, x, enter) })
}

// InsertTokens puts tokens, [P,width], behind the class token of h, [B,T,width]: [B,T+P,width].
func InsertTokens(h, tokens *Node) *Node { return ReplaceTokens(h, tokens, 0) }

// ReplaceTokens is InsertTokens where the first so many tokens behind the class token are those of the
// layer before, whose place they take: [B,T−replaced+P,width].
func ReplaceTokens(h, tokens *Node, replaced int) *Node {
	parts := []*Node{SliceAxis(h, 1, AxisRange(0, 1))}
	if count := tokens.Shape().Dim(0); count > 0 {
		parts = append(parts, BroadcastToDims(ExpandAxes(tokens, 0), h.Shape().Dim(0), count, tokens.Shape().Dim(1)))
	}
	return Concatenate(append(parts, SliceAxis(h, 1, AxisRange(1+replaced))), 1)
}
