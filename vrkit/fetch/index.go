package fetch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// pageTypes asks an index for its page of a package as JSON (PEP 691), or as HTML (PEP 503) where it has no other.
const pageTypes = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"

// maxPage bounds an index's page, in bytes. Pages of packages with thousands of files have a few MB.
const maxPage = 64 << 20

// errNotInIndex says that a place was reached and lacks the file.
var errNotInIndex = errors.New("pip's index has no such file")

// anchor finds where the links of an HTML page lead.
var anchor = regexp.MustCompile(`(?i)<a\s[^>]*?href\s*=\s*["']([^"']*)["']`)

// linkTo finds the file of this name among the links of a page, JSON or HTML, that came from base.
func linkTo(page []byte, base *url.URL, file string) (*url.URL, error) {
	var addresses []string
	if bytes.HasPrefix(bytes.TrimSpace(page), []byte("{")) {
		var index struct {
			Files []struct {
				URL string `json:"url"`
			} `json:"files"`
		}
		if err := json.Unmarshal(page, &index); err != nil {
			return nil, fmt.Errorf("the index's page can't be read: %w", err)
		}
		for _, f := range index.Files {
			addresses = append(addresses, f.URL)
		}
	} else {
		for _, found := range anchor.FindAllSubmatch(page, -1) {
			addresses = append(addresses, html.UnescapeString(string(found[1])))
		}
	}
	for _, address := range addresses {
		if link, err := base.Parse(address); err == nil && path.Base(link.Path) == file {
			link.Fragment = ""
			return link, nil
		}
	}
	return nil, errNotInIndex
}

// find looks for the package's file in every place that pip is told of: the index, folders and pages with links, and
// further indexes. If it is in none of them, the error is the first place's.
func (p PyPI) find(ctx context.Context, s pipSettings, what, dir string, r Report) (*url.URL, error) {
	page := url.PathEscape(p.Package) + "/"
	var places []string
	for _, index := range append([]string{s.index}, s.extra...) {
		if !s.noIndex {
			places = append(places, strings.TrimSuffix(index, "/")+"/"+page)
		}
	}
	var reason error
	for _, place := range append(places, s.findLinks...) {
		link, err := p.findIn(ctx, s, place, what, dir, r)
		if err == nil || ctx.Err() != nil {
			return link, err
		}
		if reason == nil {
			reason = err
		}
	}
	if reason == nil {
		reason = errors.New("pip's settings name no place to look in")
	}
	return nil, reason
}

// findIn looks for the package's file in a folder, or on a page.
func (p PyPI) findIn(ctx context.Context, s pipSettings, place, what, dir string, r Report) (*url.URL, error) {
	address, err := url.Parse(place)
	if err != nil {
		return nil, fmt.Errorf("pip's settings: %w", err)
	}
	if address.Scheme == "" || address.Scheme == "file" {
		file := filepath.Join(filepath.FromSlash(address.Path), p.File)
		if _, err := os.Stat(file); err != nil {
			return nil, errNotInIndex
		}
		return &url.URL{Scheme: "file", Path: filepath.ToSlash(file)}, nil
	}
	client, err := s.client(address.Host)
	if err != nil {
		return nil, err
	}
	asked := &asking{next: client.Transport, from: address}
	client.Transport = asked
	to := filepath.Join(dir, "page")
	if err := download(ctx, client, place, to, maxPage, what, r.notes()); err != nil {
		if status, ok := errors.AsType[statusError](err); ok && status == http.StatusNotFound {
			return nil, errNotInIndex
		}
		return nil, err
	}
	page, err := os.ReadFile(to)
	if err != nil {
		return nil, err
	}
	link, err := linkTo(page, asked.from, p.File)
	if err == nil {
		s.authorise(link)
	}
	return link, err
}

// asking asks for an index's page, and keeps the address that it came from after all redirections.
type asking struct {
	next http.RoundTripper
	from *url.URL
}

// RoundTrip implements [http.RoundTripper].
func (a *asking) RoundTrip(request *http.Request) (*http.Response, error) {
	a.from = request.URL
	request = request.Clone(request.Context())
	request.Header.Set("Accept", pageTypes)
	return a.next.RoundTrip(request)
}

// authorise gives an address the user and the password that the settings have for its host.
func (s pipSettings) authorise(link *url.URL) {
	for _, place := range append(append([]string{s.index}, s.extra...), s.findLinks...) {
		if known, err := url.Parse(place); err == nil && link.User == nil && known.Host == link.Host {
			link.User = known.User
		}
	}
}
