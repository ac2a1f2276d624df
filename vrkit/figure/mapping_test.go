package figure_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleMapping() {
	omega := []float32{ // [4 sources, 2 targets], columns of sum 1
		.7, 0,
		.3, .1,
		0, .5,
		0, .4,
	}
	f, err := figure.Mapping(omega, []string{"sundial", "hook", "doughnut", "ring"}, []string{"seven", "zero"}, 2,
		"Round things stand for zero.")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Width, f.Caption)
	// Output: 456 Round things stand for zero.
}

// votes returns a made-up mapping in which the sources s with s mod K near t
// stand for target t. Its columns have sum 1.
func votes(S, K int) (omega []float32, sources, targets []string) {
	omega = make([]float32, S*K)
	for t := range K {
		sum := float32(0)
		for s := range S {
			w := float32(0)
			if d := (s - t + K) % K; d < 2 && (s*7+t)%3 != 0 {
				w = 1 / (1 + float32(d)*3 + float32(s)/float32(K))
			}
			omega[s*K+t] = w
			sum += w
		}
		for s := range S {
			omega[s*K+t] /= sum
		}
	}
	for s := range S {
		sources = append(sources, []string{"crane", "black-and-tan coonhound", "sundial", "American Staffordshire terrier", "hook"}[s%5])
	}
	for t := range K {
		targets = append(targets, []string{"20 speed", "no overtaking general", "attention deer", "stop", "end of the prohibition of overtaking"}[t%5])
	}
	return omega, sources, targets
}

func TestMapping(t *testing.T) {
	omega, sources, _ := votes(60, 10)
	f, err := figure.Mapping(omega, sources, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, 2, "The outlined stairs are the sources that vote for a digit most.")
	golden(t, "mapping", f, err)
	// As many targets as GTSRB has signs.
	omega, sources, targets := votes(430, 43)
	f, err = figure.Mapping(omega, sources, targets, 1, "Names of many columns stand upright.")
	golden(t, "mapping_43", f, err)
}

func TestMappingOfOneSourceEach(t *testing.T) {
	omega := make([]float32, 100*43)
	_, sources, targets := votes(100, 43)
	for target := range 43 {
		omega[2*target*43+target] = 1
	}
	f, err := figure.Mapping(omega, sources, targets, 3, "")
	require.NoError(t, err)
	proper(t, f)
	// More targets than a card has room for.
	omega, sources, targets = votes(200, 100)
	f, err = figure.Mapping(omega, sources, targets, 1, "")
	require.NoError(t, err)
	proper(t, f)
}

func TestMappingErrors(t *testing.T) {
	two := []string{"a", "b"}
	_, err := figure.Mapping(make([]float32, 3), two, two, 1, "")
	require.ErrorContains(t, err, "3 weights is not 2 sources × 2 targets")
	_, err = figure.Mapping(make([]float32, 4), two, two, 1, "")
	require.ErrorContains(t, err, "zero everywhere")
	_, err = figure.Mapping([]float32{1, 0, 0, -1}, two, two, 1, "")
	require.ErrorContains(t, err, `weight -1 from "b" to "b"`)
	_, err = figure.Mapping([]float32{1, 0, 0, float32(math.Inf(1))}, two, two, 1, "")
	require.ErrorContains(t, err, "+Inf at position 3")
	_, err = figure.Mapping([]float32{1, 0, 0, 1}, two, two, 0, "")
	require.ErrorContains(t, err, "1 or more")
}
