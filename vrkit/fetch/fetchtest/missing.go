package fetchtest

import (
	"fmt"
	"os"
	"testing"
)

// CI says that this is a machine of continuous integration, which has what the tests need.
var CI = os.Getenv("CI") == "true"

// Missing ends a test because the machine lacks something: it skips the test, but fails it under CI=true. For what CI
// lacks too (a GPU, another system), and for what -short leaves out, use t.Skip.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if CI {
		t.Fatalf("under CI=true nothing may be missing: %s", fmt.Sprintf(format, args...))
	}
	t.Skipf(format, args...)
}
