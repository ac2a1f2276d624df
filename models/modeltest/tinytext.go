package modeltest

import (
	"fmt"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// words are the tokens of TinyText, and its source labels. The first stands for every other word.
var words = strings.Fields(`? a the it is was film plot end cast we they who saw liked hated
	good great fine warm funny bright clever kind bad awful dull cold sad dark stupid cruel
	very not too so and but or never always all some more most one two three
	day night sun rain house road tree river cat dog bird fish hand eye word song`)

const (
	textWidth     = 16
	textLayers    = 2
	textWindow    = 12 // tokens of a text
	textPositions = 32 // tokens with those that a program inserts
)

// TinyText is a frozen language model of two layers, 16 values a token, two heads and 64 words: from the numbers of words
// to the logits of the next word. As in GPT-2, a token sees itself and those before it, positions are added to what
// stands at the embedding, also to inserted tokens, and the embedding of the words is the classifier too.
func TinyText() *models.Model {
	weights, _ := models.Freeze(func() (models.Weights, error) { // it can't fail
		w := models.Weights{"words": embedding(), "positions": wave(.2, .53, textPositions, textWidth)}
		transformerLayers(w, textWidth, textLayers)
		return w, nil
	})
	return &models.Model{
		Info: models.Info{
			Name:     "tiny-text",
			Title:    "Tiny test language model",
			Modality: taxonomy.Text,
			Window:   textWindow,
			Tokens:   models.Tokens{Width: textWidth, Layers: textLayers},
		},
		Labels:  words,
		Weights: weights,
		Forward: textForward,
		Encode:  encodeWords,
	}
}

func textForward(weight layer.Weight, in models.Value, hook models.Hook) *Node {
	dense := func(x *Node, name string) *Node { return layer.Dense(x, weight(name+"/kernel"), weight(name+"/bias")) }
	norm := func(x *Node, name string) *Node {
		return layer.LayerNorm(x, weight(name+"/gamma"), weight(name+"/beta"), 1e-5)
	}
	at := func(site models.Site, x, real *Node) (*Node, *Node) {
		v := hook(site, models.Value{Each: x, Real: real})
		return v.Total(), v.Real
	}
	x, real := Gather(weight("words"), ExpandAxes(in.Each, -1)), in.Real
	for i := range textLayers {
		name := fmt.Sprintf("layer%d", i)
		x, real = at(models.TokensInto(i), x, real)
		if i == 0 {
			x = Add(x, ExpandAxes(SliceAxis(weight("positions"), 0, AxisRange(0, x.Shape().Dim(1))), 0))
		}
		each := Split(dense(norm(x, name+"/norm1"), name+"/attention"), -1, 3)
		keys, _ := at(models.AttentionOf(i, models.Keys), each[1], real)
		values, _ := at(models.AttentionOf(i, models.Values), each[2], real)
		visible := causal(real, keys.Shape().Dim(1)-x.Shape().Dim(1))
		x = Add(x, dense(layer.Attention(each[0], keys, values, 2, visible), name+"/out"))
		x = Add(x, dense(layer.GELU(dense(norm(x, name+"/norm2"), name+"/expand")), name+"/project"))
	}
	last := OneHot(ConvertDType(SubScalar(ReduceSum(real, 1), 1), dtypes.Int32), x.Shape().Dim(1), x.DType()) // the place that is read
	read := Einsum("bt,btd->bd", last, norm(x, "norm"))
	return Einsum("bd,sd->bs", read, weight("words"))
}

// causal is which of the keys a token sees, [B,T,prefix+T]: a prefix, and the real tokens up to itself. real is [B,T].
func causal(real *Node, prefix int) *Node {
	g, size, count := real.Graph(), real.Shape().Dim(0), real.Shape().Dim(1)
	query, key := Iota(g, shapes.Make(dtypes.Int32, size, count, count), 1), Iota(g, shapes.Make(dtypes.Int32, size, count, count), 2)
	visible := And(LessOrEqual(key, query), BroadcastToDims(ExpandAxes(GreaterThan(real, ZerosLike(real)), 1), size, count, count))
	if prefix == 0 {
		return visible
	}
	before := BroadcastToDims(Equal(Scalar(g, dtypes.Int32, 0), Scalar(g, dtypes.Int32, 0)), size, count, prefix)
	return Concatenate([]*Node{before, visible}, 2)
}

// embedding has a row for each of the words, [words,width].
func embedding() models.Tensor { return wave(.8, .37, len(words), textWidth) }

// Embedding is TinyText's row for a token of that number, [16].
func Embedding(number int32) []float32 {
	return embedding().Data[int(number)*textWidth : int(number+1)*textWidth]
}
