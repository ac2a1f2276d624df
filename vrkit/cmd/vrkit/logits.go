package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// logits runs the frozen model, without a program, on a picture.
func logits(ctx context.Context, c *call) error {
	var (
		name    = c.String("model", "squeezenet1.1", "the frozen model; onnx:FILE is an ONNX file of your own")
		weights = c.weightsFlag()
		image   = c.String("image", "", "the picture: "+datasets.Formats+" (required)")
		side    = c.Int("side", 0, "side of the model's input in pixels; 0 takes the one that its weights were measured at. The picture is prepared as they were measured, in proportion to the side")
		raw     = c.Bool("raw", false, "take the picture's pixels as they are, at its own size")
		top     = c.Int("top", 5, "how many of the likeliest source labels to print")
		to      = c.String("npy", "", "write all logits to this .npy file, float32 [S]")
		device  = c.String("device", "auto", "the device that computes: "+strings.Join(backend.Devices, ", "))
	)
	if err := c.parse(); err != nil {
		return err
	}
	info, err := models.Named(*name)
	if err != nil {
		return err
	}
	if info.Modality != taxonomy.Picture {
		return fmt.Errorf("%s reads a %s, and logits takes a picture: take vrkit ask, or a model of pictures", info.Name, info.Modality)
	}
	switch {
	case *image == "":
		return errors.New("needs a picture: -image FILE")
	case *raw && *side != 0:
		return errors.New("-side and -raw exclude each other: -raw takes the picture at its own size")
	case *top < 1:
		return fmt.Errorf("-top must be at least 1, not %d", *top)
	}
	if err := checkDevice(*device); err != nil {
		return err
	}
	sides, prepared := info.Sides, "taken as it is"
	*side = cmp.Or(*side, info.Prepared.Crop, sides.Max, 224)
	if *raw {
		sides.Multiple = 1
	} else if err := sides.Check(info.Name, *side); err != nil {
		return err
	}
	picture, err := datasets.ReadImage(*image)
	if err != nil {
		return err
	}
	if *raw {
		if picture.Height != picture.Width {
			return fmt.Errorf("%s has %d×%d pixels: -raw takes square pictures", *image, picture.Width, picture.Height)
		}
		*side = picture.Width
		if *side < sides.Min {
			return fmt.Errorf("%s has %d×%d pixels: %s takes at least %d×%d", *image, *side, *side, info.Name, sides.Min, sides.Min)
		}
	}
	pixels := picture.Resized(*side)
	if !*raw {
		pixels, prepared = prepare(picture, info.Prepared, *side)
	}
	// The flags and the picture are checked before anything is fetched.
	report := fetch.Terminal(c.stderr)
	frozen, err := models.OpenWeights(ctx, *name, *weights, report)
	if err != nil {
		return err
	}
	frozen.Sides = sides
	engine, _, err := c.open(ctx, *device, report)
	if err != nil {
		return err
	}
	fmt.Fprintf(c.stderr, "the picture, %s\n", prepared)
	bare, err := vrkit.CompileModel(engine, frozen)
	if err != nil {
		return err
	}
	defer bare.Finalize()
	values, err := bare.Logits(pixels, *side)
	if err != nil {
		return fmt.Errorf("%s: %w", *image, err)
	}
	guesses, err := vrkit.Likeliest(values, frozen.Labels, *top)
	if err != nil {
		return err
	}
	if *to != "" {
		if err := saveArray(*to, values, len(values)); err != nil {
			return err
		}
	}
	type answer struct {
		Source      int     `json:"source"`
		Label       string  `json:"label"`
		Logit       float32 `json:"logit"`
		Probability float64 `json:"probability"`
	}
	var answers []answer
	for _, g := range guesses {
		answers = append(answers, answer{g.Index, g.Label, values[g.Index], g.Probability})
	}
	return c.print(answers, func(w io.Writer) {
		for _, a := range answers {
			fmt.Fprintf(w, "%5.1f %%  %4d  %-30s logit %.4f\n", 100*a.Probability, a.Source, a.Label, a.Logit)
		}
	})
}

// prepare makes a picture the input of a model with this side, as for the measurement of its weights, and says how.
func prepare(picture datasets.Image, measured models.Preparation, side int) (pixels []uint8, how string) {
	if measured == (models.Preparation{}) {
		how = fmt.Sprintf("its middle square resized to %d×%d, which may not be how pictures were prepared when the weights were measured", side, side)
		return picture.Square().Resized(side), how
	}
	p := measured.At(side)
	how = fmt.Sprintf("its shorter side resized to %d pixels, the middle %d×%d of it", p.Resize, p.Crop, p.Crop)
	if p == measured {
		how += ", as the weights were measured"
	} else {
		how += fmt.Sprintf(", in proportion to the %d and %d at which the weights were measured", measured.Resize, measured.Crop)
	}
	return picture.Prepare(p.Resize, p.Crop), how
}
