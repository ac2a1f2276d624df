package layer

import (
	"os"
	"strings"

	"github.com/gomlx/compute/dtypes"

	. "github.com/gomlx/gomlx/core/graph"
)

// byOneDNN tells whether a convolution of x, be it in groups, is best left to oneDNN whole: in fp32, where XLA_FLAGS
// switches it on, as package backend has it do for the plugin that is known to hold it. Of those in groups, oneDNN has
// only its reference loop in bf16, and without it XLA has a loop that is as slow.
func byOneDNN(x *Node) bool {
	return x.DType() == dtypes.Float32 && strings.Contains(os.Getenv("XLA_FLAGS"), "xla_cpu_use_onednn=true")
}
