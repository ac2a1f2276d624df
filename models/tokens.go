package models

import (
	"cmp"

	. "github.com/gomlx/gomlx/core/graph"
)

// Tokens describes the tokens of a transformer: each of its Layers takes [B,tokens,Width]. The first token is the class
// token, from which the classifier computes the logits. After it comes one token for each patch of Patch×Patch pixels,
// row by row. Tokens that a program inserts have no position embedding, because the model adds that before layer 0.
//
// A language model has no class token and no Patch; what it does with the positions of inserted tokens is its own.
type Tokens struct {
	Width, Layers, Patch int
	Keys                 int  // the width of attention's keys and values, if it is not Width; else 0
	Rotary               bool // positions are a rotation of keys and queries inside attention, so that only distances count
}

// KeyWidth is the width of attention's keys and values.
func (t Tokens) KeyWidth() int { return cmp.Or(t.Keys, t.Width) }

// ReplaceTokens replaces the first tokens behind the class token of h, [B,T,width], by tokens, [B,P,width] or
// [1,P,width] for all samples; replaced is how many are dropped: [B,T−replaced+P,width]. With 0 it inserts tokens. Called
// before every layer, it replaces those that were inserted before the previous layer.
func ReplaceTokens(h, tokens *Node, replaced int) *Node {
	parts := []*Node{SliceAxis(h, 1, AxisRange(0, 1))}
	if count := tokens.Shape().Dim(1); count > 0 {
		parts = append(parts, forAll(tokens, h))
	}
	return Concatenate(append(parts, SliceAxis(h, 1, AxisRange(1+replaced))), 1)
}

// BeforeTokens puts tokens, [B,P,width] or [1,P,width] for all samples, before those of h, [B,T,width]: [B,P+T,width].
func BeforeTokens(h, tokens *Node) *Node { return Concatenate([]*Node{forAll(tokens, h), h}, 1) }

// forAll is tokens for every sample of h, in its type.
func forAll(tokens, h *Node) *Node {
	dimensions := tokens.Shape().Clone().Dimensions
	dimensions[0] = h.Shape().Dim(0)
	return ConvertDType(BroadcastToDims(tokens, dimensions...), h.DType())
}
