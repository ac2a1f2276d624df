package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// PyPI is a file inside a package of the Python registry, or of whichever index
// the user's pip is set to. Nothing of the package is run or installed: pip
// would run a source package's set-up script even to download it, so the
// file's address is found by unearth, and we download and unpack it.
type PyPI struct {
	Package, Version string
	Member           string // the file inside, as in [URL]
	Sdist            bool   // the source package, not a wheel
	Python           string // the Python version whose wheel to take, "3.11", where any would do; empty for this machine's
}

func (p PyPI) String() string { return fmt.Sprintf("the Python package %s %s", p.Package, p.Version) }

func (p PyPI) requirement() string { return p.Package + "==" + p.Version }

// Fetch implements [Source].
func (p PyPI) Fetch(ctx context.Context, a Artefact, dir string, r Report) (string, error) {
	tool, err := unearth(ctx, r)
	if err != nil && hopeless(err) {
		return "", err
	}
	path := ""
	if err == nil {
		path, err = p.direct(ctx, tool, a, dir, r)
	}
	if err == nil || ctx.Err() != nil {
		return path, err
	}
	if _, full := errors.AsType[*DiskError](onDisk(err)); full {
		return "", err
	}
	if p.Sdist && hopeless(err) {
		return "", err
	}
	if p.Sdist {
		return "", fmt.Errorf("%w (not left to pip, which would run the package's set-up script)", err)
	}
	r.note(a.Name, "asking", fmt.Sprintf("%v; trying pip itself", err))
	if err := empty(dir); err != nil {
		return "", err
	}
	path, pipErr := p.byPip(ctx, a, dir, r)
	switch {
	case pipErr == nil:
		return path, nil
	case hopeless(pipErr), errors.Is(pipErr, errNotInIndex):
		return "", pipErr
	}
	return "", fmt.Errorf("%w; %w", err, pipErr)
}

// direct finds the package file's address and downloads it.
func (p PyPI) direct(ctx context.Context, tool string, a Artefact, dir string, r Report) (string, error) {
	r.send(Progress{What: a.Name, Stage: "asking"})
	settings, err := readPipSettings(ctx)
	if err != nil {
		return "", err
	}
	link, err := p.resolve(ctx, tool, settings)
	if err != nil {
		return "", err
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

// resolve asks the user's index first, then the further places that their pip
// is told of. The two are asked apart because unearth leaves the registry out
// as soon as it is given any other place.
func (p PyPI) resolve(ctx context.Context, tool string, s pipSettings) (*url.URL, error) {
	var questions [][]string
	if s.index != "" && !s.noIndex {
		questions = append(questions, []string{"--index-url", s.index})
	} else if !s.noIndex {
		questions = append(questions, nil)
	}
	var further []string
	for _, place := range s.findLinks {
		if _, err := os.Stat(place); err == nil || strings.Contains(place, "://") {
			further = append(further, "--find-link", place)
		}
	}
	if !s.noIndex {
		for _, index := range s.extra {
			further = append(further, "--index-url", index)
		}
	}
	if further != nil {
		questions = append(questions, further)
	}
	var reason error // of the first place
	for _, question := range questions {
		link, err := p.ask(ctx, tool, s, question)
		if err == nil {
			return link, nil
		}
		if reason == nil {
			reason = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	if reason == nil {
		reason = errors.New("pip's settings name no place to look in")
	}
	return nil, reason
}

// ask runs unearth once.
func (p PyPI) ask(ctx context.Context, tool string, s pipSettings, places []string) (*url.URL, error) {
	args := []string{"-m", "unearth", "--link-only", "--only-binary"}
	if p.Sdist {
		args[3] = "--no-binary"
	}
	if p.Python != "" {
		args = append(args, "--python-version", p.Python)
	}
	for _, host := range s.trusted {
		args = append(args, "--trusted-host", host)
	}
	args = append(append(args, places...), p.requirement())
	command, err := python(ctx, args...)
	if err != nil {
		return nil, err
	}
	command.Env = append(command.Env, "PYTHONPATH="+filepath.Join(tool, "lib"))
	if s.cert != "" {
		command.Env = append(command.Env, "SSL_CERT_FILE="+s.cert)
	}
	if s.proxy != "" {
		command.Env = append(command.Env, "HTTPS_PROXY="+s.proxy, "HTTP_PROXY="+s.proxy)
	}
	out, err := output(ctx, command)
	if err != nil {
		return nil, err
	}
	link, err := url.Parse(lastLine(string(out)))
	if err != nil {
		return nil, err
	}
	s.authorize(link)
	return link, nil
}

// authorize gives an address the user and password that the settings have for
// its host; unearth prints stars in their place.
func (s pipSettings) authorize(link *url.URL) {
	if link.User != nil {
		link.User = nil
		for _, place := range slices.Concat([]string{s.index}, s.extra, s.findLinks) {
			if known, err := url.Parse(place); err == nil && known.Host == link.Host && known.User != nil {
				link.User = known.User
			}
		}
	}
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

// byPip downloads a wheel, which has no set-up script, with pip.
func (p PyPI) byPip(ctx context.Context, a Artefact, dir string, r Report) (string, error) {
	args := []string{"-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", dir}
	if p.Python != "" {
		args = append(args, "--python-version", p.Python)
	}
	command, err := python(ctx, append(args, p.requirement())...)
	if err != nil {
		return "", err
	}
	command.Env = append(command.Env, "TMPDIR="+dir) // the cache is where there is room
	r.send(Progress{What: a.Name, Stage: "running"})
	if _, err := output(ctx, command); err != nil {
		return "", err
	}
	wheels, err := fs.Glob(os.DirFS(dir), "*.whl")
	if err != nil || len(wheels) != 1 {
		return "", fmt.Errorf("pip left %d wheels, not one", len(wheels))
	}
	return unpack(filepath.Join(dir, wheels[0]), p.Member, filepath.Join(dir, "member"), a.limit(), a.Name, r)
}
