package datasettest

import (
	"strings"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Moods is a task of two classes with 12 texts each: of bad and of good films. The texts have three to six words. The
// same texts are for training and for testing.
func Moods() *datasets.Dataset {
	adjectives := [2]string{"bad awful dull cold sad cruel", "good great fine warm funny kind"}
	d := &datasets.Dataset{Info: datasets.Info{Name: "moods", Title: "Moods", Modality: taxonomy.Text, Classes: []string{"negative", "positive"}}}
	for i := range 24 {
		of := strings.Fields(adjectives[i%2])
		one, other := of[i/2%6], of[(i/2+1+i/12)%6]
		text := []string{"the film was " + one, one + " and " + other + " plot", "a very " + one + " film so " + other}[i/2%3]
		d.Train = append(d.Train, datasets.Sample{Text: text, Label: int32(i % 2)})
	}
	d.Test = d.Train
	return d
}
