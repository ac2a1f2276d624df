package backend

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
)

// machines has the ELF names of the processors for which Go builds this program.
var machines = map[string]elf.Machine{
	"386":     elf.EM_386,
	"amd64":   elf.EM_X86_64,
	"arm64":   elf.EM_AARCH64,
	"ppc64le": elf.EM_PPC64,
	"riscv64": elf.EM_RISCV,
	"s390x":   elf.EM_S390,
}

// checkPlugin checks a plugin's file before it is loaded, because loading a damaged file, or one for another machine,
// could end the process.
func checkPlugin(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is not there", path)
	}
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is not a file", path)
	}
	if runtime.GOOS != "linux" {
		return nil
	}
	f, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("%s is damaged or no shared library (%v): remove it, or name another", path, err)
	}
	defer f.Close()
	if want := machines[runtime.GOARCH]; f.Machine != want || f.Type != elf.ET_DYN {
		return fmt.Errorf("%s is %v for %v, and this program needs a shared library for %v: remove it, or name another",
			path, f.Type, f.Machine, want)
	}
	for _, segment := range f.Progs {
		if int64(segment.Off+segment.Filesz) > info.Size() {
			return fmt.Errorf("%s is cut short: remove it, and it is fetched again where it came from", path)
		}
	}
	symbols, err := f.DynamicSymbols()
	if err != nil || !slices.ContainsFunc(symbols, func(s elf.Symbol) bool { return s.Name == "GetPjrtApi" }) {
		return fmt.Errorf("%s is no PJRT plugin: it lacks GetPjrtApi", path)
	}
	return nil
}
