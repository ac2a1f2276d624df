package main

import (
	"context"
	"path/filepath"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// demonstrateOnce shows the job in the terminal, once for a checkout.
func (l *launcher) demonstrateOnce(ctx context.Context) error {
	const name = "notebooks/demonstration"
	waiting := func(p fetch.Progress) {
		if !p.Finished { // it speaks for itself
			p.What = "demonstration"
			l.report(p)
		}
	}
	_, err := fetch.Once(ctx, name, stamp(l.root), waiting, func(string) error {
		return demonstrate(ctx, l.out, filepath.Join(l.root, "notebooks", "runs", "demonstration"))
	})
	return err
}
