package output

import (
	"fmt"

	"github.com/janpfeifer/must"
)

func ExampleOrigin() {
	for _, name := range []string{"rlm", "flm", "blm", "linear"} {
		fmt.Println(name, Origin(must.M1(New(name))))
	}
	// Output:
	// rlm from nothing
	// flm counted once
	// blm counted every epoch
	// linear learned by gradient
}
