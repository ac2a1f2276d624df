package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/mattn/go-shellwords"

	"github.com/vrkit-go/reprogram/datasets"
)

// names splits a flag's value at its commas. A name with a comma is in double quotes, as in CSV. Two names of the same
// thing are an error, because its runs would count twice; identity returns what a name stands for.
func names(flag, text string, identity func(name string) string) (all []string, err error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.TrimLeadingSpace = true
	fields, err := reader.Read()
	if err == io.EOF {
		return nil, nil
	}
	if err == nil {
		_, err = reader.Read()
	}
	if err != io.EOF {
		return nil, fmt.Errorf(`-%s: the quotes of %s don't match: a name that has a comma stands in double quotes, as in "a,b",c`, flag, text)
	}
	seen := map[string]string{}
	for _, name := range fields {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		switch before, twice := seen[identity(name)]; {
		case twice && before == name:
			return nil, fmt.Errorf("-%s: %s is there twice: write it once", flag, name)
		case twice:
			return nil, fmt.Errorf("-%s: %s and %s are the same: write one of them", flag, before, name)
		}
		seen[identity(name)] = name
		all = append(all, name)
	}
	return all, nil
}

// itself is the identity of a name that has no other form.
func itself(name string) string { return name }

// dataIdentity is the identity of a data set: for a user's own its real path, however it is written.
func dataIdentity(name string) string {
	prefix, path, own := datasets.Own(datasets.Absolute(name))
	if !own {
		return name
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	return prefix + path
}

// words splits a plan's line as a shell does: what stands in quotes, or after a backslash, is taken as it is, and a #
// that begins a word begins a comment. Nothing else has a meaning of its own.
func words(line string) ([]string, error) {
	if !utf8.ValidString(line) {
		return nil, errors.New("this is no UTF-8 text: save the plan as UTF-8")
	}
	parser := shellwords.NewParser()
	parser.ParseComment = true
	parser.SetExcludeSeparators([]rune(";&|<>()`$")...)
	all, err := parser.Parse(line)
	if err != nil {
		return nil, errors.New(`a quote is not closed: close it, or write \" or \' for one that is part of a name`)
	}
	return all, nil
}
