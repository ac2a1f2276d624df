package vrkit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Language is a frozen language model on a backend, without a program: it continues texts. It is not safe for concurrent
// use.
//
// It reads a text once, and keeps the keys and values that attention has computed of it, so that each further token costs
// one token's computation. They lie in buffers of a fixed size, the latest token at the end: as only the distances
// between tokens count, the buffers move by one place a step.
type Language struct {
	Model *models.Model

	store *model.Store
	read  *model.Exec // a text: its next token's logits, and the buffers
	step  *model.Exec // a token and the buffers: likewise
	size  int         // of the buffers, in tokens
}

// CompileLanguage puts a frozen language model on a backend. Finalize releases its memory. It is an error if the model
// can't continue texts.
func CompileLanguage(backend compute.Backend, frozen *models.Model) (*Language, error) {
	if frozen.Modality != taxonomy.Text {
		return nil, fmt.Errorf("%s reads a %s and writes no text: take a language model, such as smollm2-135m", frozen.Name, frozen.Modality)
	}
	if !frozen.Tokens.Rotary || frozen.Decode == nil {
		return nil, fmt.Errorf("%s can't continue a text: only models whose positions are rotations can", frozen.Name)
	}
	l := &Language{Model: frozen, store: model.NewStore()}
	var err error
	if l.read, err = model.NewExec(backend, l.store, l.reading); err != nil {
		return nil, err
	}
	l.step, err = model.NewExec(backend, l.store, l.stepping)
	l.read.SetMaxCache(anyNumber)
	l.step.SetMaxCache(anyNumber)
	return l, err
}

// Finalize releases the model's memory on the backend. The model can't be used after it.
func (l *Language) Finalize() {
	l.read.Finalize()
	l.step.Finalize()
	l.store.Finalize()
}

// Continuation is what a model makes of a text.
type Continuation struct {
	Logits []float32 // of the token after the given text, [vocabulary]
	Text   string    // what follows the given text
	Tokens int       // how many were generated
}

// Continue continues a text until g says to stop, the model ends it, or the context ends, which is an error. heard, if not
// nil, gets the continuation piece by piece; pieces are whole characters. It is an error if the text has no token, or the
// result would be longer than the model reads.
func (l *Language) Continue(ctx context.Context, text string, g Generation, heard func(piece string)) (Continuation, error) {
	var c Continuation
	if err := g.Check(); err != nil {
		return c, err
	}
	tokens, err := l.Model.Encode(text)
	if err != nil {
		return c, err
	}
	if len(tokens) == 0 {
		return c, errors.New("the text is empty: a model continues at least one character")
	}
	if most := l.Model.Window; len(tokens)+g.Tokens > most {
		return c, fmt.Errorf("%d tokens of text and %d more are more than the %d that %s reads: shorten the text, or ask for fewer", len(tokens), g.Tokens, most, l.Model.Name)
	}
	buffers, err := l.begin(tokens, g.Tokens)
	defer func() { finalizeAll(buffers) }()
	if err != nil {
		return c, err
	}
	if c.Logits, err = l.next(buffers); err != nil {
		return c, err
	}
	s := &sampler{Generation: g, random: rand.New(rand.NewPCG(g.Seed, sampleStream)), end: l.Model.End}
	say := &speech{decode: l.Model.Decode, stop: g.Stop, heard: heard}
	logits := c.Logits
	for c.Tokens < g.Tokens && ctx.Err() == nil {
		token, ended := s.choose(logits)
		if ended || say.hear(token) {
			break
		}
		c.Tokens++
		if c.Tokens == g.Tokens {
			break
		}
		if buffers, err = l.after(buffers, token, len(tokens)+c.Tokens-1); err != nil {
			return c, err
		}
		if logits, err = l.next(buffers); err != nil {
			return c, err
		}
	}
	c.Text = say.end()
	return c, ctx.Err()
}

// begin reads a text, and returns the logits and the buffers, which have room for that many tokens more.
func (l *Language) begin(tokens []int32, more int) ([]*tensors.Tensor, error) {
	const step = 64
	l.size = multiple(len(tokens)+more, step)
	length := multiple(len(tokens), lengthStep)
	flat, real := make([]int32, length), make([]float32, length)
	for i, token := range tokens {
		flat[i], real[i] = token, 1
	}
	inputs := []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions(flat, 1, length), tensors.FromFlatDataAndDimensions(real, 1, length),
		tensors.FromShape(shapes.Make(dtypes.Float32, l.size)),
	}
	defer finalizeAll(inputs)
	return l.read.Call(inputs[0], inputs[1], inputs[2])
}

// after reads one token more, before which the text has that many. It releases the buffers that it gets.
func (l *Language) after(buffers []*tensors.Tensor, token int32, before int) ([]*tensors.Tensor, error) {
	given := []*tensors.Tensor{
		tensors.FromFlatDataAndDimensions([]int32{token}, 1, 1), tensors.FromFlatDataAndDimensions([]int32{int32(before)}, 1),
	}
	inputs := []any{given[0], given[1]}
	for _, buffer := range buffers[1:] {
		inputs = append(inputs, buffer)
	}
	defer finalizeAll(given)
	defer finalizeAll(buffers)
	return l.step.Call(inputs...)
}

// next are the logits among the results of a graph; one that is not finite is an error.
func (l *Language) next(results []*tensors.Tensor) ([]float32, error) {
	logits, err := tensors.CopyFlatData[float32](results[0])
	if err == nil && slices.ContainsFunc(logits, notFinite) {
		err = fmt.Errorf("%s answers with a value that is not finite: the weights are damaged", l.Model.Name)
	}
	return logits, err
}

func finalizeAll(all []*tensors.Tensor) {
	for _, t := range all {
		t.FinalizeAll()
	}
}

// reading builds the graph that reads a text, [1,T], of which real is 1 for its tokens. size has the size of the buffers,
// which are in the order of partNumber.
func (l *Language) reading(root *model.Scope, text, real, size *Node) []*Node {
	computed := make([]*Node, 2*l.Model.Tokens.Layers)
	logits := l.Model.Reprogrammed(root, models.Value{Each: text, Real: real}, func(at models.Site, v models.Value) models.Value {
		if number := partNumber(at); number >= 0 {
			computed[number] = v.Each
		}
		return v
	})
	g, count, length := text.Graph(), size.Shape().Dim(0), text.Shape().Dim(1)
	// Place i of a buffer has token i − size + the number of tokens, and nothing before the first.
	tokens := ConvertDType(ReduceAllSum(real), dtypes.Int32)
	from := Add(AddScalar(Iota(g, shapes.Make(dtypes.Int32, count), 0), -count), tokens)
	chosen := OneHot(from, length, dtypes.Float32)
	results := []*Node{logits}
	for _, part := range computed {
		results = append(results, Einsum("st,btk->bsk", chosen, part))
	}
	return results
}

// stepping builds the graph of one token more. inputs are the token, [1,1], the number of tokens before it, [1], and the
// buffers, [1,size,width].
func (l *Language) stepping(root *model.Scope, inputs []*Node) []*Node {
	token, before, buffers := inputs[0], inputs[1], inputs[2:]
	g, size := token.Graph(), buffers[0].Shape().Dim(1)
	place := Iota(g, shapes.Make(dtypes.Int32, 1, size+1), 1)
	first := AddScalar(Neg(before), size) // the place of the text's first token
	real := ConvertDType(GreaterOrEqual(place, BroadcastToDims(ExpandAxes(first, 1), 1, size+1)), dtypes.Float32)
	moved := make([]*Node, len(buffers))
	logits := l.Model.Reprogrammed(root, models.Value{Each: token, Real: OnesLike(ConvertDType(token, dtypes.Float32))}, func(at models.Site, v models.Value) models.Value {
		if number := partNumber(at); number >= 0 {
			v.Each = models.BeforeTokens(v.Each, buffers[number])
			moved[number] = SliceAxis(v.Each, 1, AxisRange(1))
			if at.Part == models.Keys {
				v.Real = real
			}
		}
		return v
	})
	return append([]*Node{logits}, moved...)
}
