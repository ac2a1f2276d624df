package backend

import (
	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// quiet keeps what go-xla logs while it looks for plugins and loads them off
// the user's terminal, until the function it returns is called: what went wrong
// comes back as an error, once. Who switched verbose logging on gets it.
func quiet() (end func()) {
	if klog.V(1).Enabled() {
		return func() {}
	}
	klog.SetLogger(logr.Discard())
	return klog.ClearLogger
}
