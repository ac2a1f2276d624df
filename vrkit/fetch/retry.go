package fetch

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// tries is how often a download is tried without progress before it fails.
const tries = 4

// gain is how many bytes a connection must bring for the tries to be counted from zero: with a bad network a download
// takes long, but it succeeds.
const gain = 1 << 20

var (
	// pause is the wait before the second try; it doubles before each next try.
	pause = time.Second
	// patience is the longest wait that a server may ask for.
	patience = 2 * time.Minute
)

// backOff is the wait after a try: what the server asks for, or longer each time, with a random part, so that clients
// that lost their connections together do not all return together.
func backOff(try int, err error) time.Duration {
	if busy, ok := errors.AsType[busyError](err); ok && busy.wait > 0 {
		return busy.wait
	}
	wait := pause << (try - 1)
	return wait/2 + rand.N(wait)
}

// final is an error that another try can't change.
type final struct{ error }

func (f final) Unwrap() error { return f.error }

func tooMuch(limit int64) error {
	return final{fmt.Errorf("more comes than the %d bytes that it should have", limit)}
}

// busyError is the answer of a server that may answer differently later.
type busyError struct {
	error
	wait time.Duration // the wait that the server asks for; 0 if it names none
}

// statusError is an HTTP status without the file.
type statusError int

func (s statusError) Error() string {
	return fmt.Sprintf("the server answers %d %s", int(s), http.StatusText(int(s)))
}

// refusal is the error of an answer without the file.
func refusal(response *http.Response) error {
	status := response.StatusCode
	err := statusError(status)
	if status < 500 && status != http.StatusTooManyRequests && status != http.StatusRequestTimeout {
		return final{err}
	}
	wait := retryAfter(response.Header.Get("Retry-After"), time.Now())
	if wait > patience {
		return final{fmt.Errorf("%w, and to come back in %v", err, wait.Round(time.Second))}
	}
	return busyError{err, wait}
}

// retryAfter reads the wait that a server asks for: seconds or a date; 0 for neither.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}
