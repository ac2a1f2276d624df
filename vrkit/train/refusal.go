package train

import (
	"fmt"
	"slices"
	"strings"
)

// refuse is the error of a run that was trained with other settings: differences are those of the manifests.
func refuse(run string, differences []string) error {
	return fmt.Errorf("%s was trained differently (%s): choose another name, or delete %s", run, strings.Join(chosen(differences), "; "), run)
}

// spoken translates some keys of a manifest to the user's words.
var spoken = map[string]string{"data.train": "images", "data.val": "validation images", "data.test": "test images"}

// following lists keys of a manifest whose values follow from other keys.
var following = []string{"data.sha256", "coordinates.", "model.trainable_values", "model.output_trainable_values"}

// chosen returns the differences that a user chose. It leaves out those that follow from others, unless there are no
// others.
func chosen(differences []string) (said []string) {
	for _, d := range differences {
		key, values, _ := strings.Cut(d, ": ")
		if slices.ContainsFunc(following, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
			continue
		}
		if words, ok := spoken[key]; ok {
			d = words + ": " + values
		}
		if key == "data.train" { // what users change most often comes first
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
