package train

import (
	"fmt"
	"math"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/gomlx/gomlx/ml/train/optimizer"

	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/input"

	. "github.com/gomlx/gomlx/core/graph"
)

// stepper is the compiled training step: one optimiser step on one batch.
type stepper struct {
	exec *model.Exec
}

// newStepper builds the step: cross-entropy of the mapped raw logits, mean over the batch's samples,
// and Adam with PyTorch's numbers (β .9 and .999, ε 1e-8, no decay; reference/methods.md 1.6).
// Gradients reach what the manipulation learns and nothing else: ω and the frozen weights are constants.
func newStepper(c *vrkit.Compiled, learningRate float64) (*stepper, error) {
	adam := optimizer.Adam().Betas(.9, .999).Epsilon(1e-8).LearningRate(learningRate).Done()
	exec, err := model.NewExec(c.Backend, c.Store, func(root *model.Scope, pixels, target, mask *Node) (*Node, *Node) {
		root.Store().SetTraining(pixels.Graph(), true)
		logits, _ := c.TargetLogits(root, input.Batch{Images: pixels, Present: mask})
		perSample := CrossEntropy(logits, target)
		loss := Div(ReduceAllSum(Mul(perSample, mask)), ReduceAllSum(mask))
		adam.UpdateGraph(root, pixels.Graph(), loss)
		hit := ConvertDType(Equal(ArgMax(logits, -1, target.DType()), target), mask.DType())
		return loss, ReduceAllSum(Mul(hit, mask))
	})
	return &stepper{exec: exec}, err
}

// CrossEntropy is −log softmax(logits)[target], [B], of logits [B,K] and labels [B].
func CrossEntropy(logits, target *Node) *Node {
	logp := LogSoftmax(logits, -1)
	return Neg(ReduceSum(Mul(OneHot(target, logits.Shape().Dim(-1), logits.DType()), logp), -1))
}

// run takes one step and returns the loss before it, and how many samples were right.
func (s *stepper) run(b batch) (loss, correct float64, err error) {
	lossTensor, correctTensor, err := s.exec.Exec2(b.pixels, b.target, b.mask)
	if err != nil {
		return 0, 0, err
	}
	loss, correct = float64(tensors.ToScalar[float32](lossTensor)), float64(tensors.ToScalar[float32](correctTensor))
	lossTensor.FinalizeAll()
	correctTensor.FinalizeAll()
	if math.IsNaN(loss) || math.IsInf(loss, 0) {
		return 0, 0, fmt.Errorf("the loss is %v: the prompt has left what the model can answer; take a smaller learning rate", loss)
	}
	return loss, correct, nil
}
