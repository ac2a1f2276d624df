//go:build cgo && !noblocks && !asan && !msan

package backend

// Blocks is for tests that open XLA by package backendtest, which imports this package.
var Blocks = blocks
