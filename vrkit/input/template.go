package input

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// Template puts each text into a written prompt (prompt instruction; docs/methods.md 1.7). It learns nothing.
type Template struct {
	// Text is the prompt, with Place once, where the sample's text goes; "" is the text alone.
	Text string `json:"template" usage:"template: the file of the written prompt, with {x} where the text goes; or the prompt itself, with \\n for a new line"`
	// Most is the most words that are taken of a sample's text, from its beginning; 0 takes all.
	Most int `json:"most,omitempty" usage:"template: the most words that are taken of a text; 0 takes all"`
}

// Place stands in a template where a sample's text goes.
const Place = "{x}"

// Name is "template".
func (Template) Name() string { return "template" }

// Coordinates are fixed, at the input, concatenative.
func (Template) Coordinates() taxonomy.Coordinates {
	return taxonomy.Coordinates{Format: taxonomy.Fixed, Location: taxonomy.Input, Operator: taxonomy.Concatenative}
}

// maxTemplate bounds a template in bytes. No model reads a longer one.
const maxTemplate = 1 << 16

// Check returns what is wrong for any model.
func (t Template) Check() error {
	text := cmp.Or(t.Text, Place)
	switch {
	case len(text) > maxTemplate:
		return registry.Wrong("template", "a template has at most %d bytes, not %d", maxTemplate, len(text))
	case !utf8.ValidString(text):
		return registry.Wrong("template", "the template is no UTF-8 text: save it as UTF-8")
	case strings.Count(text, Place) != 1:
		return registry.Wrong("template", "a template has %s once, where the text goes, and %.60q has it %d times", Place, text, strings.Count(text, Place))
	case t.Most < 0:
		return registry.Wrong("most", "a template takes 1 or more words of a text, or with 0 all, not %d", t.Most)
	}
	return nil
}

// Fit returns a manipulation of texts, without hooks.
func (t Template) Fit(m models.Info) (Fitted, error) {
	if m.Modality != taxonomy.Text {
		return Fitted{}, fmt.Errorf("template writes around a text, and %s reads a %s: take another input, or a language model", m.Name, m.Modality)
	}
	before, after, _ := strings.Cut(cmp.Or(t.Text, Place), Place)
	return Fitted{Compose: func(text string) string { return before + firstWords(text, t.Most) + after }}, t.Check()
}

// Trainable is 0.
func (Template) Trainable(models.Info) int { return 0 }

// firstWords are the first words of a text, as it has them; 0 stands for all.
func firstWords(text string, most int) string {
	if most == 0 {
		return text
	}
	words, inside := 0, false
	for at, r := range text {
		blank := unicode.IsSpace(r)
		if inside && blank && words == most {
			return text[:at]
		}
		if !inside && !blank {
			words++
		}
		inside = !blank
	}
	return text
}
