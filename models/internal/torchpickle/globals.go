package torchpickle

import (
	"errors"
	"fmt"

	"github.com/nlpodyssey/gopickle/types"

	"github.com/vrkit-go/reprogram/models/internal/scalar"
	"github.com/vrkit-go/reprogram/models/internal/unpickle"
)

// storages are the storages that a file's pickle refers to, by key.
type storages map[string]*storage

// reader admits the globals of a state dict's pickle, and of a checkpoint that holds numbers, text and tensors only. It
// collects the storages that the pickle refers to.
func (s storages) reader() unpickle.Reader {
	globals := map[string]any{
		"collections.OrderedDict":         nil, // the library builds it
		"torch._utils._rebuild_tensor_v2": rebuildTensor{},
		"torch._utils._rebuild_parameter": rebuildParameter{},
		"collections.Counter":             counter{}, // in the state of MultiStepLR: the epochs at which it lowers the learning rate
	}
	for name, kind := range kinds {
		globals["torch."+name] = kind
	}
	return unpickle.Reader{
		What: "tensors", Globals: globals, Persistent: s.load,
		Instead: "save the weights alone: torch.save(model.state_dict(), FILE)",
	}
}

// load returns the storage of the persistent id ("storage", class, key, device, count). The legacy format adds a sixth
// element: the view of another storage that this one is, or None.
func (s storages) load(id any) (any, error) {
	tuple, ok := id.(*types.Tuple)
	if !ok || (tuple.Len() != 5 && tuple.Len() != 6) || tuple.Get(0) != "storage" {
		return nil, errors.New("a persistent id is not that of a storage")
	}
	if tuple.Len() == 6 && tuple.Get(5) != nil {
		return nil, errors.New("a storage is a view of another storage, which only PyTorch before 0.4 saved: save the file again with a later version")
	}
	class, okClass := tuple.Get(1).(*scalar.Kind)
	key, okKey := tuple.Get(2).(string)
	count, okCount := tuple.Get(4).(int)
	if !okClass || !okKey || !okCount || count < 0 || count > maxFile/class.Size {
		return nil, errors.New("a storage's type, key or length is not valid")
	}
	known, ok := s[key]
	if !ok {
		s[key] = &storage{Kind: class, count: count}
		return s[key], nil
	}
	if known.Kind != class || known.count != count {
		return nil, fmt.Errorf("storage %.40q has two types or two lengths", key)
	}
	return known, nil
}

type (
	rebuildTensor    struct{}
	rebuildParameter struct{}
	counter          struct{}
)

// Call makes a view of (storage, offset, size, stride, requires grad, hooks, [metadata]).
func (rebuildTensor) Call(args ...any) (any, error) {
	if len(args) != 6 && len(args) != 7 {
		return nil, fmt.Errorf("a tensor has %d arguments instead of 6 or 7", len(args))
	}
	s, okStorage := args[0].(*storage)
	offset, okOffset := args[1].(int)
	if !okStorage || !okOffset {
		return nil, errors.New("a tensor has no storage or no offset")
	}
	shape, err := ints(args[2])
	if err != nil {
		return nil, err
	}
	strides, err := ints(args[3])
	if err != nil {
		return nil, err
	}
	return newView(s, offset, shape, strides)
}

// Call returns the tensor of (tensor, requires grad, hooks).
func (rebuildParameter) Call(args ...any) (any, error) {
	if len(args) == 3 {
		if v, ok := args[0].(*view); ok {
			return v, nil
		}
	}
	return nil, errors.New("a parameter has no tensor")
}

// Call drops the counts: no weight needs them.
func (counter) Call(...any) (any, error) { return counter{}, nil }
