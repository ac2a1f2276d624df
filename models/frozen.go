package models

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/gotype"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models/layer"

	. "github.com/gomlx/gomlx/core/graph"
)

// frozenScope is the scope of the model's variables. It keeps them apart from everything that is trained.
const frozenScope = "frozen"

// frozenIn returns the scope of the weights for graphs that compute in dtype, and the type in which they are stored.
// Graphs of bf16 have weights of their own, which are stored rounded: to round them at every step takes a few per cent
// of its time. All other graphs share the weights as they were loaded, in fp32.
func frozenIn(scope *model.Scope, dtype dtypes.DType) (*model.Scope, dtypes.DType) {
	if dtype == dtypes.BFloat16 {
		return scope.At("%s", frozenScope).At("bf16"), dtype
	}
	return scope.At("%s", frozenScope), dtypes.Float32
}

// weights gives the model's weights by name, as variables that no trainer changes, in the type of the computations.
func (m *Model) weights(scope *model.Scope, g *Graph, computed dtypes.DType) layer.Weight {
	frozen, dtype := frozenIn(scope, computed)
	return func(name string) *Node {
		variable := frozen.GetVariable(model.EscapeScopeName(name))
		if variable == nil {
			value, err := m.stored(g.Backend(), frozen, name, dtype)
			if err == nil {
				variable, err = frozen.CreateVariable(model.EscapeScopeName(name), value)
			}
			if err == nil {
				err = m.Weights.record(variable.Path(), value)
			}
			if err != nil {
				panic(fmt.Errorf("%s: %w", m.Name, err))
			}
		}
		return ConvertDType(variable.SetTrainable(false).NodeValue(g), computed)
	}
}

// stored makes the value of a variable: a weight, or the flipped kernel of a kernel that is stored already. It lies in
// the backend's own memory, if the host can write there.
func (m *Model) stored(backend compute.Backend, frozen *model.Scope, name string, dtype dtypes.DType) (*tensors.Tensor, error) {
	plain, flipped := strings.CutSuffix(name, layer.Flipped)
	plain, inGroups := strings.CutSuffix(plain, layer.FlippedInGroups)
	if flipped || inGroups {
		kernel, err := frozen.GetVariable(model.EscapeScopeName(plain)).Value()
		if err != nil {
			return nil, err
		}
		groups := 1
		if inGroups {
			groups = kernel.Shape().Dim(3) / kernel.Shape().Dim(2)
		}
		if dtype == dtypes.BFloat16 {
			return flip[bfloat16.BFloat16](backend, kernel, groups)
		}
		return flip[float32](backend, kernel, groups)
	}
	weight, err := m.Weights.value(name)
	if err != nil {
		return nil, err
	}
	value, err := tensors.FromShapeForBackend(backend, 0, shapes.Make(dtype, weight.Shape...))
	if err != nil {
		return nil, err
	}
	if dtype == dtypes.BFloat16 {
		return value, tensors.MutableFlatData(value, func(to []bfloat16.BFloat16) {
			for i, v := range weight.Data {
				to[i] = bfloat16.FromFloat32(v)
			}
		})
	}
	return value, tensors.MutableFlatData(value, func(to []float32) { copy(to, weight.Data) })
}

// flip returns the flipped kernel of a convolution, [kh,kw,out/groups,in], of its kernel, [kh,kw,in/groups,out]: see
// [layer.Kernel].
func flip[T gotype.Supported](backend compute.Backend, kernel *tensors.Tensor, groups int) (*tensors.Tensor, error) {
	shape := kernel.Shape().Clone()
	in, out := shape.Dim(2), shape.Dim(3)/groups // of a group
	shape.Dimensions[2], shape.Dimensions[3] = out, in*groups
	flipped, err := tensors.FromShapeForBackend(backend, 0, shape)
	if err != nil {
		return nil, err
	}
	var toErr error
	err = tensors.ConstFlatData(kernel, func(from []T) {
		toErr = tensors.MutableFlatData(flipped, func(to []T) {
			flipInto(to, from, shape.Dim(0)*shape.Dim(1), in, out, groups)
		})
	})
	return flipped, errors.Join(err, toErr)
}

// flipInto is flip of the values of a kernel with that many positions (kh·kw), input and output channels of a group,
// and groups.
func flipInto[T any](to, from []T, positions, in, out, groups int) {
	for k := range positions {
		from, to := from[k*in*out*groups:], to[(positions-1-k)*in*out*groups:]
		for i := range in {
			for g := range groups {
				for o := range out {
					to[(o*groups+g)*in+i] = from[(i*groups+g)*out+o]
				}
			}
		}
	}
}

// IsFrozen reports whether a variable of a program's store is a weight of the frozen model, which no checkpoint holds.
// Such a variable is below the scope "frozen" of the root. A scope of that name elsewhere belongs to the program.
func IsFrozen(v *model.Variable) bool {
	return strings.HasPrefix(v.Path(), model.ScopeSeparator+frozenScope+model.ScopeSeparator)
}

// ErrNotUsed is the error of [Model.CheckFrozen] if no graph of the store has used a frozen weight.
var ErrNotUsed = errors.New("no graph has used the frozen weights yet, so that there is nothing to compare")

// CheckFrozen compares all frozen weights that graphs of a store have used with what was stored, bit for bit. It
// returns an error that names a weight which has changed, or [ErrNotUsed] if no weight has been used.
func (m *Model) CheckFrozen(scope *model.Scope) error {
	used := false
	for variable := range scope.At("%s", frozenScope).IterVariables() {
		used = true
		value, err := variable.Value()
		if err != nil {
			return err
		}
		if same, err := m.Weights.unchanged(variable.Path(), value); err != nil {
			return err
		} else if !same {
			return fmt.Errorf("%s: the frozen weight %s has changed: a defect, please report it", m.Name, variable.Path())
		}
	}
	if !used {
		return ErrNotUsed
	}
	return nil
}
