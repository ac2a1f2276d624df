//go:build !linux

package backend

// TuneMemory does nothing here: it is glibc that it sets.
func TuneMemory() {}
