package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"

	. "github.com/gomlx/gomlx/core/graph"
)

// stepper is the compiled training step: one optimiser step on one batch.
type stepper struct {
	exec   *vrkit.Computation
	recipe Recipe
	seed   uint64
	draws  bool // the graph takes random numbers
}

// newStepper builds the step: the cross-entropy of the target logits, its mean over the batch's samples, and the
// recipe's update. The seed decides what the input manipulation draws.
func newStepper(c *vrkit.Compiled, recipe Recipe, seed uint64) (*stepper, error) {
	drawing, ok := c.Input.(input.Drawing)
	s := &stepper{recipe: recipe, seed: seed, draws: ok && drawing.Draws()}
	row := c.NewRows(1)
	row.Finalize()
	rows := len(row)
	exec, err := model.NewExec(c.Backend, c.Store, func(root *model.Scope, inputs []*Node) (loss, correct, source *Node) {
		in, rest := c.Value(inputs[:rows]), inputs[rows:]
		target, present, scheduled := rest[0], rest[1], rest[2]
		in.Present = present
		if s.draws {
			in.Random = rest[3]
		}
		root.Store().SetTraining(target.Graph(), true)
		logits, source := c.TargetLogits(root, in)
		perSample := crossEntropy(logits, target)
		loss = Div(ReduceAllSum(Mul(perSample, present)), ReduceAllSum(present))
		recipe.update(root, loss, scheduled)
		hit := ConvertDType(Equal(ArgMax(logits, -1, target.DType()), target), present.DType())
		return loss, ReduceAllSum(Mul(hit, present)), source
	})
	if err != nil {
		return nil, err
	}
	bySample := append(slices.Repeat([]bool{true}, rows+2), false)
	if s.draws {
		bySample = append(bySample, false)
	}
	s.exec = c.Computation(exec, bySample...)
	return s, nil
}

// random is the state of a step's random number generator: see [models.Value]. Seed, epoch and step alone decide it, so
// that a resumed run draws the same numbers.
func random(seed uint64, epoch, step int) *tensors.Tensor {
	r := rand.New(rand.NewPCG(seed, drawStream^(uint64(epoch)<<32|uint64(step))))
	return tensors.FromFlatDataAndDimensions([]uint64{r.Uint64(), r.Uint64(), r.Uint64()}, 3)
}

// drawStream keeps these draws apart from others of the same seed.
const drawStream = 0x64726177 << 32

// crossEntropy is −log softmax(logits)[target], [B], of logits [B,K] and labels [B].
func crossEntropy(logits, target *Node) *Node {
	logp := LogSoftmax(logits, -1)
	return Neg(ReduceSum(Mul(OneHot(target, logits.Shape().Dim(-1), logits.DType()), logp), -1))
}

// stepped are the results of a step, computed before its update.
type stepped struct {
	loss, correct float64         // mean over the samples; number of right predictions
	source        *tensors.Tensor // the source logits, [B,S], also of the filling
}

func (s stepped) finalize() { s.source.FinalizeAll() }

// run takes one step: epoch and step count from 0, an epoch has steps steps.
func (s *stepper) run(b batch, epoch, step, steps int) (stepped, error) {
	scheduled := asTensor[float32](s.recipe.stepInput(epoch, step, steps))
	defer scheduled.FinalizeAll()
	if b.err != nil {
		return stepped{}, b.err
	}
	inputs := append(slices.Clone(b.rows), b.target, b.present, scheduled)
	if s.draws {
		state := random(s.seed, epoch, step)
		defer state.FinalizeAll()
		inputs = append(inputs, state)
	}
	values, err := s.exec.Run(inputs...)
	if err != nil {
		return stepped{}, err
	}
	loss, correct := values[0], values[1]
	said := stepped{float64(tensors.ToScalar[float32](loss)), float64(tensors.ToScalar[float32](correct)), values[2]}
	loss.FinalizeAll()
	correct.FinalizeAll()
	if math.IsNaN(said.loss) || math.IsInf(said.loss, 0) {
		said.finalize()
		return stepped{}, fmt.Errorf("the loss is %v: the prompt is too large for the model; take a smaller learning rate", said.loss)
	}
	return said, nil
}
