package train

import (
	"fmt"
	"slices"
	"strings"
)

// refuse is the error of a run that was trained with other settings, which the manifests' differences are.
func refuse(run string, differences []string) error {
	return fmt.Errorf("%s was trained differently (%s): choose another name, or delete %s", run, strings.Join(chosen(differences), "; "), run)
}

// spoken says in the user's words what a manifest says by a dotted path.
var spoken = map[string]string{"data.train": "images", "data.val": "validation images", "data.test": "test images"}

// following are what a manifest says that follows from the rest.
var following = []string{"data.sha256", "coordinates.", "model.trainable_values", "model.output_trainable_values"}

// chosen are the differences that somebody has chosen: what follows from them is left out, unless nothing else is said.
func chosen(differences []string) (said []string) {
	for _, d := range differences {
		key, values, _ := strings.Cut(d, ": ")
		if slices.ContainsFunc(following, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
			continue
		}
		if words, ok := spoken[key]; ok {
			d = words + ": " + values
		}
		if key == "data.train" { // what a user changes first
			said = slices.Insert(said, 0, d)
			continue
		}
		said = append(said, d)
	}
	if len(said) == 0 {
		return differences
	}
	return said
}
