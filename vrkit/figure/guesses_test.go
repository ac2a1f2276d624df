package figure_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/figure"
)

func ExampleGuesses() {
	photo := figure.RGB8(make([]uint8, 64*64*3), 64, 64)
	f, err := figure.Guesses(photo, "SqueezeNet says", []figure.Guess{
		{Name: "espresso", Value: .91},
		{Name: "cup", Value: .04},
	}, "The frozen model is sure of a class that it knows.")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Width, f.Caption)
	// Output: 816 The frozen model is sure of a class that it knows.
}

func TestGuesses(t *testing.T) {
	f, err := figure.Guesses(picture(56, 56), "What a frozen model says of this picture", []figure.Guess{
		{"espresso", .9996}, {"black-and-tan coonhound", .25}, {"a name that is by far too long for the room there is for it", .03}, {"cup", .0004}, {"hook", 0},
	}, "The first bar is the answer.")
	golden(t, "guesses", f, err)
}

func TestGuessesErrors(t *testing.T) {
	one := []figure.Guess{{"cup", .5}}
	_, err := figure.Guesses(nil, "title", one, "")
	require.ErrorContains(t, err, "no image")
	_, err = figure.Guesses(picture(2, 2), "title", nil, "")
	require.ErrorContains(t, err, "0 guesses")
	_, err = figure.Guesses(picture(2, 2), "", one, "")
	require.ErrorContains(t, err, "title")
	for _, value := range []float64{-1, 35.6, math.NaN()} {
		_, err = figure.Guesses(picture(2, 2), "title", []figure.Guess{{"cup", value}}, "")
		require.ErrorContains(t, err, "softmax")
	}
}

func ExampleVotes() {
	boot := figure.RGB8(make([]uint8, 28*28*3), 28, 28)
	f, err := figure.Votes(boot, "Who votes for ankle boot", []figure.Guess{{"hatchet", .071}, {"cowboy boot", .064}}, .08,
		"Two of many.")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f.Width, f.Caption)
	// Output: 816 Two of many.
}

func TestVotes(t *testing.T) {
	votes := []figure.Guess{{"bell or wind chime", .113}, {"syringe", .09}, {"bolo tie", .04}, {"crane", 0}}
	f, err := figure.Votes(picture(28, 28), "Who votes for Trouser", votes, .12, "The largest ω of this column.")
	golden(t, "votes", f, err)
	_, err = figure.Votes(picture(28, 28), "Who votes?", votes, .1, "")
	require.ErrorContains(t, err, `vote "bell or wind chime" of 0.113 is beyond the end of the scale, 0.1`)
	_, err = figure.Votes(picture(28, 28), "Who votes?", votes, 100, "")
	require.ErrorContains(t, err, "at most at 1")
}
