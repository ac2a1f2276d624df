package models

import (
	"fmt"
	"math"

	"github.com/vrkit-go/reprogram/models/layer"

	. "github.com/gomlx/gomlx/core/graph"
)

// ViT is the graph of a vision transformer (Dosovitskiy et al., 2021). Each of its layers adds attention, and then an MLP,
// to its tokens; a LayerNorm comes before both. Its weights are called as this project calls those of vit-b32.
type ViT struct {
	Tokens
	Heads int // of the attention; divides Width
	// Grid is the side, in patches, of the position embeddings, where they may be resized to that of the images; 0 if
	// they never are.
	Grid int
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
	x := Add(Concatenate([]*Node{class, patches}, 1), ExpandAxes(n.positions(weight("positions"), input.Each), 0))
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

// positions are the position embeddings, [1+m,Width], for m patches of images x, [B,H,W,3], of weights [1+Grid²,Width].
// The class token's is the first.
func (n ViT) positions(weights, x *Node) *Node {
	rows, columns := x.Shape().Dim(1)/n.Patch, x.Shape().Dim(2)/n.Patch
	if n.Grid == 0 || (rows == n.Grid && columns == n.Grid) {
		return weights
	}
	grid := Reshape(Slice(weights, AxisRange(1)), n.Grid, n.Grid, n.Width)
	along := func(to int) *Node { return ConstAsDType(x.Graph(), weights.DType(), bicubic(n.Grid, to)) }
	grid = Einsum("rh,hwd->rwd", along(rows), grid)
	grid = Einsum("cw,rwd->rcd", along(columns), grid)
	return Concatenate([]*Node{Slice(weights, AxisRange(0, 1)), Reshape(grid, rows*columns, n.Width)}, 0)
}

// bicubic is the matrix, [to,from], that resizes a line of position embeddings as DINOv2's code does: PyTorch's bicubic
// interpolation without antialiasing, with the scale (to + .1)/from in place of to/from.
func bicubic(from, to int) [][]float64 {
	const a = -.75
	near := func(t float64) float64 { return ((a+2)*t-(a+3))*t*t + 1 } // of the distances 0 to 1
	far := func(t float64) float64 { return a * (((t-5)*t+8)*t - 4) }  // of the distances 1 to 2
	step := float64(from) / (float64(to) + .1)
	all := make([][]float64, to)
	for i := range all {
		all[i] = make([]float64, from)
		at := (float64(i)+.5)*step - .5
		first := math.Floor(at)
		t := at - first
		for k, weight := range []float64{far(1 + t), near(t), near(1 - t), far(2 - t)} {
			source := min(max(int(first)+k-1, 0), from-1) // beyond the edge the edge's value counts
			all[i][source] += weight
		}
	}
	return all
}
