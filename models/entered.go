package models

import (
	"fmt"

	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models/layer"

	. "github.com/gomlx/gomlx/core/graph"
)

// The interfaces of a model are the places where a program can change what goes through it. The taxonomy calls them
// locations, with the same words.
const (
	AtInput     = "input"     // the images
	AtEmbedding = "embedding" // the tokens that go into a transformer's first layer
	AtHidden    = "hidden"    // the tokens that go into each of its layers
)

// Tokens describes the tokens of a transformer: each of its Layers takes [B,tokens,Width]. The first token is the class
// token, from which the classifier computes the logits. After it comes one token for each patch of the image, row by
// row. Tokens that a program inserts have no position embedding, because the model adds that before layer 0.
type Tokens struct{ Width, Layers int }

// Interfaces lists the interfaces of the model: the input, and for a transformer also the embedding and the hidden
// layers.
func (i Info) Interfaces() []string {
	if i.Tokens.Layers == 0 {
		return []string{AtInput}
	}
	return []string{AtInput, AtEmbedding, AtHidden}
}

// Enter is called before each layer of a transformer, like a forward pre-hook of PyTorch. It takes the tokens that go
// into the layer, h [B,tokens,Width], and returns those that shall go in, [B,any number,Width]. Layer 0 takes the
// embedding.
type Enter func(layer int, h *Node) *Node

// Entered is [Forward] of a transformer that calls enter before each layer.
type Entered func(weight layer.Weight, x layer.Sum, enter Enter) *Node

// LogitsEntered is LogitsOfSum of a transformer that calls enter before each layer. It panics, as graph code does, if the
// model is not a transformer.
func (m *Model) LogitsEntered(scope *model.Scope, input layer.Sum, enter Enter) *Node {
	if m.Entered == nil {
		panic(fmt.Errorf("%s has no tokens, because it is not a transformer: only its input can be changed; take a model such as vit-b32", m.Name))
	}
	return m.logits(scope, input, func(weight layer.Weight, x layer.Sum) *Node { return m.Entered(weight, x, enter) })
}

// InsertTokens inserts tokens, [P,width], behind the class token of h, [B,T,width], for every sample: [B,T+P,width].
func InsertTokens(h, tokens *Node) *Node { return ReplaceTokens(h, tokens, 0) }

// ReplaceTokens replaces the first tokens behind the class token of h, [B,T,width], by tokens, [P,width]; replaced is
// how many are dropped: [B,T−replaced+P,width]. Called before every layer, it replaces the tokens that were inserted
// before the previous layer.
func ReplaceTokens(h, tokens *Node, replaced int) *Node {
	parts := []*Node{SliceAxis(h, 1, AxisRange(0, 1))}
	if count := tokens.Shape().Dim(0); count > 0 {
		parts = append(parts, BroadcastToDims(ExpandAxes(tokens, 0), h.Shape().Dim(0), count, tokens.Shape().Dim(1)))
	}
	return Concatenate(append(parts, SliceAxis(h, 1, AxisRange(1+replaced))), 1)
}
