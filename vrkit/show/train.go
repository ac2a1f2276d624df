package show

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/vrkit-go/reprogram/vrkit/train"
)

// Train trains a run, or resumes it, and shows how it goes under the name of its folder, from its first
// epoch on, unless the configuration has events of its own. An interrupt is no error: Train says that what
// was done is kept, and that the run is not complete.
func Train(ctx context.Context, c train.Config) (result train.Result, complete bool, err error) {
	if c.Events == nil {
		progress := Progress(filepath.Base(c.Run))
		earlier, _ := train.ReadMetrics(c.Run) // of an earlier process; a new run has none
		c.Events = func(e train.Event) {
			for _, m := range earlier { // once the run goes on: of one that is refused nothing is shown
				progress(train.Event{Stage: train.StageEpoch, Epoch: m.Epoch, Epochs: c.Epochs, Metrics: &m})
			}
			earlier = nil
			progress(e)
		}
	}
	result, err = train.Train(ctx, c)
	if warning := result.Warning(); warning != "" {
		fmt.Println(warning)
	}
	if errors.Is(err, context.Canceled) {
		again := "Train it again"
		if gonbui.IsNotebook {
			again = "Run the cell again"
		}
		fmt.Printf("Stopped, and kept. %s, and it goes on from here.\n", again)
		return result, false, nil
	}
	return result, err == nil, err
}
