package train

import "time"

// CheckpointEvery makes runs save their state in the middle of epochs that last no longer than a test does.
func CheckpointEvery(interval time.Duration) { checkpointEvery = interval }

// Open opens a run of a model that no list has.
var Open = open
