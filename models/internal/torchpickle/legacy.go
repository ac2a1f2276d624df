package torchpickle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"

	"github.com/nlpodyssey/gopickle/types"
)

// legacyMagic is the integer in the first pickle of a legacy file.
var legacyMagic, _ = new(big.Int).SetString("1950a86a20f9469cfc6c", 16)

// readLegacy reads the legacy format: five pickles one after the other (magic number, protocol, facts on the machine, the
// value, the storages' keys), and then each storage: its length, int64, and its values.
func readLegacy(data []byte) (any, error) {
	found := storages{}
	reader := found.reader()
	first, rest, err := reader.Load(data)
	if magic, ok := first.(*big.Int); err != nil || !ok || magic.Cmp(legacyMagic) != 0 {
		return nil, errors.New("not a file of PyTorch's: neither the zip nor the legacy format")
	}
	var parts [4]any
	for i := range parts {
		if parts[i], rest, err = reader.Load(rest); err != nil {
			return nil, fmt.Errorf("part %d of 5: %w", i+2, err)
		}
	}
	if parts[0] != 1001 {
		return nil, errors.New("the file has an unknown version of PyTorch's legacy format")
	}
	if err := checkOrder(parts[1]); err != nil {
		return nil, err
	}
	keys, ok := parts[3].(*types.List)
	if !ok {
		return nil, errors.New("the file does not list its storages")
	}
	for _, item := range *keys {
		key, _ := item.(string)
		s, ok := found[key]
		switch {
		case !ok || s.found:
			return nil, fmt.Errorf("the file lists a storage %.40q that no tensor uses, or lists it twice", key)
		case len(rest) < 8 || binary.LittleEndian.Uint64(rest) != uint64(s.count):
			return nil, fmt.Errorf("storage %.40q is cut off or has another length", key)
		case len(rest)-8 < s.count*s.Size:
			return nil, fmt.Errorf("storage %.40q is cut off", key)
		}
		s.raw, s.found = rest[8:8+s.count*s.Size], true
		rest = rest[8+len(s.raw):]
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes follow the last storage", len(rest))
	}
	return parts[2], nil
}

// checkOrder returns an error unless the machine that wrote the file was little-endian, as nearly all machines are.
func checkOrder(facts any) error {
	dict, ok := facts.(*types.Dict)
	if !ok {
		return errors.New("the file does not say on which kind of machine it was written")
	}
	for _, fact := range *dict {
		if fact.Key == "little_endian" && fact.Value == true {
			return nil
		}
	}
	return errors.New("the file's values are not little-endian")
}
