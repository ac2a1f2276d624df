package models

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models/layer"

	. "github.com/gomlx/gomlx/core/graph"
)

// frozenScope keeps the model's variables apart from all that is trained.
const frozenScope = "frozen"

// frozenIn is where the weights of the graphs that compute in this type are. Those of bf16 are stored rounded:
// to round them at every step takes some hundredths of it.
func frozenIn(scope *model.Scope, dtype dtypes.DType) *model.Scope {
	if dtype == dtypes.BFloat16 {
		return scope.At("%s", frozenScope).At("bf16")
	}
	return scope.At("%s", frozenScope)
}

// weights gives the model's weights as variables that no trainer touches, in the type of x.
func (m *Model) weights(scope *model.Scope, x *Node) layer.Weight {
	frozen := frozenIn(scope, x.DType())
	return func(name string) *Node {
		variable := frozen.GetVariable(model.EscapeScopeName(name))
		if variable == nil {
			variable = frozen.VariableWithValue(model.EscapeScopeName(name), m.stored(x.Graph().Backend(), name, x.DType()))
		}
		return ConvertDType(variable.SetTrainable(false).NodeValue(x.Graph()), x.DType())
	}
}

// stored is a weight, or a kernel turned, as a graph that computes in this type takes it: in the backend's own
// memory, where that is the host's too, or in Go's if there is no backend.
func (m *Model) stored(backend compute.Backend, name string, dtype dtypes.DType) *tensors.Tensor {
	plain, turned := strings.CutSuffix(name, layer.Turned)
	plain, inGroups := strings.CutSuffix(plain, layer.TurnedInGroups)
	t, ok := m.Weights[plain]
	if !ok {
		panic(fmt.Errorf("%s: the graph asks for a weight %q that was not loaded", m.Name, plain))
	}
	groups := 0 // of a kernel turned
	switch {
	case turned:
		groups = 1
	case inGroups:
		groups = t.Shape[3] / t.Shape[2]
	}
	shape := slices.Clone(t.Shape)
	if groups > 0 {
		shape[2], shape[3] = t.Shape[3]/groups, t.Shape[2]*groups
	}
	if dtype != dtypes.BFloat16 {
		dtype = dtypes.Float32 // as it was loaded, whatever the graph makes of it
	}
	stored, err := tensors.FromShapeForBackend(backend, 0, shapes.Make(dtype, shape...))
	if err != nil {
		panic(err)
	}
	if dtype == dtypes.BFloat16 {
		tensors.MustMutableFlatData(stored, func(to []bfloat16.BFloat16) { put(to, t, groups, bfloat16.FromFloat32) })
	} else {
		tensors.MustMutableFlatData(stored, func(to []float32) { put(to, t, groups, func(v float32) float32 { return v }) })
	}
	return stored
}

// put writes a tensor's values in another type: without groups as they are; with them the kernel of a convolution,
// [kh,kw,in/groups,out], with rows and columns in reverse and inputs and outputs changed over within each group:
// see [layer.Kernel].
func put[T any](to []T, t Tensor, groups int, as func(float32) T) {
	if groups == 0 {
		for i, v := range t.Data {
			to[i] = as(v)
		}
		return
	}
	places, in, out := t.Shape[0]*t.Shape[1], t.Shape[2], t.Shape[3]/groups // in and out of a group
	for place := range places {
		from, to := t.Data[place*in*out*groups:], to[(places-1-place)*in*out*groups:]
		for i := range in {
			for g := range groups {
				for o := range out {
					to[(o*groups+g)*in+i] = as(from[(i*groups+g)*out+o])
				}
			}
		}
	}
}

// IsFrozen reports whether a variable belongs to a frozen model, and so in no checkpoint.
func IsFrozen(v *model.Variable) bool {
	return strings.Contains(v.Path(), model.ScopeSeparator+frozenScope+model.ScopeSeparator)
}

// CheckFrozen reads back all of the model's weights that graphs of a store have used, and returns an error that
// names one which is not bit for bit what was loaded, or rounded from it; and an error if none has been used.
func (m *Model) CheckFrozen(scope *model.Scope) error {
	used := false
	for _, dtype := range []dtypes.DType{dtypes.Float32, dtypes.BFloat16} {
		frozen := frozenIn(scope, dtype)
		for name := range m.Weights {
			for _, name := range []string{name, name + layer.Turned, name + layer.TurnedInGroups} {
				variable := frozen.GetVariable(model.EscapeScopeName(name))
				if variable == nil {
					continue
				}
				used = true
				value, err := variable.Value()
				if err != nil {
					return err
				}
				if same, err := sameBytes(value, m.stored(nil, name, dtype)); err != nil {
					return err
				} else if !same {
					return fmt.Errorf("%s: the frozen weight %s has changed: a defect, please report it", m.Name, variable.Path())
				}
			}
		}
	}
	if !used {
		return errors.New("no graph has used the frozen weights yet, so that there is nothing to compare")
	}
	return nil
}

func sameBytes(one, other *tensors.Tensor) (same bool, err error) {
	if !one.Shape().Equal(other.Shape()) {
		return false, nil
	}
	var otherErr error
	err = one.ConstBytes(func(these []byte) {
		otherErr = other.ConstBytes(func(those []byte) { same = bytes.Equal(these, those) })
	})
	return same, errors.Join(err, otherErr)
}
