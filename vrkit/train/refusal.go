package train

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// refuse is the error of a run that was trained with other settings: before is its record, now what was asked for, and
// differences are how they differ.
func refuse(run string, before, now runs.Manifest, differences []runs.Difference) error {
	if before.Data.SHA256 != now.Data.SHA256 && before.Data.Name != now.Data.Name {
		differences = slices.Insert(slices.Clone(differences), 0, runs.Difference{Path: "data.name", Before: before.Data.Name, Now: now.Data.Name})
	}
	return fmt.Errorf("%s was trained differently (%s): choose another name, or delete %s", run, said(chosen(differences)), run)
}

// following are what a manifest says that follows from the rest: always, or where something else differs, too.
var following = []struct{ prefix, from string }{
	{"coordinates.", ""}, {"model.trainable_values", ""}, {"model.output_trainable_values", ""},
	{"data.sha256", ""}, {"data.classes", "data.name"},
	{"input.settings.", "input.name"}, {"output.settings.", "output.name"}, {"training.schedule", "output.name"},
	{"model.", "model.name"}, {"training.recipe.", "training.recipe.name"},
}

// chosen are the differences that somebody has chosen: what follows from them is left out, unless nothing else is said.
func chosen(differences []runs.Difference) (some []runs.Difference) {
	for _, d := range differences {
		follows := false
		for _, f := range following {
			from := f.from == "" || slices.ContainsFunc(differences, func(other runs.Difference) bool { return other.Path == f.from })
			follows = follows || from && f.from != d.Path && strings.HasPrefix(d.Path, f.prefix)
		}
		for _, group := range []string{"mask", "output"} { // one rate for all that is learned
			if field, ok := strings.CutPrefix(d.Path, "training.recipe."+group+"."); ok {
				follows = follows || slices.Contains(differences, runs.Difference{Path: "training.recipe.prompt." + field, Before: d.Before, Now: d.Now})
			}
		}
		switch {
		case follows:
		case d.Path == "data.train" && len(some) > 0 && some[0].Path != "data.name": // what a user changes first
			some = slices.Insert(some, 0, d)
		default:
			some = append(some, d)
		}
	}
	if len(some) == 0 {
		return differences
	}
	return some
}

// said are differences in the user's words, each once: "batch 8, now 9".
func said(differences []runs.Difference) string {
	var all []string
	for _, d := range differences {
		if d.Before == "true" || d.Now == "true" {
			answer := strings.NewReplacer("true", "yes", "false", "no", "nothing", "no")
			d.Before, d.Now = answer.Replace(d.Before), answer.Replace(d.Now)
		}
		if text := word(d.Path) + " " + d.Before + ", now " + d.Now; !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	return strings.Join(all, "; ")
}

// words are what people call what a manifest says by a dotted path. Settings of a manipulation or an alignment have the
// names of the flags.
var words = map[string]string{
	"input.name": "input", "output.name": "output",
	"model.name": "model", "model.side": "side", "model.precision": "precision", "model.sha256": "weights", "model.sources": "source labels",
	"model.trainable_values": "trainable values of the input", "model.output_trainable_values": "trainable values of the output",
	"data.name": "data set", "data.sha256": "contents of the data set", "data.classes": "classes",
	"data.train": "images", "data.val": "validation samples", "data.test": "test samples",
	"training.batch": "batch", "training.seed": "seed", "training.schedule": "schedule of ω", "training.end_tests": "end-tests",
	"training.recipe.name": "recipe", "training.recipe.optimiser": "optimiser", "training.recipe.momentum": "momentum", "training.recipe.decay": "weight decay",
	"training.recipe.augment.margin": "margin of the augmentation", "training.recipe.augment.flip": "mirroring of the augmentation",
	"engine.backend": "backend", "engine.plugin_sha256": "XLA plugin", "engine.xla_flags": "XLA_FLAGS", "engine.threads": "threads", "engine.devices": "devices",
	"versions.go": "Go",
}

// word is what people call what a manifest says by a dotted path.
func word(path string) string {
	if known, ok := words[path]; ok {
		return known
	}
	for _, prefix := range []string{"input.settings.", "output.settings.", "coordinates.", "versions."} {
		if name, ok := strings.CutPrefix(path, prefix); ok {
			return name
		}
	}
	for group, of := range map[string]string{"prompt": "", "mask": " of the mask generator", "output": " of the output"} {
		if field, ok := strings.CutPrefix(path, "training.recipe."+group+"."); ok {
			return map[string]string{
				"rate": "learning rate", "fall": "learning-rate schedule", "factor": "factor of the learning-rate schedule",
				"at": "steps of the learning-rate schedule", "horizon": "epochs of the learning-rate schedule",
			}[field] + of
		}
	}
	return path
}
