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

// errNoPip is what a user is told whose Python has no pip.
var errNoPip = errors.New("this Python has no pip: install it (Debian, Ubuntu: apt install python3-pip)")

// errNotInIndex is what pip's index answers, and pip the last to ask.
var errNotInIndex = errors.New("pip's index has no such file for this machine")

// noWay are the words in which Go, pip and Python's network libraries say that
// there is no way to a server.
var noWay = regexp.MustCompile(`(?i)network is unreachable|no route to host|no such host|temporary failure in name resolution|` +
	`name or service not known|nodename nor servname provided|connection refused|connection reset by peer|connection timed out|` +
	`i/o timeout|read timed out|tls handshake timeout|certificate verify failed|x509: [a-z ]+`)

// Reason reads from what a failed tool wrote (pip, go, unearth) the cause that
// a user can do something about: a full disk, a [DiskError]; a server out of
// reach, a [NetworkError]; a Python without pip; an index without the package.
// It is nil for any other cause.
func Reason(said string) error {
	lower := strings.ToLower(said)
	switch {
	case strings.Contains(lower, "no space left on device"):
		return onDisk(syscall.ENOSPC)
	case strings.Contains(lower, "disk quota exceeded"):
		return onDisk(syscall.EDQUOT)
	case strings.Contains(said, "No module named pip"):
		return errNoPip
	case strings.Contains(said, "DO NOT MATCH THE HASHES"): // whatever was retried before
		return nil
	}
	if found := noWay.FindAllString(said, -1); found != nil {
		return &NetworkError{strings.ToLower(found[len(found)-1])}
	}
	if strings.Contains(said, "No matching distribution found") || strings.Contains(said, "No matches are found") {
		return errNotInIndex
	}
	return nil
}

// hopeless tells whether a failure would be the same for every way on which
// the same Python and pip are asked.
func hopeless(err error) bool {
	_, network := errors.AsType[*NetworkError](err)
	_, disk := errors.AsType[*DiskError](err)
	return network || disk || errors.Is(err, errNoPip) || errors.Is(err, errNoPython)
}
