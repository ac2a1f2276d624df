package models

import (
	"fmt"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Llama is the graph of a language model of the Llama family (Touvron et al., 2023): from the numbers of a text's tokens
// to the logits of the next one. Each layer adds attention, and then an MLP with a gate, to its tokens; an RMSNorm comes
// before both. Queries and keys are rotated by their position. The embedding of the tokens is the classifier too.
type Llama struct {
	Tokens
	Heads      int     // of the queries; divides Width. Keys and values have as many heads of this width as fit into Tokens.Keys
	Hidden     int     // the width inside an MLP
	Vocabulary int     // the number of tokens, which are the source labels
	Base       float64 // of the rotation: 1/Base is about the slowest speed, in radians a position
	Epsilon    float64 // of the norms
}

// Forward builds the graph up to the logits of the token after the last real one, [B,Vocabulary], in fp32. It is a
// [Forward].
func (n Llama) Forward(weight layer.Weight, in Value, hook Hook) *Node {
	read, words := n.Features(weight, in, hook), weight(wordsWeight)
	return Dot(read, words).WithOutputDType(dtypes.Float32).General([]int{1}, nil, []int{1}, nil)
}

// Features builds the graph up to the features: the last real token after the last norm, [B,Width]. It is a [Forward].
//
// It computes in the type of in.Real. Positions begin with the first of the keys, so that a prefix moves the text as
// inserted tokens do; at the site of the keys they are not rotated yet. A hook there may return Real, [B,keys], 0 for
// keys of a prefix that no query sees.
func (n Llama) Features(weight layer.Weight, in Value, hook Hook) *Node {
	dense := func(x *Node, name string) *Node { return layer.Dense(x, weight(name), nil) }
	norm := func(x *Node, name string) *Node { return layer.RMSNorm(x, weight(name), n.Epsilon) }
	size, width := in.Each.Shape().Dim(0), n.Width/n.Heads
	at := func(site Site, v Value) Value {
		v = hook(site, v)
		v.Each, v.Shared = v.Total(), nil
		return v
	}
	v := Value{Each: Gather(weight(wordsWeight), ExpandAxes(in.Each, -1)), Real: in.Real}
	for i := range n.Layers {
		name := fmt.Sprintf("layer%d", i)
		v = at(TokensInto(i), v)
		v.Each.AssertDims(size, -1, n.Width)
		v.Real.AssertDims(size, v.Each.Shape().Dim(1))
		tokens := func(x *Node) *Node { return Reshape(x, size, -1, x.Shape().Dim(-1)) }
		x := layer.Rows(v.Each)
		normed := norm(x, name+"/norm1")
		queries := tokens(dense(normed, name+"/queries"))
		seen := at(AttentionOf(i, Keys), Value{Each: tokens(dense(normed, name+"/keys"))})
		keys := seen.Each
		values := at(AttentionOf(i, Values), Value{Each: tokens(dense(normed, name+"/values"))}).Each
		prefix := keys.Shape().Dim(1) - queries.Shape().Dim(1)
		keys, queries = layer.Rotated(keys, width, 0, n.Base), layer.Rotated(queries, width, prefix, n.Base)
		place := lastReal(v.Real)
		visible := upTo(Iota(x.Graph(), shapes.Make(dtypes.Int32, 1, queries.Shape().Dim(1), 1), 1), prefix, keys)
		if i == n.Layers-1 { // the answer needs only the last real token
			queries, v.Each = pick(queries, place), pick(v.Each, place)
			x, visible = layer.Rows(v.Each), upTo(ExpandAxes(place, 1, 2), prefix, keys)
		}
		if seen.Real != nil {
			seen.Real.AssertDims(size, keys.Shape().Dim(1))
			visible = And(BroadcastToDims(visible, size, queries.Shape().Dim(1), keys.Shape().Dim(1)),
				BroadcastToDims(ExpandAxes(GreaterThan(seen.Real, ZerosLike(seen.Real)), 1), size, queries.Shape().Dim(1), keys.Shape().Dim(1)))
		}
		x = Add(x, dense(layer.Rows(layer.Attention(queries, keys, values, n.Heads, visible)), name+"/out"))
		normed = norm(x, name+"/norm2")
		x = Add(x, dense(Mul(layer.SiLU(dense(normed, name+"/gate")), dense(normed, name+"/expand")), name+"/project"))
		v.Each = tokens(x)
	}
	return Reshape(norm(v.Each, "norm"), size, n.Width)
}

// lastReal is the place of the last real token, int32 [B], of real, [B,T].
func lastReal(real *Node) *Node {
	return ConvertDType(SubScalar(ReduceSum(ConvertDType(real, dtypes.Float32), 1), 1), dtypes.Int32)
}

// pick is the token of x, [B,T,width], at a place, int32 [B]: [B,1,width].
func pick(x, place *Node) *Node {
	chosen := OneHot(place, x.Shape().Dim(1), x.DType())
	return ExpandAxes(Einsum("bt,btd->bd", chosen, x), 1)
}

// upTo says which keys, of [B,prefix+T,width], a query at a place of the text, int32 [n,Q,1], sees: the prefix, and the
// text up to the place. It has truth values, [n,Q,prefix+T].
func upTo(place *Node, prefix int, keys *Node) *Node {
	count, all := keys.Shape().Dim(1), place.Shape().Clone()
	all.Dimensions[2] = count
	return LessOrEqual(Iota(place.Graph(), all, 2), BroadcastToDims(AddScalar(place, prefix), all.Dimensions...))
}

// layout has the shapes of all weights.
func (n Llama) layout() map[string][]int {
	shapes := map[string][]int{wordsWeight: {n.Vocabulary, n.Width}, "norm": {n.Width}}
	for i := range n.Layers {
		for name, shape := range map[string][]int{
			"norm1": {n.Width}, "queries": {n.Width, n.Width}, "keys": {n.Width, n.KeyWidth()}, "values": {n.Width, n.KeyWidth()}, "out": {n.Width, n.Width},
			"norm2": {n.Width}, "gate": {n.Width, n.Hidden}, "expand": {n.Width, n.Hidden}, "project": {n.Hidden, n.Width},
		} {
			shapes[fmt.Sprintf("layer%d/%s", i, name)] = shape
		}
	}
	return shapes
}

// named describes a language model, whose GGUF file a has.
func (n Llama) named(a architecture, window int) architecture {
	a.Modality, a.Window, a.Tokens = taxonomy.Text, window, n.Tokens
	a.Tokens.Rotary = true
	a.forward, a.features, a.width, a.layout = n.Forward, n.Features, n.Width, n.layout
	a.read = func(path string) (Weights, error) { return readGGUF(path, a.Title, n) }
	a.words = readVocabulary
	return a
}
