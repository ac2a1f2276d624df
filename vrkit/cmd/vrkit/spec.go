package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/datasets"
	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/registry"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// spec has the values of the flags that train and table share.
type spec struct {
	side, epochs, batch, devices        int
	recipe, schedule, augment, protocol string
	batchNorm                           string
	promptRate, maskRate, outputRate    float64
	device, precision                   string
	weights                             *string
	force, history, endTests            bool
	sizes                               datasets.Sizes
	in                                  func(name string) (input.Manipulation, error)
	out                                 func(name string) (output.Alignment, error)
	asked                               map[string]bool // the given flags
}

// specFlags declares the flags.
func (c *call) specFlags() *spec {
	s := &spec{asked: map[string]bool{}}
	c.StringVar(&s.recipe, "recipe", "course", "optimiser, learning rates, augmentation, epochs and batch: "+strings.Join(train.RecipeNames(), ", "))
	c.IntVar(&s.epochs, "epochs", 0, "number of epochs, with those already trained; 0 takes the recipe's")
	c.IntVar(&s.batch, "batch", 0, "samples per step; 0 takes the recipe's")
	c.Float64Var(&s.promptRate, "lr", 0, "learning rate of the prompt, instead of the recipe's; with 0 it stays as it starts: the mapping alone")
	c.Float64Var(&s.maskRate, "lr-mask", 0, "learning rate of SMM's mask generator, instead of the recipe's")
	c.Float64Var(&s.outputRate, "lr-output", 0, "learning rate of a learned output, instead of the recipe's")
	c.StringVar(&s.schedule, "schedule", "", "the ω schedule: fast takes ω's statistics from the training steps of the epoch before, exact from a separate pass (default fast; exact with -protocol paper)")
	c.StringVar(&s.batchNorm, "batchnorm", "", "SMM: the mean and variance of an evaluation: running, as PyTorch moves them in training, or precise, estimated again at the end of each epoch (default running)")
	c.StringVar(&s.augment, "augment", "recipe", "augmentation of training samples: recipe, none, or always, which mirrors even if that changes the class")
	c.StringVar(&s.protocol, "protocol", "honest", "how the reported epoch is chosen: honest, the best on validation, or the last without it; paper, the best on the test set, with the exact ω schedule")
	c.IntVar(&s.side, "side", 0, "side of the model's input in pixels; 0 takes the model's default")
	s.weights = c.weightsFlag()
	c.StringVar(&s.device, "device", "auto", "the device that computes: "+strings.Join(backend.Devices, ", "))
	c.IntVar(&s.devices, "devices", 1, "how many devices share each batch, of those that the backend has")
	c.StringVar(&s.precision, "precision", vrkit.FP32, "precision of the frozen model's computations: "+strings.Join(vrkit.Precisions, ", "))
	c.BoolVar(&s.force, "force", false, "resume under another engine, though the results then don't repeat bit by bit")
	c.BoolVar(&s.endTests, "end-tests", false, "measure the test set before the first and after the last epoch only, to save time")
	c.BoolVar(&s.history, "history", false, "keep the prompt and ω of every epoch")
	c.IntVar(&s.sizes.Train, "train", 1000, "training samples; 0 takes all; without the flag at most 1000")
	c.IntVar(&s.sizes.Val, "val", 0, "validation samples, taken from the training set; the best epoch is chosen on them")
	c.IntVar(&s.sizes.Test, "test", 1000, "test samples; 0 takes all; without the flag at most 1000")
	s.in, s.out = input.Flags(c.FlagSet), output.Flags(c.FlagSet, output.Names()...)
	return s
}

// augmentations are the values of -augment, and protocols those of -protocol.
var (
	augmentations = []string{"recipe", "none", "always"}
	protocols     = []string{"honest", "paper"}
)

// parsed checks the flags; call it after they are parsed.
func (s *spec) parsed(c *call) error {
	c.Visit(func(f *flag.Flag) { s.asked[f.Name] = true })
	if !slices.Contains(augmentations, s.augment) {
		return fmt.Errorf("no augmentation is called %q; known: %s", s.augment, strings.Join(augmentations, ", "))
	}
	if s.asked["template"] {
		text, err := readTemplate(c.Lookup("template").Value.String())
		if err != nil {
			return err
		}
		if err := c.Set("template", text); err != nil {
			return err
		}
	}
	if !slices.Contains(protocols, s.protocol) {
		return fmt.Errorf("no protocol is called %q; known: %s", s.protocol, strings.Join(protocols, ", "))
	}
	return checkDevice(s.device)
}

// readTemplate reads the written prompt of -template: a file's text without its last line break, or the prompt itself if
// it has the place of the text in it.
func readTemplate(given string) (string, error) {
	if strings.Contains(given, input.Place) {
		return strings.ReplaceAll(given, `\n`, "\n"), nil
	}
	info, err := os.Stat(given)
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no regular file")
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(given)
	}
	if err != nil {
		return "", fmt.Errorf("-template: %q has no %s, so that it is a file's name, and the file can't be read: %w", given, input.Place, err)
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), nil
}

// parts are the four names that make a run, together with its flags.
type parts struct {
	Model, Dataset, Input, Output string
	Seed                          uint64
}

// dataSizes returns the sizes of the flags: a default is only a bound.
func (s *spec) dataSizes() datasets.Sizes {
	sizes := s.sizes
	if !s.asked["train"] {
		sizes.Train, sizes.MostTrain = 0, sizes.Train
	}
	if !s.asked["test"] {
		sizes.Test, sizes.MostTest = 0, sizes.Test
	}
	return sizes
}

// inFlags adds to an error about too few images the flags that asked for them.
func (s *spec) inFlags(err error) error {
	if !errors.Is(err, datasets.ErrTooFew) {
		return err
	}
	var asked []string
	for _, flag := range []struct {
		name string
		size int
	}{{"train", s.sizes.Train}, {"val", s.sizes.Val}, {"test", s.sizes.Test}} {
		if s.asked[flag.name] {
			asked = append(asked, fmt.Sprintf("-%s %d", flag.name, flag.size))
		}
	}
	return fmt.Errorf("%s: %w", strings.Join(asked, " "), err)
}

// config is the configuration of these parts in a directory. It checks all that can be checked before anything is
// fetched; the model and the data are not opened yet.
func (s *spec) config(p parts, run string) (train.Config, datasets.Info, error) {
	config := train.Config{
		Run: run, Epochs: s.epochs, Batch: s.batch, Seed: p.Seed,
		Schedule: train.Schedule(s.schedule), BatchNorm: train.BatchNorm(s.batchNorm), Force: s.force, History: s.history, EndTests: s.endTests, Devices: s.devices,
	}
	if s.protocol == "paper" && s.schedule == "" {
		config.Schedule = train.Exact
	}
	fail := func(err error) (train.Config, datasets.Info, error) { return config, datasets.Info{}, err }
	manipulation, err := s.in(p.Input)
	if err != nil {
		return fail(flagged(err))
	}
	alignment, err := s.out(p.Output)
	if err != nil {
		return fail(flagged(err))
	}
	modelInfo, err := models.Named(p.Model)
	if err != nil {
		return fail(err)
	}
	dataInfo, err := datasets.Named(p.Dataset)
	if err != nil {
		return fail(err)
	}
	if config.Recipe, err = s.recipeAsked(); err != nil {
		return fail(err)
	}
	if err := config.Recipe.CheckData(dataInfo, modelInfo); err != nil {
		return fail(err)
	}
	if _, err := s.dataSizes().Of(dataInfo); err != nil {
		return fail(s.inFlags(err))
	}
	config.Program = vrkit.Program{Input: manipulation, Model: &models.Model{Info: modelInfo}, Output: alignment, Side: s.side, Precision: s.precision}
	return config, dataInfo, errors.Join(config.CheckRecipe(), flagged(config.Program.Check()))
}

// flagged puts the name of its flag before an error in a setting: flags and settings have the same names.
func flagged(err error) error {
	if setting := (*registry.SettingError)(nil); errors.As(err, &setting) {
		return fmt.Errorf("-%s: %w", setting.Setting, err)
	}
	return err
}

// recipeAsked returns the named recipe with the given learning rates in place of its own.
func (s *spec) recipeAsked() (train.Recipe, error) {
	recipe, err := train.NamedRecipe(s.recipe)
	for name, group := range map[string]struct {
		of   *train.Group
		rate float64
	}{"lr": {&recipe.Prompt, s.promptRate}, "lr-mask": {&recipe.Mask, s.maskRate}, "lr-output": {&recipe.Output, s.outputRate}} {
		if s.asked[name] {
			group.of.Rate = group.rate
		}
	}
	switch s.augment {
	case "none":
		recipe.Augment = train.Augment{}
	case "always":
		recipe.Augment.Always = true
	}
	return recipe, err
}

// checkDevice returns an error that lists the devices if there is no device of this name.
func checkDevice(name string) error {
	if slices.Contains(backend.Devices, name) {
		return nil
	}
	return fmt.Errorf("no device is called %q; known: %s", name, strings.Join(backend.Devices, ", "))
}
