// Package backendtest opens the backend for tests: the project's own, found or installed by package backend.
package backendtest

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/gomlx/compute"

	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/fetch/fetchtest"
)

// opened is the process's XLA backend, or the reason why there is none.
var opened = sync.OnceValues(func() (compute.Backend, error) {
	b, info, err := backend.Open(context.Background(), backend.Options{
		Report:  fetch.Terminal(os.Stderr),
		Offline: testing.Short(),
	})
	if err == nil && info.Pure {
		b.Finalize()
		return nil, errPure
	}
	return b, err
})

var errPure = errors.New(compute.ConfigEnvVar + " asks for the pure-Go backend")

// pureGo is the process's pure-Go backend.
var pureGo = sync.OnceValues(func() (compute.Backend, error) { return compute.NewWithConfig("go") })

// XLA returns the XLA backend, opened once a process. Under -short nothing is fetched: if there is none, it is
// [fetchtest.Missing].
func XLA(t testing.TB) compute.Backend {
	t.Helper()
	b, err := opened()
	switch {
	case err == nil:
	case testing.Short() || errors.Is(err, errPure):
		fetchtest.Missing(t, "needs XLA: %v", err)
	default:
		t.Fatalf("needs XLA: %v", err)
	}
	return b
}

// Any is like [XLA], but if XLA is missing on a person's machine it returns the pure-Go backend, and logs that. It is
// for tests of tiny nets.
func Any(t testing.TB) compute.Backend {
	t.Helper()
	b, err := opened()
	if err == nil {
		return b
	}
	if fetchtest.CI || !testing.Short() && !errors.Is(err, errPure) {
		t.Fatalf("needs XLA: %v", err)
	}
	t.Logf("on the pure-Go backend: %v", err)
	if b, err = pureGo(); err != nil {
		t.Fatal(err)
	}
	return b
}
