package train

import "time"

// CheckpointEvery sets how often a run saves its state within an epoch, because the epochs of a test are short.
func CheckpointEvery(interval time.Duration) { checkpointEvery = interval }

// Open opens a run of a model that is in no list.
var Open = open
