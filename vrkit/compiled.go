package vrkit

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/taxonomy"

	. "github.com/gomlx/gomlx/core/graph"
)

// Compiled is a program on a backend, for a number of target labels, with its variables. Its graphs compile once per
// shape. It is not safe for concurrent use.
type Compiled struct {
	Program
	Backend compute.Backend
	Store   *model.Store
	Targets int // K

	image   int                      // side of the images it takes
	compose func(text string) string // of texts; nil if the manipulation leaves them as they are
	context []int32                  // the tokens with which all texts begin, which the model has read; none if it reads whole texts
	mesh    *distributed.DeviceMesh  // the devices that share the work; nil if there is one
	exec    *Computation
	input   *Computation // the input manipulation only, on one device: the frozen model's input, and the mask
	omega   *model.Variable
	centre  *model.Variable // subtracted from the source logits, [S]; nil if the output subtracts nothing
	built   *model.Exec     // of a learned ω; nil otherwise
	ready   bool            // the variables exist
}

// omegaVariable is the name of ω's variable in the output scope.
const omegaVariable = "omega"

// centreVariable is the name of the centre's variable in the output scope.
const centreVariable = "centre"

// anyNumber lets an engine keep a graph for each number of images without a limit; by default it keeps 32, and refuses
// the next.
const anyNumber = -1

// Compile puts a program for K = targets target labels on a backend. An estimated ω starts as zeros.
func Compile(backend compute.Backend, p Program, targets int) (*Compiled, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	if targets < 2 {
		return nil, fmt.Errorf("a task needs at least two target labels, not %d", targets)
	}
	c := &Compiled{Program: p, Backend: backend, Store: model.NewStore(), Targets: targets}
	if bound, ok := p.Input.(input.Bound); ok {
		var err error
		if c.Input, err = bound.Bind(p.Model, c.attended); err != nil {
			return nil, err
		}
		p = c.Program
	}
	fitted, _ := p.fit()
	c.image, c.compose = fitted.Side, fitted.Compose
	omega := output.NewMapping(p.Model.Sources(), targets)
	var err error
	if fixed, ok := p.Output.(output.Constant); ok {
		if omega, err = fixed.Mapping(p.Model.Sources(), targets); err != nil {
			return nil, err
		}
	}
	values := tensors.FromFlatDataAndDimensions(omega.Weights, omega.Sources, omega.Targets)
	if c.omega, err = c.Store.RootScope().At(outputScope).CreateVariable(omegaVariable, values); err != nil {
		return nil, err
	}
	c.omega.SetTrainable(false)
	if output.Centres(p.Output) {
		none := tensors.FromShape(shapes.Make(dtypes.Float32, p.Model.Sources()))
		if c.centre, err = c.Store.RootScope().At(outputScope).CreateVariable(centreVariable, none); err != nil {
			return nil, err
		}
		c.centre.SetTrainable(false)
	}
	logits, err := model.NewExec(backend, c.Store, func(root *model.Scope, rows []*Node) (target, source *Node) {
		return c.TargetLogits(root, c.Value(rows))
	})
	if err != nil {
		return nil, err
	}
	seen, err := model.NewExec(backend, c.Store, c.seen)
	if err != nil {
		return nil, err
	}
	c.exec, c.input = &Computation{exec: logits.SetMaxCache(anyNumber)}, &Computation{exec: seen.SetMaxCache(anyNumber)}
	if err := c.readContext(fitted); err != nil {
		return nil, err
	}
	if learned, ok := p.Output.(output.Learned); ok {
		c.built, err = model.NewExec(backend, c.Store, c.buildOmega(learned))
	}
	return c, err
}

// Finalize releases the program's memory on the backend, with the frozen weights and the learned variables. Go's
// garbage collector does not see how large that memory is, and would release it late. The program can't be used after
// it.
func (c *Compiled) Finalize() {
	c.exec.Finalize()
	c.input.Finalize()
	if c.built != nil {
		c.built.Finalize()
	}
	c.Store.Finalize()
}

// ImageSide is the side in pixels of the images that the program takes; 0 if it takes texts.
func (c *Compiled) ImageSide() int { return c.image }

// TargetLogits builds ẑ = O_ω(f(I(x))), [B,K], and the source logits z, [B,S], that it reads.
func (c *Compiled) TargetLogits(root *model.Scope, images models.Value) (target, source *Node) {
	hook := c.hook(root)
	if len(c.context) > 0 {
		hook = c.afterContext(root)
	}
	source = c.answer(root, images, hook)
	if learned, ok := c.Output.(output.Learned); ok {
		omega, bias := learned.Omega(root.At(outputScope), source, c.Targets)
		target = output.Apply(source, omega)
		if bias != nil {
			target = Add(target, ExpandAxes(bias, 0))
		}
		return target, source
	}
	omega, read := ConvertDType(c.omega.NodeValue(source.Graph()), source.DType()), source
	if c.centre != nil {
		read = Sub(source, ExpandAxes(ConvertDType(c.centre.NodeValue(source.Graph()), source.DType()), 0))
	}
	return output.Apply(read, omega), source
}

// Logits runs the whole program on rows, and returns the target logits, [n,K], and the source logits, [n,S], row-major.
// It does not check that they are finite, because only the caller knows which rows are filling: CheckLogits does.
func (c *Compiled) Logits(rows Rows) (target, source []float32, err error) {
	return exec2(c.exec, rows...)
}

// exec2 runs a graph with two results, and returns them, row-major.
func exec2(exec *Computation, inputs ...*tensors.Tensor) (one, other []float32, err error) {
	values, err := exec.Run(inputs...)
	if err != nil {
		return nil, nil, err
	}
	defer values[0].FinalizeAll()
	defer values[1].FinalizeAll()
	if one, err = tensors.CopyFlatData[float32](values[0]); err != nil {
		return nil, nil, err
	}
	other, err = tensors.CopyFlatData[float32](values[1])
	return one, other, err
}

// Inputs runs only the input manipulation on pixels, RGB [n,image,image,3] row-major, and returns the frozen model's
// input as RGB, [n,side,side,3]: in [0,1], unless a watermark or SMM adds more.
func (c *Compiled) Inputs(pixels []uint8) ([]float32, error) {
	seen, _, err := c.manipulated(pixels)
	return seen, err
}

// Masks runs only the mask generator on pixels, RGB [n,image,image,3] row-major, and returns the mask of each image,
// U_p(f_mask(x)), [n,side,side,3]: with either sign, as in an evaluation. It is an error for a manipulation that is not
// input.Masked.
func (c *Compiled) Masks(pixels []uint8) ([]float32, error) {
	if _, ok := c.Input.(input.Masked); !ok {
		return nil, fmt.Errorf("%s has no mask of its own to show: only a manipulation that makes one for every image, such as smm, does", c.Input.Name())
	}
	_, masks, err := c.manipulated(pixels)
	return masks, err
}

// seen builds the frozen model's input as RGB, and its masks, or a zero if there are none. It is one graph, because
// whoever looks at masks also looks at the inputs.
func (c *Compiled) seen(root *model.Scope, pixels *Node) (seen, masks *Node) {
	seen = c.Model.Normalisation.Undo(c.Manipulate(root, models.Value{Each: pixels}))
	masked, ok := c.Input.(input.Masked)
	if !ok {
		return seen, ScalarZero(pixels.Graph(), dtypes.Float32)
	}
	images := c.Model.Input(root, floats(models.Value{Each: pixels}), models.Nothing)
	return seen, masked.Mask(root.At(inputScope), images)
}

func (c *Compiled) manipulated(pixels []uint8) (seen, masks []float32, err error) {
	rows, err := c.Pictures(pixels)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Finalize()
	if seen, masks, err = exec2(c.input, rows...); err != nil {
		return nil, nil, err
	}
	for _, values := range [][]float32{masks, seen} {
		if at := slices.IndexFunc(values, notFinite); at >= 0 {
			size := len(seen) / rows.Len()
			return nil, nil, fmt.Errorf("picture %d: the input manipulation %s gives it a value of %v: what it has learned is damaged", at/size, c.Input.Name(), values[at])
		}
	}
	return seen, masks, nil
}

// Predict runs the whole program on rows, and returns for each the target label with the largest logit, the first of
// equal ones. A logit that is not finite is an error.
func (c *Compiled) Predict(rows Rows) ([]int, error) {
	logits, source, err := c.Logits(rows)
	if err != nil {
		return nil, err
	}
	if err := c.CheckLogits(logits, source, nil); err != nil {
		return nil, err
	}
	answers := make([]int, len(logits)/c.Targets)
	for i := range answers {
		row := logits[i*c.Targets : (i+1)*c.Targets]
		answers[i] = slices.Index(row, slices.Max(row))
	}
	return answers, nil
}

// SetMapping sets ω. The graphs do not compile again.
func (c *Compiled) SetMapping(m output.Mapping) error {
	if m.Sources != c.Model.Sources() || m.Targets != c.Targets {
		return fmt.Errorf("ω is [%d,%d] where the program has %d source and %d target labels", m.Sources, m.Targets, c.Model.Sources(), c.Targets)
	}
	if err := m.Check(); err != nil {
		return err
	}
	if (m.Centre != nil) != (c.centre != nil) {
		return fmt.Errorf("%s takes an ω with a centre if it subtracts one, and else one without", c.Output.Name())
	}
	if c.centre != nil {
		if err := c.centre.SetValue(tensors.FromFlatDataAndDimensions(slices.Clone(m.Centre), m.Sources)); err != nil {
			return err
		}
	}
	return c.omega.SetValue(tensors.FromFlatDataAndDimensions(slices.Clone(m.Weights), m.Sources, m.Targets))
}

// MappingPaths are the paths in the store of ω's variable, and of its centre's if there is one.
func (c *Compiled) MappingPaths() []string {
	if c.centre == nil {
		return []string{c.omega.Path()}
	}
	return []string{c.omega.Path(), c.centre.Path()}
}

// Mapping returns ω: the estimate that was set, or the learned values.
func (c *Compiled) Mapping() (output.Mapping, error) {
	m := output.Mapping{Sources: c.Model.Sources(), Targets: c.Targets}
	if c.built == nil {
		value, err := c.omega.Value()
		if err != nil {
			return m, err
		}
		if m.Weights, err = tensors.CopyFlatData[float32](value); err != nil || c.centre == nil {
			return m, err
		}
		if value, err = c.centre.Value(); err != nil {
			return m, err
		}
		m.Centre, err = tensors.CopyFlatData[float32](value)
		return m, err
	}
	built, err := c.built.Call()
	if err != nil {
		return m, err
	}
	m.Weights, err = tensors.CopyFlatData[float32](built[0])
	for _, value := range built {
		value.FinalizeAll()
	}
	return m, err
}

// buildOmega builds the graph of a learned ω and its bias only, because the pure-Go backend does not accept unused
// parameters.
func (c *Compiled) buildOmega(learned output.Learned) func(root *model.Scope, g *Graph) (omega, bias *Node) {
	return func(root *model.Scope, g *Graph) (omega, bias *Node) {
		none := Zeros(g, shapes.Make(dtypes.Float32, 1, c.Model.Sources()))
		omega, bias = learned.Omega(root.At(outputScope), none, c.Targets)
		if bias == nil {
			bias = ScalarZero(g, dtypes.Float32)
		}
		return omega, bias
	}
}

// Initialise creates the learned variables with their initial values, if no graph has done so.
func (c *Compiled) Initialise() error {
	if c.ready {
		return nil // building the graph again would compile it again
	}
	if c.Model.Modality != taxonomy.Picture && !c.actsInside() {
		_, err := c.Mapping() // all that it may learn
		c.ready = err == nil
		return err
	}
	row := c.NewRows(1)
	defer row.Finalize()
	build := c.Manipulate
	if c.actsInside() {
		build = c.SourceLogits
	}
	exec, err := model.NewExec(c.Backend, c.Store, func(root *model.Scope, rows []*Node) *Node { return build(root, c.Value(rows)) })
	if err != nil {
		return err
	}
	defer exec.Finalize()
	manipulated, err := (&Computation{exec: exec}).Run(row...)
	if err != nil {
		return err
	}
	manipulated[0].FinalizeAll()
	_, err = c.Mapping()
	c.ready = err == nil
	return err
}

// Scatter sets the prompt to noise, to show where it is added: normally distributed with the given standard deviation,
// the same every time.
func (c *Compiled) Scatter(deviation float64) error {
	if err := c.Initialise(); err != nil {
		return err
	}
	prompt := c.Store.RootScope().At(inputScope).GetVariable(input.PromptVariable)
	if prompt == nil {
		return fmt.Errorf("%s learns no prompt to put noise for", c.Input.Name())
	}
	random, noise := rand.New(rand.NewPCG(1, 2)), make([]float32, prompt.Shape().Size())
	for i := range noise {
		noise[i] = float32(deviation * random.NormFloat64())
	}
	return prompt.SetValue(tensors.FromFlatDataAndDimensions(noise, prompt.Shape().Dimensions...))
}

// learned lists the variables that training changes, by path; an estimated ω is not one of them.
func (c *Compiled) learned() []*model.Variable {
	learned := slices.Collect(c.Store.RootScope().At(inputScope).IterVariables())
	for variable := range c.Store.RootScope().At(outputScope).IterVariables() {
		if variable != c.omega && variable != c.centre {
			learned = append(learned, variable)
		}
	}
	return learned
}

// WeightsHash returns the SHA-256 of the frozen weights. First it checks that every variable made from them has not
// changed, and returns an error if one has. If no graph of the program has run, as in a run that was complete already,
// no variables exist: then the hash is that of the weight file.
func (c *Compiled) WeightsHash() (string, error) {
	if err := c.Model.CheckFrozen(c.Store.RootScope()); err != nil && !errors.Is(err, models.ErrNotUsed) {
		return "", err
	}
	return c.Model.Weights.Hash(), nil
}
