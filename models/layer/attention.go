package layer

import (
	"math"

	"github.com/gomlx/compute/dtypes"

	. "github.com/gomlx/gomlx/core/graph"
)

// Attention is multi-head scaled dot-product attention: queries [B,Q,width], keys and values [B,T,keyWidth] to
// [B,Q,width]. Each head has width/heads of the last axis; heads must divide width. If keyWidth is smaller than width,
// the keys have fewer heads, each shared by as many neighbouring heads of the queries (grouped-query attention, Ainslie
// et al., 2023). visible, truth values [B,Q,T] or [1,Q,T] for all samples, says which keys a query sees; nil stands for
// all. With visible the softmax is computed in fp32, because there a sum may have thousands of terms.
func Attention(queries, keys, values *Node, heads int, visible *Node) *Node {
	width := queries.Shape().Dim(2) / heads
	split := func(x *Node, heads ...int) *Node {
		return Reshape(x, append(append([]int{x.Shape().Dim(0), x.Shape().Dim(1)}, heads...), width)...)
	}
	queries = MulScalar(queries, 1/math.Sqrt(float64(width)))
	groups := keys.Shape().Dim(2) / width
	var mixed *Node
	if groups == heads {
		weights := softmax(Einsum("bqhd,bkhd->bhqk", split(queries, heads), split(keys, heads)), visible)
		mixed = Einsum("bhqk,bkhd->bqhd", weights, split(values, heads))
	} else {
		weights := softmax(Einsum("bqgrd,bkgd->bgrqk", split(queries, groups, heads/groups), split(keys, groups)), visible)
		mixed = Einsum("bgrqk,bkgd->bqgrd", weights, split(values, groups))
	}
	return Reshape(mixed, queries.Shape().Dimensions...)
}

// softmax is the softmax over the last axis of scores, [B,heads...,Q,T], of what is visible, [n,Q,T] or nil.
func softmax(scores, visible *Node) *Node {
	if visible == nil {
		return Softmax(scores, -1)
	}
	for range scores.Rank() - visible.Rank() {
		visible = ExpandAxes(visible, 1)
	}
	visible = BroadcastToDims(visible, scores.Shape().Dimensions...)
	return ConvertDType(MaskedSoftmax(ConvertDType(scores, dtypes.Float32), visible, -1), scores.DType())
}

// Rotated rotates each head of x, [B,T,heads·width], by its position, which begins with first (rotary embedding, Su et
// al., 2021): values i and i + width/2 of a head are a point in the plane, which turns by position·base^(−2i/width)
// radians. It computes in fp32.
func Rotated(x *Node, width, first int, base float64) *Node {
	count, half := x.Shape().Dim(1), width/2
	cosines, sines := make([]float32, 0, count*half), make([]float32, 0, count*half)
	for position := first; position < first+count; position++ {
		for i := range half {
			sine, cosine := math.Sincos(float64(position) * math.Pow(base, -2*float64(i)/float64(width)))
			cosines, sines = append(cosines, float32(cosine)), append(sines, float32(sine))
		}
	}
	table := func(values []float32) *Node { return Reshape(Const(x.Graph(), values), 1, count, 1, half) }
	cosine, sine := table(cosines), table(sines)
	parts := Split(ConvertDType(Reshape(x, x.Shape().Dim(0), count, -1, width), dtypes.Float32), -1, 2)
	a, b := parts[0], parts[1]
	turned := Concatenate([]*Node{Sub(Mul(a, cosine), Mul(b, sine)), Add(Mul(b, cosine), Mul(a, sine))}, -1)
	return Reshape(ConvertDType(turned, x.DType()), x.Shape().Dimensions...)
}
