package fetch

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// tries is how often a download is begun, with nothing gained, before it is
// given up.
const tries = 4

// gain is how many bytes a connection has to bring for the tries to be counted
// anew: a bad line takes long and comes to an end all the same.
const gain = 1 << 20

var (
	// pause is waited before the second try, about twice as long before each next.
	pause = time.Second
	// patience is how long a server may ask us to wait.
	patience = 2 * time.Minute
)

// backOff is how long to wait after a try: as the server says, or longer each
// time, and by chance, so that those who were cut off together don't all come
// back together.
func backOff(try int, err error) time.Duration {
	if busy, ok := errors.AsType[busyError](err); ok && busy.wait > 0 {
		return busy.wait
	}
	wait := pause << (try - 1)
	return wait/2 + rand.N(wait)
}

// final is an error that trying again can't mend.
type final struct{ error }

func (f final) Unwrap() error { return f.error }

func tooMuch(limit int64) error {
	return final{fmt.Errorf("more comes than the %d bytes that it should have", limit)}
}

// busyError is the answer of a server that may give another one later.
type busyError struct {
	error
	wait time.Duration // what the server asks for; 0 where it doesn't say
}

// statusError is a server's answer other than the thing.
type statusError int

func (s statusError) Error() string {
	return fmt.Sprintf("the server answers %d %s", int(s), http.StatusText(int(s)))
}

// refusal is the error for a server's answer other than the thing.
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

// retryAfter reads how long a server asks to wait: seconds or a date; 0 for
// neither.
func retryAfter(value string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now))
	}
	return 0
}
