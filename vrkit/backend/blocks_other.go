//go:build !linux || !cgo || noblocks || asan || msan

package backend

func servesBlocks() bool { return false }
