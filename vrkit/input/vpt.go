package input

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/initial"
	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// The ways of visual prompt tuning, by the command line's names.
const (
	Shallow = "vpt"      // tokens before the first layer
	Deep    = "vpt-deep" // tokens before every layer, in place of those of the layer before
	Prefix  = "prefix"   // keys and values of every layer's attention
)

// VPT puts learned tokens into a vision transformer (visual prompt tuning, Jia et al., 2022; docs/methods.md 1.4):
//
//	shallow:  h₀ = [class; P; patches],  h_i = Layer_i(h_{i−1})
//	deep:     h_i = Layer_i([class_{i−1}; P_i; patches_{i−1}])
//
// with P or P_i [p,width]. A prefix, known from language models (Li and Liang, 2021), does not change the tokens. It
// gives each layer's attention p more keys and values:
//
//	Attention(Q, [K*_i; K], [V*_i; V])
//
// The initial values are uniform between −v and v, v = √(6/(3·patch² + width)): Xavier's bound for a patch embedding. With
// a projection the learned P̂ are [p,d'], with d' in place of width in v, and P = P̂·W + b: W [d',width] and b [width] are
// learned, and the same for all layers.
type VPT struct {
	// Kind is Shallow, Deep or Prefix; "" is Shallow.
	Kind string `json:"-"`
	// Tokens is p, from 1 to 1000; 0 takes 10.
	Tokens int `json:"tokens" usage:"VPT, prefix and soft: learned tokens a layer"`
	// Depth is the number of layers that have prompts, from the first, of Deep and Prefix; 0 takes all.
	Depth int `json:"depth" usage:"vpt-deep and prefix: how many layers get them, from the first; 0 takes all"`
	// Shared is true if these layers have one prompt together.
	Shared bool `json:"shared" usage:"vpt-deep and prefix: these layers share one prompt; vpt-add: all tokens share one vector"`
	// Projection is d', the width of the prompts before the projection, up to 4096; 0 is for no projection.
	Projection int `json:"projection,omitempty" usage:"VPT and prefix: width of the prompts before a linear layer, shared by all layers, gives them the model's width; 0 leaves it out"`
	// Dropout is the probability with which a value of a prompt is 0 for a sample and a layer in training, from 0 to
	// less than 1. The paper's released runs of Deep have .1.
	Dropout float64 `json:"dropout,omitempty" usage:"VPT and prefix: the share of a prompt's values that a training step sets to 0, from 0 to less than 1"`
	// Init says where the initial values of a prefix come from: Uniform, which "" stands for, or a text. Then they are the
	// keys and values that a language model computes of the text's first p tokens; a shorter text is repeated.
	Init string `json:"init,omitempty" usage:"soft and prefix: the initial values: uniform; vocabulary, for soft, the embeddings of drawn tokens; or what the model makes of a text, which is given here"`
	// Seed is of the initial values. 0 takes the run's.
	Seed uint64 `json:"seed"`

	read *attended // the initial values of a prefix, if they come from the model; a pointer, so that a VPT is comparable
}

// attended are the keys and values of all layers, [layers,p,width].
type attended struct{ keys, values []float32 }

// The variables of a prefix. It has no PromptVariable.
const (
	KeysVariable   = string(models.Keys)   // K*, [depth,p,width]
	ValuesVariable = string(models.Values) // V*, [depth,p,width]
)

// ProjectionScope has the variables of the projections: of each variable, by its name, "weights" W and "bias" b.
const ProjectionScope = "projection"

// The streams of VPT's draws from a seed: of the prompts, and of their projection's weights and bias.
const (
	vptStream        = 0x565054 << 8
	projectionStream = vptStream + 16
	biasStream       = vptStream + 32
)

// Name is the Kind.
func (v VPT) Name() string { return cmp.Or(v.Kind, Shallow) }

// SeedOr is v with this seed, if it has none of its own.
func (v VPT) SeedOr(seed uint64) Manipulation {
	v.Seed = cmp.Or(v.Seed, seed)
	return v
}

// Coordinates are learnable and concatenative. Shallow is at the embedding, Deep at the embedding and hidden, Prefix
// hidden.
func (v VPT) Coordinates() taxonomy.Coordinates {
	c := taxonomy.Coordinates{Format: taxonomy.Learnable, Location: taxonomy.Embedding, Operator: taxonomy.Concatenative}
	switch v.Name() {
	case Deep:
		c.Location = taxonomy.Several(taxonomy.Embedding, taxonomy.Hidden)
	case Prefix:
		c.Location = taxonomy.Hidden
	}
	return c
}

// defaultTokens is p where a method has none.
const defaultTokens = 10

// tokens is p.
func (v VPT) tokens() int { return cmp.Or(v.Tokens, defaultTokens) }

// Check returns what is wrong for any model.
func (v VPT) Check() error {
	switch {
	case v.Name() != Shallow && v.Name() != Deep && v.Name() != Prefix:
		return fmt.Errorf("no visual prompt tuning is called %q; known: %s, %s, %s", v.Kind, Shallow, Deep, Prefix)
	case v.tokens() < 1 || v.tokens() > 1000:
		return registry.Wrong("tokens", "%s learns 1 to 1000 tokens a layer, not %d", v.Name(), v.Tokens)
	case v.Name() == Shallow && v.Depth > 1:
		return registry.Wrong("depth", "%s has prompts before the first layer alone, not before %d: take %s", Shallow, v.Depth, Deep)
	case v.Init != "" && v.Init != Uniform && (v.Name() != Prefix || v.Shared || v.Projection > 0):
		return registry.Wrong("init", "only a prefix without a projection, which layers do not share, begins with what a model makes of a text; %s begins with drawn values: leave it out", v.Name())
	case v.Projection < 0 || v.Projection > 4096:
		return registry.Wrong("projection", "%s projects prompts of 1 to 4096 values to the model's width, or with 0 none, not of %d", v.Name(), v.Projection)
	}
	return errors.Join(registry.CheckSeed(v.Seed), checkDropout(v.Dropout))
}

// Draws tells whether there is dropout.
func (v VPT) Draws() bool { return v.Dropout > 0 }

// depth is the number of layers that get prompts.
func (v VPT) depth(m models.Info) (int, error) {
	layers := m.Tokens.Layers
	switch {
	case v.Check() != nil:
		return 0, v.Check()
	case m.Modality != taxonomy.Picture && v.Name() != Prefix:
		return 0, fmt.Errorf("%s puts tokens behind a picture's class token, and %s reads a %s: take soft", v.Name(), m.Name, m.Modality)
	case layers == 0:
		return 0, fmt.Errorf("%s puts tokens into a transformer, and %s has none: take a model such as vit-b32", v.Name(), m.Name)
	case v.Depth < 0 || v.Depth > layers:
		return 0, registry.Wrong("depth", "%s has %d layers: prompts go before 1 to %d of them, not %d", m.Name, layers, layers, v.Depth)
	case v.Name() == Shallow:
		return 1, nil
	}
	return cmp.Or(v.Depth, layers), nil
}

// Fit returns a hook before each layer that has prompts, or two in its attention.
func (v VPT) Fit(m models.Info) (Fitted, error) {
	depth, err := v.depth(m)
	hooks := Hooks{}
	for number := range depth {
		if v.Name() == Prefix {
			for stream, part := range []models.Part{models.Keys, models.Values} {
				hooks[models.AttentionOf(number, part)] = func(scope *model.Scope, value models.Value) models.Value {
					prompt := v.prompt(scope, string(part), stream, m, depth, number, value)
					value.Each = models.BeforeTokens(value.Each, prompt)
					return value
				}
			}
			continue
		}
		replaced := v.tokens()
		if number == 0 {
			replaced = 0
		}
		hooks[models.TokensInto(number)] = func(scope *model.Scope, value models.Value) models.Value {
			prompt := v.prompt(scope, PromptVariable, 0, m, depth, number, value)
			value.Each = models.ReplaceTokens(value.Each, prompt, replaced)
			return value
		}
	}
	return Fitted{Side: m.Side, Hooks: hooks}, err
}

// Bind lets the model read the text of Init.
func (v VPT) Bind(m *models.Model, read Reader) (Manipulation, error) {
	if v.Init == "" || v.Init == Uniform {
		return v, nil
	}
	if m.Modality != taxonomy.Text {
		return nil, registry.Wrong("init", "%s reads a %s, so that it makes nothing of a text: leave it out", m.Name, m.Modality)
	}
	tokens, err := tokensOf(m, v.Init, v.tokens())
	if err != nil {
		return nil, err
	}
	keys, values, err := read(tokens)
	v.read = &attended{keys, values}
	return v, err
}

// initial are the initial values of a variable, [depth,p,width].
func (v VPT) initial(m models.Info, name string, stream, depth, width int) model.VariableInitializer {
	if v.read == nil {
		return initial.Uniform(v.Seed, vptStream+uint64(stream), promptBound(m, width))
	}
	given := map[string][]float32{KeysVariable: v.read.keys, ValuesVariable: v.read.values}[name]
	return initial.Values(given[:depth*v.tokens()*width])
}

// prompt is a layer's part of a variable, [1,p,width], or with dropout [B,p,width].
func (v VPT) prompt(scope *model.Scope, name string, stream int, m models.Info, depth, number int, at models.Value) *Node {
	drawn := 2*number + stream
	if v.Shared {
		depth, number = 1, 0
	}
	to := v.width(m)
	width := cmp.Or(v.Projection, to)
	prompt := learned(scope, name, at, v.initial(m, name, stream, depth, width), depth, v.tokens(), width)
	prompt = SliceAxis(prompt, 0, AxisRange(number, number+1))
	if v.Projection > 0 {
		scope := scope.At(ProjectionScope).At("%s", name)
		// PyTorch's initial values of a linear layer's bias, and He's, by fan-out, of its weights.
		weights := learned(scope, "weights", at, initial.Normal(v.Seed, projectionStream+uint64(stream), math.Sqrt(2/float64(to))), width, to)
		bias := learned(scope, "bias", at, initial.Uniform(v.Seed, biasStream+uint64(stream), 1/math.Sqrt(float64(width))), to)
		prompt = Add(Einsum("lpd,dw->lpw", prompt, weights), ExpandAxes(bias, 0, 1))
	}
	return dropout(scope, at, prompt, v.Dropout, drawn)
}

// width is that of what stands at the prompts' sites.
func (v VPT) width(m models.Info) int {
	if v.Name() == Prefix {
		return m.Tokens.KeyWidth()
	}
	return m.Tokens.Width
}

// promptBound is v, the bound of the initial values of prompts of this width.
func promptBound(m models.Info, width int) float64 {
	return math.Sqrt(6 / float64(3*m.Tokens.Patch*m.Tokens.Patch+width))
}

// learned is a learned variable at a site, in the type of its value; but not rounded to bf16.
func learned(scope *model.Scope, name string, at models.Value, values model.VariableInitializer, dimensions ...int) *Node {
	dtype := at.Each.DType()
	if dtype == dtypes.BFloat16 {
		dtype = dtypes.Float32
	}
	return scope.WithInitializer(values).VariableWithShape(name, shapes.Make(dtype, dimensions...)).NodeValue(at.Each.Graph())
}

// MarshalJSON records all settings, with the default number of tokens in place of 0.
func (v VPT) MarshalJSON() ([]byte, error) {
	type fields VPT
	v.Tokens = v.tokens()
	return json.Marshal(fields(v))
}

// Trainable is depth·p·width, twice that for a prefix; with one depth where layers share a prompt. With a projection it is
// depth·p·d' + (d' + 1)·width, or twice that.
func (v VPT) Trainable(m models.Info) int {
	depth, err := v.depth(m)
	if err != nil {
		return 0
	}
	if v.Shared {
		depth = 1
	}
	count := depth * v.tokens() * cmp.Or(v.Projection, v.width(m))
	if v.Projection > 0 {
		count += (v.Projection + 1) * v.width(m)
	}
	if v.Name() == Prefix {
		count *= 2
	}
	return count
}
