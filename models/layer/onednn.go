package layer

import (
	"os"
	"strings"

	"github.com/gomlx/compute/dtypes"

	. "github.com/gomlx/gomlx/core/graph"
)

// usesOneDNN tells whether oneDNN computes convolutions of x fast, grouped ones too, so that a layer leaves them whole:
// x is fp32, and XLA_FLAGS switches oneDNN on. Package backend sets that flag for the plugin that contains oneDNN. For a
// grouped convolution of bf16, oneDNN has only a slow reference loop, and XLA's own loop is as slow.
func usesOneDNN(x *Node) bool {
	return x.DType() == dtypes.Float32 && strings.Contains(os.Getenv("XLA_FLAGS"), "xla_cpu_use_onednn=true")
}
