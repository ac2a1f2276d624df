package output

// ILM is iterative label mapping: FLM's mapping, estimated again at the start of every epoch with the prompt at that
// time (ILM-VP; docs/methods.md 2.3).
type ILM struct{ FLM }

// Name is "ilm".
func (ILM) Name() string { return "ilm" }

// When is EveryEpoch.
func (ILM) When() When { return EveryEpoch }
