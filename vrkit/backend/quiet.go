package backend

import (
	"github.com/go-logr/logr"
	"k8s.io/klog/v2"
)

// quiet keeps go-xla's log off the terminal while go-xla looks for plugins and loads them, until the returned function
// is called: a failure comes back as an error, once. With verbose logging it does nothing.
func quiet() (end func()) {
	if klog.V(1).Enabled() {
		return func() {}
	}
	klog.SetLogger(logr.Discard())
	return klog.ClearLogger
}
