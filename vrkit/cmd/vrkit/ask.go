package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
	"github.com/vrkit-go/reprogram/vrkit/terminal"
)

// ask lets a frozen language model continue a text, and prints the likeliest next tokens.
func ask(ctx context.Context, c *call) error {
	var (
		name    = c.String("model", "smollm2-135m", "the frozen language model")
		weights = c.weightsFlag()
		text    = c.String("text", "", "the text to continue, taken as it is (required)")
		top     = c.Int("top", 5, "how many of the likeliest next tokens to print")
		g       vrkit.Generation
		stop    = c.String("stop", "", "stop before this text comes; \\n is a new line")
		device  = c.String("device", "auto", "the device that computes: "+strings.Join(backend.Devices, ", "))
	)
	c.IntVar(&g.Tokens, "tokens", 20, "by how many tokens to continue the text at most; 0 prints only the likeliest")
	c.Float64Var(&g.Temperature, "temperature", 0, "draw the tokens, the more evenly the larger the number; 0 takes the likeliest")
	c.Uint64Var(&g.Seed, "seed", 0, "of the draws")
	if err := c.parse(); err != nil {
		return err
	}
	if *stop != "" {
		g.Stop = []string{strings.ReplaceAll(*stop, `\n`, "\n")}
	}
	switch {
	case *text == "":
		return errors.New("needs a text: -text \"The capital of France is\"")
	case *top < 1:
		return fmt.Errorf("-top must be at least 1, not %d", *top)
	}
	info, err := models.Named(*name)
	if err == nil && info.Modality != taxonomy.Text {
		err = fmt.Errorf("%s reads pictures: take vrkit logits, or a language model, such as smollm2-135m", info.Name)
	}
	if err := errors.Join(err, g.Check(), checkDevice(*device)); err != nil {
		return err
	}
	report := fetch.Terminal(c.stderr)
	frozen, err := models.OpenWeights(ctx, *name, *weights, report)
	if err != nil {
		return err
	}
	engine, _, err := c.open(ctx, *device, report)
	if err != nil {
		return err
	}
	language, err := vrkit.CompileLanguage(engine, frozen)
	if err != nil {
		return err
	}
	defer language.Finalize()
	var heard func(string)
	if !*c.json && g.Tokens > 0 {
		fmt.Fprint(c.stdout, terminal.Escape(*text))
		heard = func(piece string) { fmt.Fprint(c.stdout, escapeLines(piece)) }
	}
	began := time.Now() // also of reading the text
	said, err := language.Continue(ctx, *text, g, heard)
	if err != nil {
		return err
	}
	took := time.Since(began)
	guesses, err := vrkit.Likeliest(said.Logits, frozen.Labels, *top)
	if err != nil {
		return err
	}
	type token struct {
		ID          int     `json:"id"`
		Token       string  `json:"token"`
		Logit       float32 `json:"logit"`
		Probability float64 `json:"p"`
	}
	answer := struct {
		Next []token `json:"next"`
		Text string  `json:"text"`
	}{Text: said.Text}
	for _, guess := range guesses {
		answer.Next = append(answer.Next, token{guess.Index, guess.Label, said.Logits[guess.Index], guess.Probability})
	}
	return c.print(answer, func(w io.Writer) {
		if heard != nil {
			fmt.Fprintf(w, "\n\n%d tokens in %.1f s. The likeliest after the given text:\n", said.Tokens, took.Seconds())
		}
		for _, t := range answer.Next {
			fmt.Fprintf(w, "%5.1f %%  %6d  %-16q logit %.4f\n", 100*t.Probability, t.ID, t.Token, t.Logit)
		}
	})
}

// escapeLines is a text without control characters, but with its line breaks.
func escapeLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = terminal.Escape(line)
	}
	return strings.Join(lines, "\n")
}
