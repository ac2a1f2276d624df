package models

import (
	"context"
	"fmt"
	"slices"
)

// registered are the networks that [Register] added.
var registered []*registration

type registration struct {
	info Info
	open func(ctx context.Context, weights string) (*Model, error)
}

// Register makes a user's own network known by its name, so that the command line and the runs of its programs can open
// it. open returns the model of that Info, with its weights from [Freeze]; weights is the path of a user's own weight
// file, or "". Register panics if the name is taken. Call it from an init function.
func Register(info Info, open func(ctx context.Context, weights string) (*Model, error)) {
	if slices.ContainsFunc(All(), func(i Info) bool { return i.Name == info.Name }) {
		panic(fmt.Errorf("the name of the model %q is taken: take another", info.Name))
	}
	registered = append(registered, &registration{info, open})
}

// own is the network of that name if Register added it, else nil.
func own(name string) *registration {
	at := slices.IndexFunc(registered, func(o *registration) bool { return o.info.Name == name })
	if at < 0 {
		return nil
	}
	return registered[at]
}

// openModel opens the network. It is an error if what is opened has another name, because a run could not be opened by it.
func (o *registration) openModel(ctx context.Context, weights string) (*Model, error) {
	m, err := o.open(ctx, weights)
	if err == nil && m.Name != o.info.Name {
		err = fmt.Errorf("the network registered as %q opens as %q: give both one name", o.info.Name, m.Name)
	}
	return m, err
}
