package train

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/vrkit-go/reprogram/models"
	"github.com/vrkit-go/reprogram/vrkit/fetch"
	"github.com/vrkit-go/reprogram/vrkit/runs"
)

// tryGradient tries the gradient of a network from an ONNX file before it is trained on for the first time. The cache
// keeps an empty file for each network that has passed, under each engine and version, because a trial may take a minute.
func (c Config) tryGradient(m runs.Manifest) error {
	if !models.IsONNX(m.Model.Name) {
		return nil
	}
	key, err := json.Marshal([]any{m.Model.SHA256, m.Engine, m.Versions})
	if err != nil {
		return err
	}
	cache, err := fetch.Dir()
	if err != nil {
		return err
	}
	sum := sha256.Sum256(key)
	passed := filepath.Join(cache, "gradients", hex.EncodeToString(sum[:]))
	if _, err := os.Stat(passed); err == nil {
		return nil
	}
	if c.Events != nil {
		c.Events(Event{Stage: StageGradient, Epochs: c.Epochs})
	}
	if err := c.Program.Model.CheckGradient(c.Backend); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(passed), 0o700); err != nil {
		return err
	}
	return runs.WriteFile(passed, nil, 0o600)
}
