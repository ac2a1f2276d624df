package input_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// vitB16 is a ViT-B/16 at 224.
var vitB16 = models.Info{Name: "vit-b16", Side: 224, Tokens: models.Tokens{Width: 768, Layers: 12, Patch: 16}}

// The counts of the paper's released runs, the linear head of 6 and of 10 classes among them, and of a prefix.
func TestVPTTrainable(t *testing.T) {
	deep := input.VPT{Kind: input.Deep, Tokens: 100}.Trainable(vitB16)
	require.Equal(t, 926214, deep+768*6+6)
	require.Equal(t, 929290, deep+768*10+10)
	require.Equal(t, 38400, input.VPT{Tokens: 50}.Trainable(vitB16))
	require.Equal(t, 460800, input.VPT{Kind: input.Deep, Tokens: 50}.Trainable(vitB16))
	require.Equal(t, 184320, input.VPT{Kind: input.Prefix, Tokens: 10}.Trainable(vitB16))
	require.Equal(t, 50*768, input.VPT{Kind: input.Deep, Tokens: 50, Shared: true}.Trainable(vitB16))
	require.Equal(t, 3*50*768, input.VPT{Kind: input.Deep, Tokens: 50, Depth: 3}.Trainable(vitB16))
	require.Equal(t, 12*50*64+65*768, input.VPT{Kind: input.Deep, Tokens: 50, Projection: 64}.Trainable(vitB16))
	require.Equal(t, 50*64+65*768, input.VPT{Kind: input.Deep, Tokens: 50, Projection: 64, Shared: true}.Trainable(vitB16))
	require.Equal(t, 2*(12*10*64+65*768), input.VPT{Kind: input.Prefix, Tokens: 10, Projection: 64}.Trainable(vitB16))
	require.Equal(t, 197*768, input.VPTAdd{}.Trainable(vitB16))
	require.Equal(t, 768, input.VPTAdd{Shared: true}.Trainable(vitB16))
	require.Zero(t, input.VPT{}.Trainable(models.Info{Side: 224}))
	require.Zero(t, input.VPTAdd{}.Trainable(models.Info{Side: 224}))
}

func TestVPTChecks(t *testing.T) {
	for message, v := range map[string]input.VPT{
		"vpt-deep learns 1 to 1000 tokens a layer, not 1001":                                          {Kind: input.Deep, Tokens: 1001},
		"vpt learns 1 to 1000 tokens a layer, not -1":                                                 {Tokens: -1},
		"vpt has prompts before the first layer alone, not before 2: take vpt-deep":                   {Depth: 2},
		"vit-b16 has 12 layers: prompts go before 1 to 12 of them, not 13":                            {Kind: input.Prefix, Depth: 13},
		"a seed is at most 2⁵³ = 9007199254740992, not 9007199254740993":                              {Seed: 1<<53 + 1},
		"prefix projects prompts of 1 to 4096 values to the model's width, or with 0 none, not of -1": {Kind: input.Prefix, Projection: -1},
		"vpt projects prompts of 1 to 4096 values to the model's width, or with 0 none, not of 4097":  {Projection: 4097},
		"no visual prompt tuning is called \"deepest\"; known: vpt, vpt-deep, prefix":                 {Kind: "deepest"},
	} {
		_, err := v.Fit(vitB16)
		require.ErrorContains(t, err, message)
		require.Zero(t, v.Trainable(vitB16))
	}
	_, err := input.VPT{}.Fit(models.Info{Name: "resnet18", Side: 224})
	require.EqualError(t, err, "vpt puts tokens into a transformer, and resnet18 has none: take a model such as vit-b32")
	_, err = input.VPTAdd{}.Fit(models.Info{Name: "resnet18", Side: 224})
	require.EqualError(t, err, "vpt-add changes the tokens of a transformer, and resnet18 has none: take a model such as vit-b32")
	_, err = input.VPTAdd{Dropout: 1}.Fit(vitB16)
	require.ErrorContains(t, err, "dropout sets")
	require.Equal(t, taxonomy.Additive, input.VPTAdd{}.Coordinates().Operator)
	require.Equal(t, taxonomy.Location("embedding+hidden"), input.VPT{Kind: input.Deep}.Coordinates().Location)
}

// prompted builds the source logits of the tiny transformer for images that are made up, and the store of what is
// learned.
func prompted(t *testing.T, v input.Manipulation) (logits []float64, store *model.Store) {
	store = model.NewStore()
	z, err := model.CallOnce(pureGo(t), store, answering(t, v), tensors.FromFlatDataAndDimensions(wave(.5, 1, 2, 8, 8, 3), 2, 8, 8, 3))
	require.NoError(t, err)
	return tensors.MustCopyFlatData[float64](z), store
}

// answering builds the source logits of the tiny transformer, reprogrammed if v is not nil.
func answering(t *testing.T, v input.Manipulation) func(root *model.Scope, x *Node) *Node {
	net, hooks := modeltest.TinyViT(), input.Hooks{}
	if v != nil {
		fitted, err := v.Fit(net.Info)
		require.NoError(t, err)
		hooks = fitted.Hooks
	}
	return func(root *model.Scope, x *Node) *Node {
		return net.Reprogrammed(root, models.Value{Each: x}, hooks.In(root.At("input")))
	}
}

// Initial values fill the bounds of the patch embedding's initialiser: 1/16 for a ViT-B/16.
func TestVPTInitialValues(t *testing.T) {
	require.InDelta(t, .0625, math.Sqrt(6/float64(3*16*16+768)), 0)
	bound := math.Sqrt(6. / (3*4*4 + 8))
	draws := map[string][]float64{}
	for _, kind := range []string{input.Deep, input.Prefix} {
		_, store := prompted(t, input.VPT{Kind: kind, Tokens: 40, Seed: 3})
		for v := range store.RootScope().At("input").IterVariables() {
			require.Equal(t, []int{3, 40, 8}, v.Shape().Dimensions)
			values := tensors.MustCopyFlatData[float64](v.MustValue())
			require.LessOrEqual(t, max(slices.Max(values), -slices.Min(values)), bound)
			require.InDelta(t, bound, slices.Max(values), .02*bound)
			draws[v.Path()] = values
		}
	}
	require.Len(t, draws, 3)
	require.NotEqual(t, draws["/input/keys"], draws["/input/values"])
	_, store := prompted(t, input.VPT{Kind: input.Deep, Tokens: 40, Seed: 4})
	require.NotEqual(t, draws["/input/prompt"], tensors.MustCopyFlatData[float64](store.GetVariable("/input/prompt").MustValue()))
}

// The projection's weights are normal with variance 2/width, and its bias is uniform in ±1/√d'; prompts have d' in place of
// the model's width in their bound.
func TestProjectionInitialValues(t *testing.T) {
	const projected = 100
	_, store := prompted(t, input.VPT{Kind: input.Prefix, Tokens: 40, Projection: projected, Seed: 3})
	of := func(path string, dimensions ...int) []float64 {
		v := store.GetVariable("/input/" + path)
		require.NotNil(t, v, path)
		require.Equal(t, dimensions, v.Shape().Dimensions, path)
		return tensors.MustCopyFlatData[float64](v.MustValue())
	}
	for _, name := range []string{"keys", "values"} {
		require.InDelta(t, math.Sqrt(6./(3*4*4+projected)), slices.Max(of(name, 3, 40, projected)), .01)
		sum, squares := 0., 0.
		weights := of("projection/"+name+"/weights", projected, 8)
		for _, w := range weights {
			sum, squares = sum+w, squares+w*w
		}
		require.InDelta(t, 0, sum/800, .06)
		require.InEpsilon(t, 2./8, squares/800, .15)
		bias := of("projection/"+name+"/bias", 8)
		require.LessOrEqual(t, max(slices.Max(bias), -slices.Min(bias)), .1)
		require.Greater(t, slices.Max(bias)-slices.Min(bias), .05)
	}
	require.NotEqual(t, of("projection/keys/weights", projected, 8), of("projection/values/weights", projected, 8))
}

// Vectors of zero, added to the tokens, leave the frozen network's answer as it is, bit by bit.
func TestAddedZeros(t *testing.T) {
	frozen, _ := prompted(t, nil)
	for _, v := range []input.VPTAdd{{}, {Shared: true}} {
		moved, store := prompted(t, v)
		require.NotEqual(t, frozen, moved)
		prompt := store.GetVariable("/input/" + input.PromptVariable)
		require.NoError(t, prompt.SetValue(tensors.FromShape(prompt.Shape())))
		zeros, err := model.CallOnce(pureGo(t), store, answering(t, v), tensors.FromFlatDataAndDimensions(wave(.5, 1, 2, 8, 8, 3), 2, 8, 8, 3))
		require.NoError(t, err)
		require.Equal(t, frozen, tensors.MustCopyFlatData[float64](zeros))
	}
}

// A prompt changes the answer at every layer where it stands; one of no layer is the frozen network bit by bit.
func TestVPTWhereItStands(t *testing.T) {
	frozen, _ := prompted(t, nil)
	seen := [][]float64{frozen}
	for _, v := range []input.VPT{{}, {Kind: input.Deep, Depth: 2}, {Kind: input.Deep}, {Kind: input.Deep, Shared: true},
		{Kind: input.Prefix, Depth: 1}, {Kind: input.Prefix}, {Kind: input.Prefix, Shared: true},
		{Kind: input.Deep, Projection: 3}, {Kind: input.Prefix, Projection: 3}} {
		v.Tokens, v.Seed = 3, 1
		z, _ := prompted(t, v)
		require.Len(t, z, len(frozen))
		for _, other := range seen {
			require.NotEqual(t, other, z, "%+v", v)
		}
		seen = append(seen, z)
	}
	one, _ := prompted(t, input.VPT{Kind: input.Deep, Depth: 1, Tokens: 3, Seed: 1})
	require.Equal(t, seen[1], one, "deep of one layer is shallow")
}

// TestPromptsAnywhere: without a position embedding attention can't tell where a token stands, so that prompts behind
// the class token and at the end, in any order, give the same answer.
func TestPromptsAnywhere(t *testing.T) {
	net, prompts := modeltest.TinyViT(), wave(.5, 9, 1, 4, 8)
	answer := func(place func(h, prompts *Node) *Node) []float64 {
		z, err := model.CallOnce(pureGo(t), model.NewStore(), func(root *model.Scope, x *Node) *Node {
			return net.Reprogrammed(root, models.Value{Each: x}, func(at models.Site, v models.Value) models.Value {
				if at == models.TokensInto(0) {
					v.Each = place(v.Each, Reshape(Const(x.Graph(), prompts), 1, 4, 8))
				}
				return v
			})
		}, tensors.FromFlatDataAndDimensions(wave(.5, 1, 2, 8, 8, 3), 2, 8, 8, 3))
		require.NoError(t, err)
		return tensors.MustCopyFlatData[float64](z)
	}
	behind := answer(func(h, p *Node) *Node { return models.ReplaceTokens(h, p, 0) })
	require.InDeltaSlice(t, behind, answer(func(h, p *Node) *Node {
		return Concatenate([]*Node{h, BroadcastToDims(p, 2, 4, 8)}, 1)
	}), 1e-12)
	require.InDeltaSlice(t, behind, answer(func(h, p *Node) *Node { return models.ReplaceTokens(h, Reverse(p, 1), 0) }), 1e-12)
}

// TestPrefixByHand is one head of two values with the query (1,0), the keys (1,0) and (0,1), and the values (1,2) and
// (3,4): without a prefix, with the key (2,0) and the value (−1,5), and with a prefix of zeros, which is not none.
func TestPrefixByHand(t *testing.T) {
	attention := func(prefix bool, key, value []float64) []float64 {
		mixed, err := ExecOnce(pureGo(t), func(q *Node) *Node {
			g := q.Graph()
			keys, values := Const(g, [][][]float64{{{1, 0}, {0, 1}}}), Const(g, [][][]float64{{{1, 2}, {3, 4}}})
			if prefix {
				keys = models.BeforeTokens(keys, Const(g, [][][]float64{{key}}))
				values = models.BeforeTokens(values, Const(g, [][][]float64{{value}}))
			}
			return layer.Attention(q, keys, values, 1, nil)
		}, [][][]float64{{{1, 0}}})
		require.NoError(t, err)
		return tensors.MustCopyFlatData[float64](mixed)
	}
	without := attention(false, nil, nil)
	require.InDeltaSlice(t, []float64{1.6604769, 2.6604769}, without, 1e-7)
	with := attention(true, []float64{2, 0}, []float64{-1, 5})
	require.InDeltaSlice(t, []float64{.1281078, 4.0079845}, with, 1e-7)
	const gate = .5759753
	require.InDeltaSlice(t, []float64{(1-gate)*without[0] - gate, (1-gate)*without[1] + 5*gate}, with, 1e-6)
	require.InDeltaSlice(t, []float64{1.2482551, 2}, attention(true, []float64{0, 0}, []float64{0, 0}), 1e-7)
}

// TestVPTGradients holds the gradients of each kind against central differences.
func TestVPTGradients(t *testing.T) {
	for _, v := range []input.VPT{{}, {Kind: input.Deep}, {Kind: input.Deep, Shared: true, Depth: 2}, {Kind: input.Prefix}} {
		v.Tokens, v.Seed = 2, 1
		d := differentiateOn(t, pureGo(t), modeltest.TinyViT(), v, 8, rand.New(rand.NewPCG(1, 2)))
		gradients, _ := d.at(t, 0, nil)
		require.Len(t, gradients, map[string]int{input.Shallow: 1, input.Deep: 1, input.Prefix: 2}[v.Name()])
		for name, gradient := range gradients {
			require.NotContains(t, gradient, 0., name)
			direction, slope := map[string][]float64{}, 0.
			r := rand.New(rand.NewPCG(3, 4))
			for _, g := range gradient {
				by := r.NormFloat64()
				direction[name] = append(direction[name], by)
				slope += by * g
			}
			const h = 1e-6
			_, above := d.at(t, h, direction)
			_, below := d.at(t, -h, direction)
			require.InEpsilon(t, slope, (above-below)/(2*h), 1e-6, "%s of %+v", name, v)
		}
	}
}
