package backend

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/installer"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// candidate is a place where a backend may be found.
type candidate struct {
	name string
	find func(ctx context.Context, r fetch.Report) (Info, error)
}

// errAbsent says that a place has no plugin, which is not worth reporting.
var errAbsent = errors.New("no plugin there")

func isAbsent(err error) bool {
	return errors.Is(err, errAbsent) || errors.Is(err, fetch.ErrNotCached)
}

// candidates lists where to look, in order.
func candidates(o Options) ([]candidate, error) {
	if o.Device != "" && !slices.Contains(Devices, o.Device) {
		return nil, fmt.Errorf("unknown device %q: known are %s", o.Device, strings.Join(Devices, ", "))
	}
	if config, set := os.LookupEnv(compute.ConfigEnvVar); set && config != "" {
		return []candidate{{compute.ConfigEnvVar + "=" + config, func(context.Context, fetch.Report) (Info, error) {
			return fromEnvironment(config)
		}}}, nil
	}
	switch {
	case o.Device == "gpu" && !installer.HasNvidiaGPU():
		return nil, errors.New("device gpu: no NVIDIA driver is on this machine: install one, or take device auto or cpu")
	case o.Device == "gpu":
		return cuda(), nil
	case o.Device != "cpu" && installer.HasNvidiaGPU():
		return slices.Concat(cuda(), cpu(platform)), nil
	}
	return cpu(platform), nil
}

// platform is this machine's platform, in Go's names.
const platform = runtime.GOOS + "/" + runtime.GOARCH

// cpu lists the places of CPU plugins for a platform: first those on this machine, then those to fetch.
func cpu(platform string) []candidate {
	var here, there []candidate
	if platform == "linux/amd64" { // the pinned plugins are for this platform
		for _, p := range pinned {
			find := func(ctx context.Context, r fetch.Report) (Info, error) {
				path, err := p.Get(ctx, r)
				if err != nil {
					return Info{}, err
				}
				return describe(path, p.Sources[0].String())
			}
			here = append(here, candidate{p.Name, func(ctx context.Context, r fetch.Report) (Info, error) {
				return find(fetch.Offline(ctx), r)
			}})
			there = append(there, candidate{p.Name, find})
		}
	}
	install := func(ctx context.Context, r fetch.Report) (Info, error) { return installCPU(ctx, platform, r) }
	here = append(here,
		candidate{"go-xla's release", func(ctx context.Context, r fetch.Report) (Info, error) {
			return install(fetch.Offline(ctx), r)
		}},
		candidate{"plugin that go-xla knows", known("cpu")})
	there = append([]candidate{{"go-xla's release", install}}, there...)
	return slices.Concat(here, there)
}

// fromEnvironment reads GOMLX_BACKEND, "xla:<plugin name or path>,<options>" or
// "go".
func fromEnvironment(config string) (Info, error) {
	engine, rest, _ := strings.Cut(config, ":")
	if !slices.Contains(compute.List(), engine) {
		return Info{}, fmt.Errorf("there is no backend %q: known are %s", engine, strings.Join(compute.List(), ", "))
	}
	if engine == "go" {
		return Info{Config: config, Source: compute.ConfigEnvVar, Pure: true}, nil
	}
	path, _, _ := strings.Cut(rest, ",")
	if !filepath.IsAbs(path) {
		return Info{Config: config, Source: compute.ConfigEnvVar + "=" + config}, nil
	}
	info, err := describe(path, path+" ("+compute.ConfigEnvVar+")")
	info.Config = config
	return info, err
}

// describe checks a plugin's file and returns what is known about it.
func describe(path, source string) (Info, error) {
	if err := checkPlugin(path); err != nil {
		return Info{}, err
	}
	sum, err := fetch.SHA256(path)
	if err != nil {
		return Info{}, err
	}
	if strings.Contains(path, ",") {
		return Info{}, fmt.Errorf("%s has a comma, at which GoMLX cuts its configuration: move it (%s moves the cache)", path, fetch.CacheEnv)
	}
	return Info{Config: "xla:" + path, Plugin: path, SHA256: sum, Source: source}, nil
}
