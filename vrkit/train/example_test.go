package train_test

import (
	"context"
	"fmt"

	"github.com/janpfeifer/must"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// A frozen ImageNet classifier learns to read digits, in ten lines.
func Example() {
	ctx := context.Background()
	engine, info := must.M2(backend.Open(ctx, backend.Options{}))
	result := must.M1(train.Train(ctx, train.Config{
		Program: vrkit.Program{
			Input:  input.Padding{Image: 64},
			Model:  must.M1(models.Open(ctx, "squeezenet1.1", nil)),
			Output: output.BLM{Lambda: 1},
		},
		Data:    must.M1(datasets.Load(ctx, "mnist", datasets.Sizes{Train: 1000, Test: 1000}, nil)),
		Backend: engine, Engine: info, Run: "runs/digits", Epochs: 4, Batch: 50,
		Recipe: train.AdamAt(.05), Schedule: train.Exact,
	}))
	fmt.Println(result.First().TestAccuracy, "→", result.Last().TestAccuracy)
}

// A frozen language model learns to tell good film reviews from bad ones: ten learned tokens stand before a written
// prompt, and two words are its answer.
func Example_language() {
	ctx := context.Background()
	engine, info := must.M2(backend.Open(ctx, backend.Options{}))
	result := must.M1(train.Train(ctx, train.Config{
		Program: vrkit.Program{
			Input:  input.Chain{input.Template{Text: "{x} All in all, it was"}, input.Soft{Tokens: 10}},
			Model:  must.M1(models.Open(ctx, "smollm2-135m", nil)),
			Output: output.Words{Words: "terrible;great"},
		},
		Data:    must.M1(datasets.Load(ctx, "movie-snippets", datasets.Sizes{Train: 400, Test: 400}, nil)),
		Backend: engine, Engine: info, Run: "runs/reviews", Epochs: 3, Batch: 16, Recipe: train.AdamAt(.005),
	}))
	fmt.Println(result.First().TestAccuracy, "→", result.Last().TestAccuracy)
}
