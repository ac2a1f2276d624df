package fetchtest

import (
	"fmt"
	"os"
	"testing"
)

// CI says that this is the machine of a continuous integration, which has what the tests need.
var CI = os.Getenv("CI") == "true"

// Missing ends a test for want of something that the machine lacks: the test is skipped, but under CI=true it
// fails. What CI lacks itself (a GPU, another system) and what -short leaves out is skipped by t.Skip.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if CI {
		t.Fatalf("under CI=true nothing may be missing: %s", fmt.Sprintf(format, args...))
	}
	t.Skipf(format, args...)
}
