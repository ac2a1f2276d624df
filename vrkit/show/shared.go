package show

import (
	"fmt"
	"image"
	"image/color"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// SharedMasks shows the mask m of programs that add the same prompt to every image: white where the prompt changes the
// frozen model's input, black elsewhere.
func SharedMasks(programs []*vrkit.Compiled, caption string) error {
	return drawn(sharedMasksFigure(programs, caption))("masks")
}

func sharedMasksFigure(programs []*vrkit.Compiled, caption string) (figure.Figure, error) {
	var tiles []figure.Tile
	for _, program := range programs {
		mask, reached, err := sharedMask(program)
		if err != nil {
			return figure.Figure{}, err
		}
		pixels := mask.Rect.Dx() * mask.Rect.Dy()
		note := fmt.Sprintf("%.0f %% of the pixels", 100*float64(reached)/float64(pixels))
		tiles = append(tiles, figure.Tile{Image: mask, Title: program.Input.Name(), Note: note})
	}
	return figure.Grid(tiles, 0, caption)
}

// sharedMask computes the mask by the program itself: it is 1 where a prompt of ones gives another input than a prompt
// of zeros. It also counts those pixels, and restores the program's prompt.
func sharedMask(program *vrkit.Compiled) (mask *image.Gray, reached int, err error) {
	if _, own := program.Input.(input.Masked); own {
		return nil, 0, fmt.Errorf("show: %s makes a mask for every image, so that it has none for all of them", program.Input.Name())
	}
	if err := program.Initialise(); err != nil {
		return nil, 0, err
	}
	before, err := program.Learned()
	if err != nil {
		return nil, 0, err
	}
	side := program.SideOrDefault()
	values := make([]float32, side*side*3)
	seen := func() ([]float32, error) {
		prompt := tensors.FromFlatDataAndDimensions(values, side, side, 3)
		l := vrkit.Learned{Variables: map[string]*tensors.Tensor{input.PromptVariable: prompt}, Mapping: before.Mapping}
		if err := program.Use(l); err != nil {
			return nil, err
		}
		return program.Inputs(make([]uint8, program.ImageSide()*program.ImageSide()*3))
	}
	zeros, err := seen()
	if err != nil {
		return nil, 0, err
	}
	for i := range values {
		values[i] = 1
	}
	ones, err := seen()
	if err != nil {
		return nil, 0, err
	}
	mask = image.NewGray(image.Rect(0, 0, side, side))
	for i := range side * side {
		if ones[3*i] != zeros[3*i] {
			mask.SetGray(i%side, i/side, color.Gray{Y: 255})
			reached++
		}
	}
	return mask, reached, program.Use(before)
}

// Prompts shows the prompts of runs side by side on one scale, named by their input manipulations. They must be added
// to normalised values, as watermarks are, and have the same side.
func Prompts(caption string, all ...*runs.Run) error {
	return drawn(promptsFigure(caption, all...))("prompts")
}

func promptsFigure(caption string, all ...*runs.Run) (figure.Figure, error) {
	var prompts []figure.NamedPrompt
	side := 0
	for _, run := range all {
		if !run.Program.ActsAt(models.Normalised) {
			return figure.Figure{}, fmt.Errorf("show: %s does not add its prompt to normalised values; show it alone", run.Program.Input.Name())
		}
		values, err := run.Prompt()
		if err != nil {
			return figure.Figure{}, err
		}
		side = run.Program.SideOrDefault()
		prompts = append(prompts, figure.NamedPrompt{Name: run.Program.Input.Name(), Values: values})
	}
	return figure.Prompts(prompts, side, caption)
}
