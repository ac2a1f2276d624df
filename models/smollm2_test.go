package models_test

import (
	"math"
	"slices"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"

	. "github.com/gomlx/gomlx/core/graph"
)

// languageAnswer is what testdata/smollm2_golden.py keeps of the logits after a text.
type languageAnswer struct {
	Tokens  []int32 // of the text, or of the soft prompt before it
	Logits  []float32
	Sum     float64
	Top     []int
	Largest []float32
}

// languageGradient is what the script keeps of a loss and its gradient.
type languageGradient struct {
	languageAnswer
	Loss  float64
	Norms []float32 // of the gradient at the input of each layer
}

type languageGolden struct {
	Capital, Review languageAnswer
	Soft            struct {
		languageGradient
		Norm  float64
		First []float32 // four values of each token of the prompt
	}
	Prefix struct {
		languageGradient
		Keys, Values []struct {
			Norm float64
			Last []float32 // four values of the last token
		}
	}
}

const (
	terrible, great = 13321, 1109 // tokens
	prefixLength    = 8
)

// TestSmolLM2Golden compares SmolLM2's logits, and the gradients of a soft prompt and of a prefix, with PyTorch's on the
// real weights (testdata/smollm2_golden.py), and a soft prompt and a prefix with the words that they stand for.
func TestSmolLM2Golden(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: the network is compiled six times, for seconds each")
	}
	var golden languageGolden
	readGolden(t, "smollm2_golden.json", &golden)
	m, store := open(t, "smollm2-135m"), model.NewStore()
	require.Equal(t, 134515008, m.Weights.Count())
	capital, review, prompt := golden.Capital.Tokens, golden.Review.Tokens, golden.Soft.Tokens
	words := slices.Concat(prompt, review)
	texts := [][]int32{capital, review, words}
	// The third answer is that to the soft prompt, whose rows are the embeddings of the first words.
	wanted := []languageAnswer{golden.Capital, golden.Review, golden.Soft.languageAnswer}

	t.Run("texts", func(t *testing.T) {
		rows := languageLogits(t, m, store, dtypes.Float32, texts...)
		for i, want := range wanted {
			want.require(t, rows[i], 1e-4)
		}
		alone := languageLogits(t, m, store, dtypes.Float32, capital)
		require.LessOrEqual(t, relativeError(rows[0], alone[0]), 1e-4, "in a batch and alone")
	})
	t.Run("soft prompt", func(t *testing.T) {
		embedded, err := m.Embedding(prompt)
		require.NoError(t, err)
		exec := languageGradients(t, m, store, func(at models.Site, v models.Value, soft []*Node) models.Value {
			if at == models.TokensInto(0) {
				v.Each = models.BeforeTokens(v.Each, ExpandAxes(soft[0], 0))
				v.Real = Concatenate([]*Node{Ones(v.Real.Graph(), shapes.Make(v.Real.DType(), 1, len(prompt))), v.Real}, 1)
			}
			return v
		})
		defer exec.Finalize()
		results := call(t, exec, [][]int32{review}, tensors.FromFlatDataAndDimensions(embedded, len(prompt), m.Tokens.Width))
		golden.Soft.requireGradient(t, results)
		gradient := flat(results[2+m.Tokens.Layers])
		var first []float32
		for at := 0; at < len(gradient); at += m.Tokens.Width {
			first = append(first, gradient[at:at+4]...)
		}
		require.LessOrEqual(t, relativeError(first, golden.Soft.First), 1e-3)
		require.InEpsilon(t, golden.Soft.Norm, math.Sqrt(dot(gradient, gradient)), 1e-3)
		t.Logf("gradient: %.1e apart", relativeError(first, golden.Soft.First))
	})
	t.Run("prefix", func(t *testing.T) {
		exec := languageGradients(t, m, store, func(at models.Site, v models.Value, prefix []*Node) models.Value {
			if at.Part != "" {
				v.Each = models.BeforeTokens(v.Each, ExpandAxes(prefix[2*at.Layer+partNumber(at)], 0))
			}
			return v
		})
		defer exec.Finalize()
		var prefix []*tensors.Tensor
		for i := range m.Tokens.Layers {
			for part := range 2 {
				prefix = append(prefix, tensors.FromFlatDataAndDimensions(madeUpPrefix(i, part, m.Tokens.Keys), prefixLength, m.Tokens.Keys))
			}
		}
		results := call(t, exec, [][]int32{review}, prefix...)
		golden.Prefix.requireGradient(t, results)
		for i := range m.Tokens.Layers {
			for part, want := range slices.Concat(golden.Prefix.Keys[i:i+1], golden.Prefix.Values[i:i+1]) {
				got := flat(results[2+m.Tokens.Layers+2*i+part])
				require.InEpsilon(t, want.Norm, math.Sqrt(dot(got, got)), 1e-3, "layer %d, part %d", i, part)
				last := got[(prefixLength-1)*m.Tokens.Keys:]
				require.LessOrEqual(t, relativeError(last[:4], want.Last), 1e-2, "layer %d, part %d", i, part)
			}
		}

		// The keys and values of a context, as a prefix of the rest, give the answer to context and rest.
		whole := languageExec(t, m, store, dtypes.Float32, func(at models.Site, v models.Value, keep func(*Node)) {
			if at.Part != "" {
				keep(Reshape(SliceAxis(v.Each, 1, AxisRange(0, prefixLength)), prefixLength, m.Tokens.Keys))
			}
		}, slices.Concat(prompt[:prefixLength], review))
		cut := call(t, exec, [][]int32{review}, whole[1:]...)
		require.LessOrEqual(t, relativeError(flat(cut[0]), flat(whole[0])), 1e-5)
		t.Logf("a context as a prefix: %.1e apart", relativeError(flat(cut[0]), flat(whole[0])))
	})
	t.Run("bf16", func(t *testing.T) {
		rows := languageLogits(t, m, model.NewStore(), dtypes.BFloat16, texts...)
		for i, want := range wanted {
			want.require(t, rows[i], 2e-2)
		}
	})
}

// require compares the logits after a text with PyTorch's: the error is at most a part of the largest.
func (a languageAnswer) require(t *testing.T, logits []float32, part float64) {
	t.Helper()
	var kept []float32
	total := 0.
	for i, v := range logits {
		if i%293 == 0 {
			kept = append(kept, v)
		}
		total += float64(v)
	}
	for i, number := range a.Top {
		kept, a.Logits = append(kept, logits[number]), append(a.Logits, a.Largest[i])
	}
	require.Len(t, kept, len(a.Logits))
	require.LessOrEqual(t, relativeError(kept, a.Logits), part)
	require.InDelta(t, a.Sum/float64(len(logits)), total/float64(len(logits)), part*float64(a.Largest[0]), "mean")
	if part < 1e-3 {
		require.Equal(t, a.Top, top(logits, len(a.Top)))
	}
	t.Logf("logits %.1e apart", relativeError(kept, a.Logits))
}

// requireGradient compares the first results of languageGradients with PyTorch's.
func (g languageGradient) requireGradient(t *testing.T, results []*tensors.Tensor) {
	g.require(t, flat(results[0]), 1e-4)
	require.InEpsilon(t, g.Loss, tensors.ToScalar[float32](results[1]), 1e-3)
	for i, norm := range g.Norms {
		require.InEpsilon(t, norm, tensors.ToScalar[float32](results[2+i]), 1e-3, "the gradient into layer %d", i)
	}
}

// languageLogits are the logits after each text, of one batch.
func languageLogits(t *testing.T, m *models.Model, store *model.Store, precision dtypes.DType, texts ...[]int32) (rows [][]float32) {
	nothing := func(models.Site, models.Value, func(*Node)) {}
	logits := flat(languageExec(t, m, store, precision, nothing, texts...)[0])
	for row := range slices.Chunk(logits, m.Sources()) {
		rows = append(rows, row)
	}
	return rows
}

// languageGradients compiles a program of one text and of inputs that a hook uses, from which it computes the logits, the
// loss of the golden values, the norm of its gradient at each layer's input, and the gradients of the inputs.
func languageGradients(t *testing.T, m *models.Model, store *model.Store, hook func(at models.Site, v models.Value, inputs []*Node) models.Value) *model.Exec {
	return model.MustNewExec(backendtest.XLA(t), store, func(root *model.Scope, nodes []*Node) []*Node {
		inputs, layers := nodes[2:], []*Node{}
		logits := m.Reprogrammed(root, models.Value{Each: nodes[0], Real: nodes[1]}, func(at models.Site, v models.Value) models.Value {
			v = hook(at, v, inputs)
			if at.Part == "" {
				layers = append(layers, v.Each)
			}
			return v
		})
		two := Concatenate([]*Node{SliceAxis(logits, 1, AxisElem(terrible)), SliceAxis(logits, 1, AxisElem(great))}, 1)
		loss := Neg(ReduceAllSum(SliceAxis(LogSoftmax(two, -1), 1, AxisElem(1))))
		results := []*Node{logits, loss}
		for i, gradient := range Gradient(loss, slices.Concat(layers, inputs)...) {
			if i < len(layers) {
				gradient = L2Norm(gradient)
			}
			results = append(results, gradient)
		}
		return results
	})
}

// languageExec runs a batch of texts, and returns the logits and what watch keeps.
func languageExec(t *testing.T, m *models.Model, store *model.Store, precision dtypes.DType,
	watch func(at models.Site, v models.Value, keep func(*Node)), texts ...[]int32) []*tensors.Tensor {
	exec := model.MustNewExec(backendtest.XLA(t), store, func(root *model.Scope, nodes []*Node) []*Node {
		var kept []*Node
		logits := m.Reprogrammed(root, models.Value{Each: nodes[0], Real: ConvertDType(nodes[1], precision)}, func(at models.Site, v models.Value) models.Value {
			watch(at, v, func(x *Node) { kept = append(kept, x) })
			return v
		})
		return append([]*Node{logits}, kept...)
	})
	defer exec.Finalize()
	return call(t, exec, texts)
}

// call runs a program on a batch of texts and on inputs.
func call(t *testing.T, exec *model.Exec, texts [][]int32, inputs ...*tensors.Tensor) []*tensors.Tensor {
	ids, real := batchOf(texts)
	arguments := []any{ids, real}
	for _, x := range inputs {
		arguments = append(arguments, x)
	}
	results, err := exec.Call(arguments...)
	require.NoError(t, err)
	return results
}

// batchOf has the numbers of the tokens of texts, filled up at the end to the longest, and 1 for each real token.
func batchOf(texts [][]int32) (ids, real *tensors.Tensor) {
	longest := 0
	for _, text := range texts {
		longest = max(longest, len(text))
	}
	numbers, ones := make([]int32, 0, len(texts)*longest), make([]float32, 0, len(texts)*longest)
	for _, text := range texts {
		for i := range longest {
			if i < len(text) {
				numbers, ones = append(numbers, text[i]), append(ones, 1)
			} else {
				numbers, ones = append(numbers, int32(7*i)), append(ones, 0)
			}
		}
	}
	return tensors.FromFlatDataAndDimensions(numbers, len(texts), longest), tensors.FromFlatDataAndDimensions(ones, len(texts), longest)
}

// madeUpPrefix is the script's prefix of a layer, [prefixLength,width]: keys (part 0) or values (part 1).
func madeUpPrefix(layer, part, width int) (values []float32) {
	for token := range prefixLength {
		for i := range width {
			values = append(values, float32((token*7+i*(3+2*part)+i/5+layer*11)%13-6)/float32(int(4)<<part))
		}
	}
	return values
}

// partNumber is 0 for keys and 1 for values.
func partNumber(at models.Site) int {
	if at.Part == models.Values {
		return 1
	}
	return 0
}

func flat(x *tensors.Tensor) []float32 { return tensors.MustCopyFlatData[float32](x) }
