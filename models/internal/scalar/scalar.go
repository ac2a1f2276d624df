// Package scalar reads the number types of weight files as float32.
package scalar

import (
	"encoding/binary"
	"math"

	"github.com/gomlx/compute/dtypes/bfloat16"
	"github.com/gomlx/compute/dtypes/float16"
)

// Kind is a number type, little-endian: the bytes of one number, and how to read it.
type Kind struct {
	Size int
	Read func(raw []byte) float32
}

// The supported kinds. Float64, and integers beyond 2²⁴, are rounded to float32.
var (
	Float64  = &Kind{8, func(b []byte) float32 { return float32(math.Float64frombits(binary.LittleEndian.Uint64(b))) }}
	Float32  = &Kind{4, func(b []byte) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b)) }}
	Float16  = &Kind{2, func(b []byte) float32 { return float16.FromBits(binary.LittleEndian.Uint16(b)).Float32() }}
	BFloat16 = &Kind{2, func(b []byte) float32 { return bfloat16.FromBits(binary.LittleEndian.Uint16(b)).Float32() }}
	Int64    = &Kind{8, func(b []byte) float32 { return float32(int64(binary.LittleEndian.Uint64(b))) }}
	Int32    = &Kind{4, func(b []byte) float32 { return float32(int32(binary.LittleEndian.Uint32(b))) }}
	Int16    = &Kind{2, func(b []byte) float32 { return float32(int16(binary.LittleEndian.Uint16(b))) }}
	Int8     = &Kind{1, func(b []byte) float32 { return float32(int8(b[0])) }}
	Uint8    = &Kind{1, func(b []byte) float32 { return float32(b[0]) }}
)

// Append reads all numbers of raw and appends them to values. The length of raw must be a multiple of Size.
func (k *Kind) Append(values []float32, raw []byte) []float32 {
	for ; len(raw) > 0; raw = raw[k.Size:] {
		values = append(values, k.Read(raw))
	}
	return values
}
