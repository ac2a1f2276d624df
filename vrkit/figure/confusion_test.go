package figure_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleConfusion() {
	f, err := figure.Confusion([]int{ // rows are the true classes
		48, 2, 0,
		0, 50, 0,
		9, 1, 40,
	}, []string{"zero", "one", "six"}, "One is never missed.")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Width, f.Caption)
	// Output: 522 One is never missed. Most often mistaken: six for zero (9 of 50); zero for one (2 of 50); six for one (1 of 50).
}

// answers returns made-up counts of K classes.
func answers(K int) (counts []int, names []string) {
	counts = make([]int, K*K)
	for i := range K {
		counts[i*K+i] = 40 + i*7%31
		counts[i*K+(i*5+3)%K] += i * i % 23
		counts[i*K+(i+1)%K] += i * 3 % 7
		names = append(names, []string{"20 speed", "no overtaking general", "attention deer", "stop", "end of the prohibition of overtaking"}[i%5])
	}
	return counts, names
}

func TestConfusion(t *testing.T) {
	counts, _ := answers(10)
	for j := range 10 {
		counts[70+j] = 0 // no sample of 7
	}
	counts[5*10+2], counts[5*10+5] = 1, 600 // far less than 1 %
	f, err := figure.Confusion(counts, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, "There was no 7 in this test.")
	golden(t, "confusion", f, err)
	counts, names := answers(43)
	f, err = figure.Confusion(counts, names, "As many classes as there are kinds of traffic sign.")
	golden(t, "confusion_43", f, err)
}

func TestConfusionOfManyClasses(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: many figures are drawn")
	}
	for _, K := range []int{2, 3, 5, 16, 20, 27, 48} {
		counts, names := answers(K)
		f, err := figure.Confusion(counts, names, "")
		require.NoError(t, err)
		proper(t, f)
	}
	f, err := figure.Confusion([]int{3, 0, 0, 4}, []string{"a", "b"}, "")
	require.NoError(t, err)
	require.Equal(t, "No sample is taken for one of another class.", f.Caption)
}

func TestConfusionErrors(t *testing.T) {
	two := []string{"a", "b"}
	_, err := figure.Confusion([]int{1}, two[:1], "")
	require.ErrorContains(t, err, "1 classes")
	_, err = figure.Confusion(nil, make([]string, 49), "")
	require.ErrorContains(t, err, "49 classes")
	_, err = figure.Confusion([]int{1, 2, 3}, two, "")
	require.ErrorContains(t, err, "3 counts is not 2 × 2")
	_, err = figure.Confusion([]int{1, 2, -3, 4}, two, "")
	require.ErrorContains(t, err, `-3 samples of "b" taken for "a"`)
	_, err = figure.Confusion(make([]int, 4), two, "")
	require.ErrorContains(t, err, "no sample")
}
