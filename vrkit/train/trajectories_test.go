package train

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gomlx/compute"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/models/modeltest"
	"github.com/vrkit-go/reprogram/vrkit"
	"github.com/vrkit-go/reprogram/vrkit/backend/backendtest"
	"github.com/vrkit-go/reprogram/vrkit/input"
	"github.com/vrkit-go/reprogram/vrkit/output"
	"github.com/vrkit-go/reprogram/vrkit/runs"

	. "github.com/gomlx/gomlx/core/graph"
)

// golden is testdata/trajectories.json; its script says how each value was computed.
type golden struct {
	Side, Inner, Targets, Images, Batch int
	Lambda, Alpha                       float64
	Orders                              [][]int // of the samples, by epoch
	Cases                               []trajectory
	Single                              []struct {
		Input   string
		Initial map[string]formula
		Omega   []float32
		Steps   []struct {
			Samples   []int
			Loss      float64
			Gradients map[string]summary
		}
	}
}

// trajectory is a training run of a few epochs with its results.
type trajectory struct {
	Name, Input, Output, Optimiser, Schedule string
	LRSchedule                               string `json:"fall"`
	Rates                                    struct{ Prompt, Mask, Output float64 }
	At                                       []float64
	Factor, Decay                            float64
	Horizon                                  int                // epochs of the learning-rate schedule; 0 is those of the run
	Bias                                     bool               // of a linear output
	Initial                                  map[string]formula // of variables, by path

	Losses  []float64          // by step
	Omegas  [][]float32        // by epoch
	Prompts []summary          // at the end of each epoch
	Final   map[string]summary // of variables, by path
}

// formula is plus + amplitude·sin(frequency·(i² mod 10007)), row-major.
type formula struct {
	Shape                      []int
	Amplitude, Frequency, Plus float64
}

// summary describes an array.
type summary struct {
	Size, Stride             int
	Largest, Rms, Projection float64 // of absolute values; root mean square; Σ a[i]·cos(i² mod 10007)/√n
	Samples                  []float64
}

func readGolden(t *testing.T) (g golden) {
	data, err := os.ReadFile("testdata/trajectories.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &g))
	return g
}

// TestTrajectories holds 20 training steps of every method against PyTorch's, both in float64: the loss
// of every step, ω and the prompt of every epoch, and in the end all that was learned and
// BatchNorm's running statistics. The last batch of every epoch has 2 images of 4. XLA takes long to compile SMM: it
// does so for a mask of each number of channels, and the other trajectories of SMM run on the pure-Go backend.
func TestTrajectories(t *testing.T) {
	backend, g := quickest(t), readGolden(t)
	require.Len(t, g.Cases, 28)
	for _, c := range g.Cases {
		t.Run(c.Name, func(t *testing.T) {
			if testing.Short() && strings.HasPrefix(c.Input, "smm") && c.Name != "smm blm+" {
				t.Skip("-short: one trajectory of SMM is enough")
			}
			backend := backend
			if strings.HasPrefix(c.Input, "smm") && c.Name != "smm blm+" && c.Name != "smm1 blm+" {
				backend = PureGo(t)
			}
			g.follow(t, backend, c)
		})
	}
}

// quickest is the pure-Go backend under -short, because it compiles nothing, and compiling takes most of the time.
// Otherwise it is what backendtest.Any returns.
func quickest(t *testing.T) compute.Backend {
	if !testing.Short() {
		return backendtest.Any(t)
	}
	return PureGo(t)
}

const tolerance = 1e-6

func (g golden) follow(t *testing.T, backend compute.Backend, c trajectory) {
	program := g.program(t, backend, c.Input, c.Output, c.Bias)
	side := program.ImageSide()
	logits := model.MustNewExec(backend, program.Store, func(root *model.Scope, pixels *Node) (target, source *Node) {
		return program.TargetLogits(root, models.Value{Each: pixels})
	})
	all := g.float64Batch(inOrder(g.Images), g.Images, side)
	_, _, err := logits.Call2(all.rows[0]) // creates the variables, of the images' type
	require.NoError(t, err)
	set[float64](t, program.Store, c.Initial)

	recipe := c.recipe().spread(cmp.Or(c.Horizon, len(g.Orders)))
	require.NoError(t, recipe.Check())
	step, err := newStepper(program, recipe, 0)
	require.NoError(t, err)
	run := &trainer{Config: Config{Program: program.Program, Schedule: Schedule(c.Schedule)}, program: program, step: step}
	run.watch()

	prompt := input.PromptVariable
	if strings.HasPrefix(c.Input, input.Prefix) {
		prompt = input.KeysVariable
	}
	var losses []float64
	for epoch, order := range g.Orders {
		if estimator, ok := program.Output.(output.Estimator); ok {
			if epoch == 0 || c.Schedule == string(Exact) { // as estimate does, but with float64 images
				_, source, err := logits.Call2(all.rows[0])
				require.NoError(t, err)
				statistics := output.NewStatistics(program.Model.Sources(), g.Targets)
				require.NoError(t, estimator.Observe(statistics, rounded(source), all.labels))
				mapping, err := estimator.Estimate(statistics)
				require.NoError(t, err)
				require.NoError(t, program.SetMapping(mapping))
			} else {
				run.state = state{Epoch: epoch, Metrics: make([]runs.Metrics, epoch+1)}
				require.NoError(t, run.align(t.Context()))
			}
			mapping, err := program.Mapping()
			require.NoError(t, err)
			require.InDeltaSlice(t, c.Omegas[epoch], mapping.Weights, tolerance, "ω of epoch %d", epoch)
		}
		total := steps(len(order), g.Batch)
		for number := range total {
			chosen := order[number*g.Batch : min((number+1)*g.Batch, len(order))]
			b := g.float64Batch(chosen, g.Batch, side)
			said, err := step.exec.Run(b.rows[0], b.target, b.present, asTensor[float64](recipe.stepInput(epoch, number, total)))
			require.NoError(t, err)
			loss, source := said[0], said[2]
			losses = append(losses, tensors.ToScalar[float64](loss))
			seen := tensors.FromFlatDataAndDimensions(rounded(source), source.Shape().Dimensions...)
			require.NoError(t, run.observe(stepped{source: seen}, b.labels))
			require.InDelta(t, c.Losses[len(losses)-1], losses[len(losses)-1], tolerance, "the loss of epoch %d, step %d", epoch, number)
		}
		c.Prompts[epoch].compare(t, fmt.Sprintf("the prompt of epoch %d", epoch), value[float64](t, program.Store, "input/"+prompt), tolerance)
	}
	require.Len(t, losses, len(c.Losses))
	for path, want := range c.Final {
		want.compare(t, path, value[float64](t, program.Store, path), tolerance)
	}
	for path := range c.Initial {
		require.Contains(t, c.Final, path)
	}
}

// TestSingleStep compares the loss and the gradients of one step in float32 with PyTorch's, on a full batch and on one
// with filling: within 1e-4 of a gradient's largest value. It leaves out a bias in front of a BatchNorm, whose gradient
// is only rounding errors.
func TestSingleStep(t *testing.T) {
	backend, g := quickest(t), readGolden(t)
	require.Len(t, g.Single, 2)
	for _, c := range g.Single {
		program := g.program(t, backend, c.Input, "blm", false)
		require.NoError(t, program.Initialise())
		set[float32](t, program.Store, c.Initial)
		require.NoError(t, program.SetMapping(output.Mapping{Sources: program.Model.Sources(), Targets: g.Targets, Weights: c.Omega}))
		still := Group{LRSchedule: Constant} // at a rate of 0, so that both steps are of the initial values
		step, err := newStepper(program, Recipe{Optimiser: SGD, Prompt: still, Mask: still, Output: still}, 0)
		require.NoError(t, err)
		for _, s := range c.Steps {
			t.Run(fmt.Sprintf("%s of %d", c.Input, len(s.Samples)), func(t *testing.T) {
				said, err := step.run(g.batch(s.Samples, program.ImageSide()), 0, 0, 1)
				require.NoError(t, err)
				require.InDelta(t, s.Loss, said.loss, 1e-4*s.Loss)
				for path, want := range s.Gradients {
					velocity := "optimiser/velocity/" + model.EscapeScopeName(path) // without momentum: the gradient
					gradient := value[float32](t, program.Store, velocity)
					if beforeNorm(path) {
						require.Less(t, largest(gradient), 1e-5, path)
						continue
					}
					require.Positive(t, want.Largest, path)
					want.compare(t, path, gradient, 1e-4*want.Largest)
				}
			})
		}
	}
}

// beforeNorm tells whether a variable is a bias whose convolution is followed by a BatchNorm.
func beforeNorm(path string) bool {
	return strings.HasPrefix(path, "input/mask/conv") && strings.HasSuffix(path, "/bias")
}

// program compiles the program that the script calls input and output.
func (g golden) program(t *testing.T, backend compute.Backend, in, out string, bias bool) *vrkit.Compiled {
	net, side := modeltest.Tiny(), g.Side
	var manipulation input.Manipulation
	switch in {
	case "pad":
		manipulation = input.Padding{Image: g.Inner}
	case "smm":
		manipulation = input.SMM{Patch: 4}
	case "smm1":
		manipulation = input.SMM{Patch: 2, Channels: 1}
	case input.Shallow, input.Deep, input.Prefix:
		net, side, manipulation = modeltest.TinyViT(), 8, input.VPT{Kind: in, Tokens: 2}
	case "vpt-deep projected", "prefix projected":
		net, side, manipulation = modeltest.TinyViT(), 8, input.VPT{Kind: strings.Fields(in)[0], Tokens: 2, Projection: 5}
	case "vpt-add", "vpt-add shared":
		net, side, manipulation = modeltest.TinyViT(), 8, input.VPTAdd{Shared: in != "vpt-add"}
	default:
		manipulation = input.Watermark{Kind: in}
	}
	restrict := output.NoBias
	if bias {
		restrict = output.WithBias
	}
	alignment, err := output.Restore(out, map[string]any{"lambda": g.Lambda, "alpha": g.Alpha, "restrict": restrict})
	require.NoError(t, err)
	program, err := vrkit.Compile(backend, vrkit.Program{Input: manipulation, Model: net, Output: alignment, Side: side}, g.Targets)
	require.NoError(t, err)
	return program
}

func (c trajectory) recipe() Recipe {
	group := func(rate float64) Group {
		return Group{Rate: rate, LRSchedule: c.LRSchedule, Factor: c.Factor, At: c.At}
	}
	r := Recipe{Optimiser: c.Optimiser, Decay: c.Decay, Prompt: group(c.Rates.Prompt), Mask: group(c.Rates.Mask), Output: group(c.Rates.Output)}
	if r.Optimiser == SGD {
		r.Momentum = .9
	}
	return r
}

// label is the target label of a sample.
func (g golden) label(i int) int32 { return int32(i % g.Targets) }

// picture is a sample as the script makes it, uint8 [side,side,3]: noise, and stripes that depend on the label.
func (g golden) picture(i, side int) []uint8 {
	pixels := make([]uint8, side*side*3)
	for at := range pixels {
		y, x, c := at/3/side, at/3%side, at%3
		pixels[at] = uint8((53*i + 17*y*y + 29*x*(c+1) + 31*x*y + 7*i*x) % 151)
		if [4]bool{y%4 < 2, x%4 < 2, (x+y)%4 < 2, y < side/2}[g.label(i)] {
			pixels[at] += 100
		}
	}
	return pixels
}

// batch returns the chosen samples, filled up with black ones, like [batches].
func (g golden) batch(chosen []int, side int) batch {
	pixels, present, target := g.values(chosen, g.Batch, side)
	return batch{
		rows:    vrkit.Rows{tensors.FromFlatDataAndDimensions(pixels, g.Batch, side, side, 3)},
		present: asTensor[float32](present),
		target:  tensors.FromFlatDataAndDimensions(target, g.Batch),
		labels:  target[:len(chosen)],
	}
}

// float64Batch is a batch of size samples whose images are float64 in [0,1], for a step in float64.
func (g golden) float64Batch(chosen []int, size, side int) batch {
	pixels, present, target := g.values(chosen, size, side)
	images := make([]float64, len(pixels))
	for i, v := range pixels {
		images[i] = float64(v) / 255
	}
	return batch{
		rows:    vrkit.Rows{tensors.FromFlatDataAndDimensions(images, size, side, side, 3)},
		present: asTensor[float64](present),
		target:  tensors.FromFlatDataAndDimensions(target, size),
		labels:  target[:len(chosen)],
	}
}

func (g golden) values(chosen []int, size, side int) (pixels []uint8, present []float64, target []int32) {
	pixels, present, target = make([]uint8, size*side*side*3), make([]float64, size), make([]int32, size)
	for at, i := range chosen {
		copy(pixels[at*side*side*3:], g.picture(i, side))
		present[at], target[at] = 1, g.label(i)
	}
	return pixels, present, target
}

// rounded returns source logits with the precision of ω's statistics.
func rounded(source *tensors.Tensor) []float32 {
	exact := tensors.MustCopyFlatData[float64](source)
	logits := make([]float32, len(exact))
	for i, v := range exact {
		logits[i] = float32(v)
	}
	return logits
}

// set gives existing variables their values by formula.
func set[T float32 | float64](t *testing.T, store *model.Store, initial map[string]formula) {
	for path, f := range initial {
		variable := store.GetVariable("/" + path)
		require.NotNil(t, variable, path)
		values := make([]T, variable.Shape().Size())
		for i := range values {
			values[i] = T(f.Plus + f.Amplitude*math.Sin(f.Frequency*float64(i*i%10007)))
		}
		require.Equal(t, f.Shape, variable.Shape().Dimensions, path)
		require.NoError(t, variable.SetValue(tensors.FromFlatDataAndDimensions(values, f.Shape...)))
	}
}

// value returns a variable's values as float64.
func value[T float32 | float64](t *testing.T, store *model.Store, path string) []float64 {
	variable := store.GetVariable("/" + path)
	require.NotNil(t, variable, path)
	stored, err := variable.Value()
	require.NoError(t, err)
	values := make([]float64, 0, variable.Shape().Size())
	for _, v := range tensors.MustCopyFlatData[T](stored) {
		values = append(values, float64(v))
	}
	return values
}

// compare compares an array with its summary.
func (s summary) compare(t *testing.T, name string, got []float64, delta float64) {
	t.Helper()
	require.Len(t, got, s.Size, name)
	squares, projection := 0., 0.
	for i, v := range got {
		squares += v * v
		projection += v * math.Cos(float64(i*i%10007))
	}
	n := float64(len(got))
	for at, want := range s.Samples {
		require.InDelta(t, want, got[at*s.Stride], delta, "%s: value %d", name, at*s.Stride)
	}
	require.InDelta(t, s.Largest, largest(got), delta, "%s: the largest", name)
	require.InDelta(t, s.Rms, math.Sqrt(squares/n), delta, "%s: the root mean square", name)
	require.InDelta(t, s.Projection, projection/math.Sqrt(n), delta, "%s: the projection", name)
}

func largest(values []float64) (most float64) {
	for _, v := range values {
		most = max(most, math.Abs(v))
	}
	return most
}
