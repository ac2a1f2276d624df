package show

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/figure"
	"github.com/vrkit-go/reprogram/vrkit/input"
)

// Masks shows what a program that makes a mask for every image does with pixels, uint8 RGB
// [n,image,image,3] with n from 1 to 6 and image the program's image side: the image, its mask, δ ⊙ mask,
// and the input of the frozen model, in a row below the image's name.
func Masks(program *vrkit.Compiled, pixels []uint8, names []string, caption string) error {
	return drawn(MasksFigure(program, pixels, names, caption))("masks")
}

// MasksFigure returns the figure of Masks.
func MasksFigure(program *vrkit.Compiled, pixels []uint8, names []string, caption string) (figure.Figure, error) {
	samples, err := maskedSamples(program, pixels, names)
	if err != nil {
		return figure.Figure{}, err
	}
	return figure.Masks(samples, caption)
}

// MasksOf shows what several programs of one side make of one picture, uint8 RGB [image,image,3]: a row as
// Masks has it for each of 1 to 6 programs, by their names, all on one scale.
func MasksOf(programs []*vrkit.Compiled, pixels []uint8, names []string, caption string) error {
	return drawn(masksOfFigure(programs, pixels, names, caption))("masks")
}

func masksOfFigure(programs []*vrkit.Compiled, pixels []uint8, names []string, caption string) (figure.Figure, error) {
	if len(names) != len(programs) {
		return figure.Figure{}, fmt.Errorf("show: %d names for %d programs", len(names), len(programs))
	}
	var rows figure.MaskedSamples
	for i, program := range programs {
		row, err := maskedSamples(program, pixels, names[i:i+1])
		if err != nil {
			return figure.Figure{}, err
		}
		rows.Side = row.Side
		rows.Names = append(rows.Names, names[i])
		rows.Images, rows.Masks = append(rows.Images, row.Images...), append(rows.Masks, row.Masks...)
		rows.Added, rows.Inputs = append(rows.Added, row.Added...), append(rows.Inputs, row.Inputs...)
	}
	return figure.Masks(rows, caption)
}

// maskedSamples computes what the figure shows. δ ⊙ mask is in the manipulation's space, for SMM in
// deviations of the model's normalisation; where no δ is learned (SMM's ablation "mask"), it is the mask.
func maskedSamples(program *vrkit.Compiled, pixels []uint8, names []string) (figure.MaskedSamples, error) {
	s := figure.MaskedSamples{Names: names, Side: program.SideOrDefault()}
	var err error
	if s.Masks, err = program.Masks(pixels); err != nil {
		return s, err
	}
	size := s.Side * s.Side * 3
	switch {
	case len(s.Masks) != len(names)*size:
		return s, fmt.Errorf("show: %d names for %d pictures", len(names), len(s.Masks)/size)
	case program.ImageSide() != s.Side:
		return s, errors.New("show: a mask can only be shown beside images of the model's own side")
	}
	if s.Inputs, err = program.Inputs(pixels); err != nil {
		return s, err
	}
	s.Images = make([]float32, len(pixels))
	for i, v := range pixels {
		s.Images[i] = float32(v) / 255
	}
	s.Added = slices.Clone(s.Masks)
	learned, err := program.Learned()
	if err != nil {
		return s, err
	}
	if prompt, ok := learned.Variables[input.PromptVariable]; ok {
		// Not Inputs − Images: rounding would hide that a δ of 0 adds exactly nothing.
		delta, err := tensors.CopyFlatData[float32](prompt)
		if err != nil {
			return s, err
		}
		for i := range s.Added {
			s.Added[i] *= delta[i%size]
		}
	}
	return s, nil
}
