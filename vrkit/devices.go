package vrkit

import (
	"fmt"

	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/dtensor"
	"github.com/gomlx/gomlx/ml/model"
)

// samples is the only axis of a mesh of devices: each device takes its share of a batch.
const samples = "samples"

// Share lets the first n devices of the backend compute the program. Each of them has the frozen weights and the
// learned variables, and takes an equal share of a batch's samples, so that the batch must be a multiple of n. XLA's
// partitioner divides the graphs, so that the loss, gradients and SMM's BatchNorm still use all samples. Call it before
// anything is computed.
func (c *Compiled) Share(n int) error {
	if n <= 1 {
		return nil
	}
	if has := c.Backend.NumDevices(); n > has {
		return fmt.Errorf("%d devices are asked for and %s has %d; on a CPU, XLA_FLAGS=--xla_force_host_platform_device_count=%d makes as many, which share its processors",
			n, c.Backend.Name(), has, n)
	}
	var err error
	if c.mesh, err = distributed.NewDeviceMesh([]int{n}, []string{samples}); err != nil {
		return err
	}
	c.exec = c.Computation(c.exec.exec, true)
	return nil
}

// Computation is a graph on the devices of its program.
type Computation struct {
	exec   *model.Exec
	inputs []*distributed.ShardingSpec // how the devices share each input; empty for one device
}

// Computation puts a graph of the program's variables on its devices. bySample says for each input of the graph whether
// its first axis is the samples; the devices share such an input, and each has the whole of any other. The graph must
// not have run.
func (c *Compiled) Computation(exec *model.Exec, bySample ...bool) *Computation {
	if c.mesh == nil {
		return &Computation{exec: exec}
	}
	whole := distributed.NewReplicatedShardingSpec(c.mesh)
	shared := &Computation{exec: exec.AutoSharding(c.mesh).WithOutputShardingSpecs(whole)}
	for _, split := range bySample {
		spec := whole
		if split {
			spec = &distributed.ShardingSpec{Mesh: c.mesh, Axes: []distributed.AxisSpec{{samples}}}
		}
		shared.inputs = append(shared.inputs, spec)
	}
	exec.WithInputShardingSpecs(shared.inputs...)
	return shared
}

// Finalize releases the compiled graphs.
func (c *Computation) Finalize() { c.exec.Finalize() }

// Run computes the graph's results from inputs on the host. The caller finalises them.
func (c *Computation) Run(inputs ...*tensors.Tensor) ([]*tensors.Tensor, error) {
	if c.inputs == nil {
		return c.exec.Exec(inputs)
	}
	arguments := make([]any, len(inputs))
	for i, whole := range inputs {
		parts, err := dtensor.ShardTensor(c.inputs[i], whole)
		if err != nil {
			return nil, err
		}
		defer parts.FinalizeAll()
		arguments[i] = parts
	}
	values, err := c.exec.Exec(arguments...)
	if err != nil {
		return nil, err
	}
	one := len(values) / c.inputs[0].Mesh.NumDevices() // every device has every result
	for _, copied := range values[one:] {
		copied.FinalizeAll()
	}
	return values[:one], nil
}
