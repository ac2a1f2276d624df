package models

import (
	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Site is a place in a frozen model's graph where a program can change what goes through.
type Site struct {
	Location taxonomy.Location
	// Layer is the transformer's layer that takes the value, from 0; 0 at the input and at the embedding. The embedding
	// is what goes into layer 0: the hidden sites of tokens begin with layer 1.
	Layer int
	// Part is what attention takes the value for; "" is the tokens of the whole layer, or the images.
	Part Part
	// Normalised says of the input's value that the model's normalisation is behind it.
	Normalised bool
}

// Part is a side of a transformer's attention.
type Part string

// The parts. A hook may give more of both than it was given, as many of the one as of the other: queries then look at
// what no token has made.
const (
	Keys   Part = "keys"   // what attention compares its queries with, [B,T,width]
	Values Part = "values" // what attention mixes, [B,T,width], one for each key
)

// The sites of the input, which every model has.
var (
	Pixels     = Site{Location: taxonomy.Input}                   // RGB in [0,1]
	Normalised = Site{Location: taxonomy.Input, Normalised: true} // (pixels − mean) / std
)

// TokensInto is the site of the tokens that go into a transformer's layer of that number, from 0.
func TokensInto(number int) Site {
	if number == 0 {
		return Site{Location: taxonomy.Embedding}
	}
	return Site{Location: taxonomy.Hidden, Layer: number}
}

// AttentionOf is the site of a layer's keys or values, [B,T,width]. They are those of all tokens that go into the layer.
func AttentionOf(number int, part Part) Site {
	return Site{Location: taxonomy.Hidden, Layer: number, Part: part}
}

// Sites lists the model's sites, in the order in which its graph calls a hook: the input; of a transformer also, for each
// layer, the tokens that go into it, and its attention's keys and values.
func (i Info) Sites() []Site {
	sites := []Site{Pixels, Normalised}
	for number := range i.Tokens.Layers {
		sites = append(sites, TokensInto(number))
		for _, part := range []Part{Keys, Values} {
			sites = append(sites, AttentionOf(number, part))
		}
	}
	return sites
}

// Value is what goes through a site.
type Value struct {
	// Each is what every sample has of its own: images [B,H,W,3] at the input, tokens [B,T,width] elsewhere.
	Each *Node
	// Shared is added to Each, and is the same for all samples, [1,H,W,3]; nil for nothing. See [layer.Sum].
	Shared *Node
	// Present is 1 for a sample and 0 for what only fills the batch, [B], of a float type; nil where all are samples. A
	// hook that looks at the whole batch has to leave the filling out.
	Present *Node
	// Momentum is how far the running statistics of a batch normalisation move towards the batch's, a scalar
	// from 0 to 1, where the graph is for training; nil takes PyTorch's .1.
	Momentum *Node
}

// Total is Each + Shared.
func (v Value) Total() *Node { return v.sum().Total() }

func (v Value) sum() layer.Sum { return layer.Sum{Each: v.Each, Shared: v.Shared} }

// Hook is called at each site of a model, and returns what shall go through instead of v: v itself where it changes
// nothing.
type Hook func(at Site, v Value) Value

// Nothing is the hook that changes nothing.
func Nothing(_ Site, v Value) Value { return v }
