//go:build !(linux && amd64)

package backend

// cuda lists the places of CUDA plugins: they are made for linux/amd64 only.
func cuda() []candidate { return nil }
