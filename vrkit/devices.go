package vrkit

import (
	"fmt"

	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/dtensor"
	"github.com/gomlx/gomlx/ml/model"
)

// samples is the one axis of a mesh of devices: each takes its share of a batch.
const samples = "samples"

// Share has the program computed by the first n devices of its backend: every one holds the frozen weights and what
// is learned, and takes an equal share of the samples of a batch, which therefore has to be a multiple of n. XLA's
// partitioner cuts the graphs, so that whatever goes over the samples (the loss, a gradient, SMM's batch
// normalisation) still goes over all of them. It is to be called before anything is computed.
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
	inputs []*distributed.ShardingSpec // how the devices share each input; none where there is one device
}

// Computation puts a graph of the program's variables on its devices. Of each of the graph's inputs it says whether the
// first axis is the samples; what is not by sample is on every device. The graph must not have been run yet.
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

// Finalize gives the compiled graphs back.
func (c *Computation) Finalize() { c.exec.Finalize() }

// Run computes the graph's values, each as a whole, from inputs on the host. The caller finalises them.
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
	one := len(values) / c.inputs[0].Mesh.NumDevices() // every device has every value
	for _, copied := range values[one:] {
		copied.FinalizeAll()
	}
	return values[:one], nil
}
