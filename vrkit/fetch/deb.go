package fetch

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Deb is a file inside a Debian package. apt-get fetches the package, without root and with the user's settings of apt
// (mirror, proxy, keys); nothing of it is installed or run. The package is kept in the cache, in packages/, because a
// data set often has several files in one package. A package that somebody puts there is used, so that it can come from
// another machine.
//
// If apt does not have this version, another one is used: the file's hash decides whether it is the right file.
type Deb struct {
	Package, Version string
	Member           string // the file inside: its path, or a pattern as in [URL]
	Gunzip           bool   // the file is compressed with gzip, and the asset is its contents
}

func (d Deb) String() string { return fmt.Sprintf("the Debian package %s %s", d.Package, d.Version) }

// Fetch implements [Source].
func (d Deb) Fetch(ctx context.Context, a Asset, dir string, r Report) (string, error) {
	path, err := d.Get(ctx, a.Name, r)
	if err != nil {
		return "", err
	}
	to := filepath.Join(dir, "member")
	if err := d.extract(path, to, a, r); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return to, nil
}

// extract writes the member to the file at to; it does not use any path in the package.
func (d Deb) extract(path, to string, a Asset, r Report) error {
	deb, err := OpenDeb(path)
	if err != nil {
		return err
	}
	defer deb.Close()
	for {
		entry, err := deb.Next()
		if err == io.EOF {
			return fmt.Errorf("it holds no %s", d.Member)
		}
		if err != nil {
			return fmt.Errorf("it can't be unpacked: %w", err)
		}
		if entry.Typeflag != tar.TypeReg || !matches(d.Member, entry.Name) {
			continue
		}
		content, total := io.Reader(deb), entry.Size
		if d.Gunzip {
			if content, err = gzip.NewReader(deb); err != nil {
				return fmt.Errorf("%s: %w", d.Member, err)
			}
			total = a.Size
		}
		return write(content, to, a.limit(), total, a.Name, r)
	}
}

// Get returns the path of the package file in the cache; it fetches it first if it is not there. what is the name for
// progress.
func (d Deb) Get(ctx context.Context, what string, r Report) (path string, err error) {
	packages, err := subdir("packages")
	if err != nil {
		return "", err
	}
	if path := d.kept(packages); path != "" {
		return path, nil
	}
	if IsOffline(ctx) {
		return "", fmt.Errorf("%s: %w", d, ErrNotCached)
	}
	unlock, err := Lock(ctx, d.Package, r)
	if err != nil {
		return "", err
	}
	defer unlock()
	if path := d.kept(packages); path != "" { // the process that we waited for has fetched it
		return path, nil
	}
	partial, err := subdir("partial", d.Package+".deb")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(partial)
	if err := empty(partial); err != nil {
		return "", err
	}
	got, err := d.byApt(ctx, partial, what, r)
	if err != nil {
		if ctx.Err() == nil {
			err = fmt.Errorf("%w (or run apt-get download %s on another machine and put the file into %s)", err, d.Package, packages)
		}
		return "", err
	}
	path = filepath.Join(packages, filepath.Base(got))
	return path, os.Rename(got, path)
}

// kept returns the package file in the cache, this version if there are several; "" if there is none.
func (d Deb) kept(packages string) string {
	files, _ := filepath.Glob(filepath.Join(packages, d.Package+"_*.deb"))
	if len(files) == 0 {
		return ""
	}
	// apt writes the colon of a version as %3a.
	wanted := d.Package + "_" + strings.ReplaceAll(d.Version, ":", "%3a") + "_"
	at := slices.IndexFunc(files, func(f string) bool { return strings.HasPrefix(filepath.Base(f), wanted) })
	return files[max(at, 0)]
}

// aptLine matches a line in which apt-get announces a file: 'address' name size hash.
var aptLine = regexp.MustCompile(`(?m)^'[^']*' ([^ /]+\.deb) ([0-9]+)`)

// byApt lets apt-get download the package into a folder.
func (d Deb) byApt(ctx context.Context, dir, what string, r Report) (path string, err error) {
	apt, err := exec.LookPath("apt-get")
	if err != nil {
		return "", errors.New("apt-get is not in PATH, so this is no Debian or Ubuntu")
	}
	r.send(Progress{What: what, Stage: "asking"})
	for _, wanted := range []string{d.Package + "=" + d.Version, d.Package} {
		var out []byte
		if out, err = output(ctx, aptCommand(ctx, apt, dir, "--print-uris", "download", wanted)); err != nil {
			continue
		}
		file := aptLine.FindSubmatch(out)
		if file == nil {
			return "", fmt.Errorf("apt-get says nothing of where %s is: %q", wanted, lastLine(string(out)))
		}
		size, _ := strconv.ParseInt(string(file[2]), 10, 64)
		path = filepath.Join(dir, string(file[1]))
		return path, aptDownload(ctx, aptCommand(ctx, apt, dir, "download", wanted), path, size, what, r)
	}
	if ctx.Err() == nil {
		err = fmt.Errorf("%w; if apt's lists are empty or old, run apt-get update as root, then try again", err)
	}
	return "", err
}

// aptCommand runs apt-get in a folder, into which it downloads.
func aptCommand(ctx context.Context, apt, dir string, args ...string) *exec.Cmd {
	settings := []string{"--quiet", "-o", "Acquire::Retries=3"}
	if os.Geteuid() == 0 {
		settings = append(settings, "-o", "APT::Sandbox::User=root") // because the folder belongs to root
	}
	command := exec.CommandContext(ctx, apt, append(settings, args...)...)
	command.Dir = dir
	command.Env = append(os.Environ(), "LC_ALL=C")
	return command
}

// aptDownload runs a download and reports its progress, which apt writes in percent to a file descriptor of its own.
func aptDownload(ctx context.Context, command *exec.Cmd, path string, size int64, what string, r Report) error {
	news, status, err := os.Pipe()
	if err != nil {
		return err
	}
	defer news.Close()
	command.ExtraFiles = []*os.File{status} // becomes file 3
	command.Args = slices.Insert(command.Args, 1, "-o", "APT::Status-Fd=3")
	told := make(chan struct{})
	go func() {
		defer close(told)
		for lines := bufio.NewScanner(news); lines.Scan(); {
			if fields := strings.Split(lines.Text(), ":"); len(fields) > 2 && fields[0] == "dlstatus" {
				percent, _ := strconv.ParseFloat(fields[2], 64)
				r.send(Progress{What: what, Stage: "downloading", Done: int64(percent / 100 * float64(size)), Total: size})
			}
		}
	}()
	_, err = output(ctx, command)
	status.Close()
	news.SetDeadline(time.Now()) // a child of apt that still runs may hold the other end
	<-told
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err == nil && info.Size() != size {
		err = fmt.Errorf("apt-get left %d bytes, not %d", info.Size(), size)
	}
	return err
}
