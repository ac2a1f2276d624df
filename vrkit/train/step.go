package train

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit"

	. "github.com/gomlx/gomlx/core/graph"
)

// stepper is the compiled training step: one optimiser step on one batch.
type stepper struct {
	exec   *vrkit.Computation
	recipe Recipe
}

// newStepper builds the step: the cross-entropy of the target logits, its mean over the batch's samples, and the
// recipe's update.
func newStepper(c *vrkit.Compiled, recipe Recipe) (*stepper, error) {
	exec, err := model.NewExec(c.Backend, c.Store, func(root *model.Scope, pixels, target, present, scheduled *Node) (loss, correct, source *Node) {
		root.Store().SetTraining(pixels.Graph(), true)
		logits, source := c.TargetLogits(root, models.Value{Each: pixels, Present: present})
		perSample := CrossEntropy(logits, target)
		loss = Div(ReduceAllSum(Mul(perSample, present)), ReduceAllSum(present))
		recipe.update(root, loss, scheduled)
		hit := ConvertDType(Equal(ArgMax(logits, -1, target.DType()), target), present.DType())
		return loss, ReduceAllSum(Mul(hit, present)), source
	})
	if err != nil {
		return nil, err
	}
	return &stepper{exec: c.Computation(exec, true, true, true, false), recipe: recipe}, nil
}

// CrossEntropy is −log softmax(logits)[target], [B], of logits [B,K] and labels [B].
func CrossEntropy(logits, target *Node) *Node {
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
	values, err := s.exec.Run(b.pixels, b.target, b.present, scheduled)
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
