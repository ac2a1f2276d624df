package figure_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleMappings() {
	flm := []float32{ // [4 sources, 2 targets]
		1, 0,
		0, 0,
		0, 1,
		0, 0,
	}
	blm := []float32{
		.7, 0,
		.3, .1,
		0, .5,
		0, .4,
	}
	f, err := figure.Mappings([]figure.NamedMapping{{"FLM", flm}, {"BLM", blm}},
		[]string{"sundial", "hook", "doughnut", "ring"}, []string{"seven", "zero"}, 2,
		"FLM hears one source for each digit, BLM all that speak for it.")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Width, f.Caption)
	// Output: 456 FLM hears one source for each digit, BLM all that speak for it.
}

// fourMappings returns made-up mappings of growing spread.
func fourMappings(S, K int) (mappings []figure.NamedMapping, sources, targets []string) {
	blm, sources, targets := votes(S, K)
	oneToOne := func(shift int) []float32 {
		omega := make([]float32, S*K)
		for t := range K {
			omega[(t+shift*(t%3))%S*K+t] = 1
		}
		return omega
	}
	// BLM+ leaves out the smaller half of BLM's weights.
	plus := make([]float32, S*K)
	for t := range K {
		sum := float32(0)
		for s := range S {
			if w := blm[s*K+t]; w > .05 {
				plus[s*K+t] = w
				sum += w
			}
		}
		for s := range S {
			plus[s*K+t] /= max(sum, 1e-6)
		}
	}
	return []figure.NamedMapping{{"FLM", oneToOne(0)}, {"ILM", oneToOne(K)}, {"BLM", blm}, {"BLM+", plus}}, sources, targets
}

func TestMappings(t *testing.T) {
	mappings, sources, _ := fourMappings(60, 10)
	f, err := figure.Mappings(mappings, sources, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, 1, "A row is the same source in all four: one-to-one mappings use it once or not at all, BLM shares it out.")
	golden(t, "mappings", f, err)
	f, err = figure.Mappings(append(mappings, figure.NamedMapping{"RLM", mappings[1].Omega}), sources[:60], []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}, 1, "Five mappings of ten targets have just room.")
	golden(t, "mappings_5", f, err)
	mappings, sources, targets := fourMappings(430, 43)
	f, err = figure.Mappings(mappings[1:3], sources, targets, 1, "Of 43 targets, 24 have room.")
	golden(t, "mappings_43", f, err)
}

func TestMappingsOfManySizes(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many figures are drawn")
	}
	for _, K := range []int{2, 5, 43} {
		all, sources, targets := fourMappings(100, K)
		all = append(all, all[0], all[2])
		for n := 2; n <= 6; n += 2 {
			f, err := figure.Mappings(all[:n], sources, targets, 2, "")
			require.NoError(t, err)
			proper(t, f)
		}
	}
}

func TestMappingsErrors(t *testing.T) {
	two := []string{"a", "b"}
	good, zero := figure.NamedMapping{"ILM", []float32{1, 0, 0, 1}}, figure.NamedMapping{"BLM", make([]float32, 4)}
	_, err := figure.Mappings([]figure.NamedMapping{good}, two, two, 1, "")
	require.ErrorContains(t, err, "1 mappings")
	_, err = figure.Mappings([]figure.NamedMapping{good, zero}, two, two, 1, "")
	require.NoError(t, err)
	_, err = figure.Mappings([]figure.NamedMapping{zero, zero}, two, two, 1, "")
	require.ErrorContains(t, err, "zero everywhere")
	_, err = figure.Mappings([]figure.NamedMapping{good, {"BLM", make([]float32, 3)}}, two, two, 1, "")
	require.ErrorContains(t, err, `3 weights is not 2 sources × 2 targets`)
	require.ErrorContains(t, err, `in the mapping "BLM"`)
}
