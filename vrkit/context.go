package vrkit

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// contextScope has the keys and values of the tokens with which all texts of a program begin, such as worked examples. The
// model reads these tokens once, instead of before every text.
const contextScope = "context"

// IsContext reports whether a variable of a program's store is computed from the program, so that no checkpoint holds it.
func IsContext(v *model.Variable) bool {
	return strings.HasPrefix(v.Path(), model.ScopeSeparator+contextScope+model.ScopeSeparator)
}

// minContext is the smallest number of common tokens that is worth a graph of its own.
const minContext = 16

// readContext finds the tokens with which all texts begin as the manipulation composes them, and lets the model read them.
// A manipulation that changes the model's values would change theirs too: then there is no context.
func (c *Compiled) readContext(fitted input.Fitted) error {
	if c.Model.Modality != taxonomy.Text || fitted.Compose == nil || len(fitted.Hooks) > 0 || !c.Model.Tokens.Rotary {
		return nil
	}
	common, err := c.tokens("a")
	for _, other := range []string{"1", "The", "\n", "é", "?"} { // they begin differently
		tokens, otherErr := c.tokens(other)
		if otherErr != nil {
			continue // no text of the task can be this one
		}
		same := 0
		for same < min(len(common), len(tokens)) && common[same] == tokens[same] {
			same++
		}
		common = common[:same]
	}
	if err != nil || len(common) < minContext {
		return err
	}
	kept, err := c.keysAndValues(common)
	if err != nil {
		return err
	}
	for number, value := range kept {
		variable, err := c.Store.RootScope().At(contextScope).CreateVariable(contextName(number), value)
		if err != nil {
			return err
		}
		variable.SetTrainable(false)
	}
	c.context = common
	return nil
}

// keysAndValues are those that the frozen model computes of tokens, as they stand at the sites of its attention: of each
// layer the keys and then the values, [1,T,KeyWidth].
func (c *Compiled) keysAndValues(tokens []int32) ([]*tensors.Tensor, error) {
	layers := c.Model.Tokens.Layers
	exec, err := model.NewExec(c.Backend, c.Store, func(root *model.Scope, tokens *Node) []*Node {
		real := OnesLike(ConvertDType(tokens, c.computing()))
		kept := make([]*Node, 2*layers)
		logits := c.Model.Reprogrammed(root, models.Value{Each: tokens, Real: real}, func(at models.Site, v models.Value) models.Value {
			if number := partNumber(at); number >= 0 {
				kept[number] = v.Each
			}
			return v
		})
		return append(kept, logits) // the pure-Go backend accepts no weight that is not used
	})
	if err != nil {
		return nil, err
	}
	defer exec.Finalize()
	row := tensors.FromFlatDataAndDimensions(slices.Clone(tokens), 1, len(tokens))
	defer row.FinalizeAll()
	kept, err := exec.Call(row)
	if err != nil {
		return nil, err
	}
	kept[2*layers].FinalizeAll()
	return kept[:2*layers], nil
}

// attended is an input.Reader: it reads tokens in fp32 values, whatever the program's precision.
func (c *Compiled) attended(tokens []int32) (keys, values []float32, err error) {
	kept, err := c.keysAndValues(tokens)
	if err != nil {
		return nil, nil, err
	}
	defer finalizeAll(kept)
	for number, value := range kept {
		var flat []float32
		if value.DType() == dtypes.BFloat16 {
			var rounded []bfloat16.BFloat16
			rounded, err = tensors.CopyFlatData[bfloat16.BFloat16](value)
			for _, v := range rounded {
				flat = append(flat, v.Float32())
			}
		} else {
			flat, err = tensors.CopyFlatData[float32](value)
		}
		if err != nil {
			return nil, nil, err
		}
		if number%2 == 0 {
			keys = append(keys, flat...)
		} else {
			values = append(values, flat...)
		}
	}
	return keys, values, nil
}

// behindContext are the tokens of a text behind those that the model has read. It is an error if it does not begin with
// them.
func (c *Compiled) behindContext(tokens []int32) ([]int32, error) {
	n := len(c.context)
	if n > 0 && (n >= len(tokens) || !slices.Equal(tokens[:n], c.context)) {
		return nil, errors.New("its first characters change how the text before it is read: leave out blanks and line breaks at its beginning")
	}
	return tokens[n:], nil
}

// partNumber numbers the keys and values of the layers, those of a layer one after the other; it is −1 at other sites.
func partNumber(at models.Site) int {
	switch at.Part {
	case models.Keys:
		return 2 * at.Layer
	case models.Values:
		return 2*at.Layer + 1
	}
	return -1
}

func contextName(number int) string { return fmt.Sprintf("part%d", number) }

// afterContext is the hook of a model that has read the context.
func (c *Compiled) afterContext(root *model.Scope) models.Hook {
	return func(at models.Site, v models.Value) models.Value {
		if number := partNumber(at); number >= 0 {
			read := root.At(contextScope).GetVariable(contextName(number)).NodeValue(v.Each.Graph())
			v.Each = models.BeforeTokens(v.Each, read)
		}
		return v
	}
}

// computing is the type of the frozen model's computations on texts.
func (p Program) computing() dtypes.DType {
	if p.Precision == BF16 {
		return dtypes.BFloat16
	}
	return dtypes.Float32
}
