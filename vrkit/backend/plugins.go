package backend

import (
	"os"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// plugin is a CPU plugin for linux/amd64, pinned by its SHA-256.
type plugin struct {
	fetch.Asset
	// flags are XLA_FLAGS that this file is known to accept and that make it faster: a plugin ends the process if it
	// does not know a flag.
	flags string
}

// onednn lets oneDNN compute convolutions and products; this build of XLA contains it, but does not use it by default.
// The last, empty flag switches off YNNPACK, which would be used instead. docs/performance.md says how much faster it
// is.
const onednn = "--xla_cpu_use_onednn=true --xla_cpu_experimental_onednn_custom_call=true --xla_cpu_experimental_ynn_fusion_type="

// pinned are the CPU plugins in Python packages, best first. None of them needs Python to run.
var pinned = []plugin{
	{Asset: fetch.Asset{
		Name:     "XLA CPU plugin (lammps-jax-pjrt-cpu 0.11.2)",
		File:     "plugins/lammps-jax-pjrt-cpu-0.11.2/pjrt_c_api_cpu_plugin.so",
		SHA256:   "ad1309ac822b1b24d51b7f9947c7c9fa9ef5d67f390584cbc3d1fa2428fed9c2",
		Size:     201600336,
		Download: 62711338,
		License:  "Apache-2.0",
		Homepage: "https://github.com/openxla/xla",
		Sources: []fetch.Source{fetch.PyPI{Package: "lammps-jax-pjrt-cpu",
			File:   "lammps_jax_pjrt_cpu-0.11.2-py3-none-manylinux_2_27_x86_64.whl",
			Member: "lammps_jax_pjrt_cpu/pjrt_c_api_cpu_plugin.so"}},
	}, flags: onednn},
	{Asset: fetch.Asset{
		Name:     "XLA CPU plugin (xla-cpu-pjrt 0.0.1)",
		File:     "plugins/xla-cpu-pjrt-0.0.1/pjrt_c_api_cpu_plugin.so",
		SHA256:   "88c3f28c5900f48ad4a82cab9e79bba9537809743395e341485f8794268820dc",
		Size:     259284552,
		Download: 63461052,
		License:  "Apache-2.0 (XLA's; the package names none)",
		Homepage: "https://github.com/openxla/xla",
		Sources: []fetch.Source{fetch.PyPI{Package: "xla-cpu-pjrt",
			File:   "xla_cpu_pjrt-0.0.1-py3-none-manylinux_2_27_x86_64.whl",
			Member: "xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so"}},
	}},
	{Asset: fetch.Asset{
		Name:     "XLA CPU plugin (fastatomstruct-xla-cpu 2026.6.23)",
		File:     "plugins/fastatomstruct-xla-cpu-2026.6.23/pjrt_c_api_cpu_plugin.so",
		SHA256:   "0a0fe56ca17be9efc7b942e89e534e5e0ad4a0f1e369b66d27b62184509015b9",
		Size:     273768800,
		Download: 63200622,
		License:  "Apache-2.0",
		Homepage: "https://github.com/zml/pjrt-artifacts",
		Sources: []fetch.Source{fetch.PyPI{Package: "fastatomstruct-xla-cpu",
			File:   "fastatomstruct_xla_cpu-2026.6.23-py3-none-manylinux_2_27_x86_64.whl",
			Member: "fastatomstruct_xla_cpu/libpjrt_cpu.so"}},
	}},
}

// Pinned returns the pinned plugins' assets, to list sizes and licences.
func Pinned() []fetch.Asset {
	var all []fetch.Asset
	for _, p := range pinned {
		all = append(all, p.Asset)
	}
	return all
}

// flagsEnv names the environment variable that a plugin reads when it is loaded.
const flagsEnv = "XLA_FLAGS"

// flagsFor returns the XLA flags for a plugin: the user's if there are any, else those of the pinned plugin with this
// SHA-256.
func flagsFor(sha256 string) string {
	if set, ok := os.LookupEnv(flagsEnv); ok {
		return set
	}
	for _, p := range pinned {
		if p.SHA256 == sha256 {
			return p.flags
		}
	}
	return ""
}
