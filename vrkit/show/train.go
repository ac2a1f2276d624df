package show

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/janpfeifer/gonb/gonbui"

	"github.com/vrkit-go/reprogram/vrkit/runs"
	"github.com/vrkit-go/reprogram/vrkit/train"
)

// Train trains or resumes a run, and shows progress under the name of its folder, from its first epoch on, unless the
// configuration has its own Events. An interrupt is no error: Train prints that the run is saved, and returns complete
// as false.
func Train(ctx context.Context, c train.Config) (result train.Result, complete bool, err error) {
	if c.Events == nil {
		progress := Progress(filepath.Base(c.Run))
		earlier, _ := runs.ReadMetrics(c.Run) // of an earlier process; a new run has none
		c.Events = func(e train.Event) {
			for _, m := range earlier { // after the run continues: a refused run shows nothing
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
		fmt.Printf("Stopped and saved. %s, and it continues from here.\n", again)
		return result, false, nil
	}
	return result, err == nil, err
}
