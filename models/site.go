package models

import (
	"github.com/vrkit-go/reprogram/models/layer"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Site is a place in a frozen model's graph where a program can change the value.
type Site struct {
	Location taxonomy.Location
	// Layer is the number of the transformer's layer that takes the value, from 0; 0 at the input. The embedding is the
	// input of layer 0, so that the hidden sites of tokens begin with layer 1.
	Layer int
	// Part is Keys or Values inside a layer's attention; "" at the layer's input, and at the model's.
	Part Part
	// Normalised is true at the input after the model's normalisation.
	Normalised bool
}

// Part is an input of a transformer's attention.
type Part string

// The parts. A hook may return more keys and values than it takes, as many keys as values: a prefix.
const (
	Keys   Part = "keys"   // compared with the queries, [B,T,width]
	Values Part = "values" // averaged by attention, [B,T,width], one for each key
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

// Sites lists the model's sites, in the order in which its graph calls a hook: the input, if it reads pictures; of a
// transformer also, for each layer, the tokens that go into it, and its attention's keys and values.
func (i Info) Sites() []Site {
	var sites []Site
	if i.Modality == taxonomy.Picture {
		sites = append(sites, Pixels, Normalised)
	}
	for number := range i.Tokens.Layers {
		sites = append(sites, TokensInto(number))
		for _, part := range []Part{Keys, Values} {
			sites = append(sites, AttentionOf(number, part))
		}
	}
	return sites
}

// Value is what a model has at a site: Each + Shared.
type Value struct {
	// Each differs from sample to sample: at the input, images [B,H,W,3] or the numbers of a text's tokens, integers
	// [B,T]; elsewhere tokens [B,T,width].
	Each *Node
	// Shared is the same for all samples, [1,H,W,3]; nil if there is none. See [layer.Sum].
	Shared *Node
	// Real is 1 for a token that attention may see and 0 for one that fills up a shorter text, [B,T], of the float type that
	// the network computes in; nil for pictures. A hook that inserts tokens inserts ones here too.
	Real *Node
	// Present is the sample weight, [B], of a float type: 1 for an image and 0 for one that only fills the batch; nil
	// if all are images. A hook that uses the whole batch, as BatchNorm does, must leave out the filling.
	Present *Node
	// Momentum is how far the running statistics of a BatchNorm move towards the batch's in training, a scalar from 0 to
	// 1; nil takes PyTorch's .1.
	Momentum *Node
	// Random is the state of a random number generator for hooks that draw in training, uint64 [3], as [RandomUniform]
	// takes it: another one for each step, the same for all sites. nil if no hook draws.
	Random *Node
}

// Total is Each + Shared.
func (v Value) Total() *Node { return v.Sum().Total() }

// Sum is Each + Shared, as a first layer takes it.
func (v Value) Sum() layer.Sum { return layer.Sum{Each: v.Each, Shared: v.Shared} }

// Hook is called at each site of a model, like a forward pre-hook of PyTorch, and returns the value that the model takes
// instead of v. It returns v itself if it changes nothing.
type Hook func(at Site, v Value) Value

// Nothing is a hook that changes nothing.
func Nothing(_ Site, v Value) Value { return v }
