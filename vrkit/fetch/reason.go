package fetch

import (
	"errors"
	"regexp"
	"strings"
	"syscall"
)

// NetworkError says that a tool could not reach the server that it needs.
type NetworkError struct{ Reason string }

func (e *NetworkError) Error() string { return "the server can't be reached (" + e.Reason + ")" }

// errNoPip is the error for a Python without pip.
var errNoPip = errors.New("this Python has no pip: install it (Debian, Ubuntu: apt install python3-pip)")

// noWay matches the words with which Go, pip and Python's network libraries say that a server can't be reached.
var noWay = regexp.MustCompile(`(?i)network is unreachable|no route to host|no such host|temporary failure in name resolution|` +
	`name or service not known|nodename nor servname provided|connection refused|connection reset by peer|connection timed out|` +
	`i/o timeout|read timed out|tls handshake timeout|certificate verify failed|x509: [a-z ]+`)

// Reason finds in the output of a failed tool (pip, go, apt) a cause that the user can mend: a full disk, a
// [DiskError]; a server that can't be reached, a [NetworkError]; a Python without pip. It returns nil for any other
// cause.
func Reason(said string) error {
	lower := strings.ToLower(said)
	switch {
	case strings.Contains(lower, "no space left on device"):
		return onDisk(syscall.ENOSPC)
	case strings.Contains(lower, "disk quota exceeded"):
		return onDisk(syscall.EDQUOT)
	case strings.Contains(said, "No module named pip"):
		return errNoPip
	case strings.Contains(said, "DO NOT MATCH THE HASHES"): // whatever errors were retried before
		return nil
	}
	if found := noWay.FindAllString(said, -1); found != nil {
		return &NetworkError{strings.ToLower(found[len(found)-1])}
	}
	return nil
}
