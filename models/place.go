package models

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// place is where in a weight file the tensors of an architecture are: in one of the file's dicts, under names
// that begin with a prefix. A checkpoint has its state dict beside other things, and what wraps a network
// for training puts a prefix before every name: DataParallel "module.", torch.compile "_orig_mod.", a
// trainer's class the name of its field.
type place struct {
	dict
	prefix string // ends with a dot, or is empty
}

// String is how messages name a place: ["state_dict"] module.*; nothing for the file itself.
func (p place) String() string {
	text := p.subscript()
	if p.prefix != "" {
		text = strings.TrimSpace(text + " " + p.prefix + "*")
	}
	return fmt.Sprintf("%.120s", text)
}

// subscript leads to the dict in Python.
func (p place) subscript() (text string) {
	for _, key := range p.path {
		text += fmt.Sprintf("[%q]", key)
	}
	return text
}

// names are the names below the place, as the architecture has them, each with the file's own.
func (d stateDict) names(p place) map[string]string {
	names := map[string]string{}
	for file := range p.shapes {
		name, ok := strings.CutPrefix(file, p.prefix)
		if !ok {
			continue
		}
		newer := d.newer(name)
		if _, both := p.shapes[p.prefix+newer]; both {
			newer = name
		}
		names[newer] = file
	}
	return names
}

// newer is a name of today for one that older files have.
func (d stateDict) newer(name string) string {
	if d.older == nil {
		return name
	}
	return d.older.Replace(name)
}

// has tells whether all tensors of the architecture are below a place.
func (d stateDict) has(p place) bool {
	names := d.names(p)
	for name, shape := range d.shapes {
		file, ok := names[name]
		if shape != nil && (!ok || !slices.Equal(p.shapes[file], shape)) {
			return false
		}
	}
	return true
}

// misfit returns how the tensors below a place of a file differ from those of the architecture; nil if they
// do not.
func (d stateDict) misfit(title, path string, p place) error {
	got := map[string][]int{}
	for name, file := range d.names(p) {
		got[name] = p.shapes[file]
	}
	if where := p.String(); where != "" {
		path += " at " + where
	}
	return checkShapes(path, title, d.shapes, got)
}

// longest bounds the names that are looked for.
const longest = 256

// find returns the places that have all of the architecture's tensors, and the place that has the most of
// their names, for a message where there is none.
func (d stateDict) find(dicts []dict) (fits []place, nearest place) {
	required := 0
	for _, shape := range d.shapes {
		if shape != nil {
			required++
		}
	}
	most := -1
	for _, one := range dicts {
		counts := map[string]int{"": 0} // of the architecture's names, by what comes before them
		for file := range one.shapes {
			for at := 0; ; {
				if len(file)-at <= longest && d.shapes[d.newer(file[at:])] != nil {
					counts[file[:at]]++
				}
				dot := strings.IndexByte(file[at:], '.')
				if dot < 0 {
					break
				}
				at += dot + 1
			}
		}
		for _, prefix := range slices.Sorted(maps.Keys(counts)) {
			p := place{one, prefix}
			if counts[prefix] > most || (counts[prefix] == 0 && most == 0 && len(one.shapes) > len(nearest.shapes)) {
				most, nearest = counts[prefix], p
			}
			if counts[prefix] >= required && d.has(p) {
				fits = append(fits, p)
			}
		}
	}
	return fits, nearest
}

// choose returns the one place of a file that has the architecture's tensors, or an error that says how they
// differ, or how to keep one of several.
func (d stateDict) choose(title, path string, dicts []dict) (place, error) {
	fits, nearest := d.find(dicts)
	switch len(fits) {
	case 0:
		return place{}, d.misfit(title, path, nearest)
	case 1:
		return fits[0], d.misfit(title, path, fits[0]) // nor may there be others among them
	}
	var where []string
	for _, p := range fits[:min(len(fits), 4)] {
		name := p.String()
		if name == "" {
			name = "the names as they are"
		}
		where = append(where, name)
	}
	err := fmt.Errorf("%s holds the weights of %s %d times (%s): save a file of those alone that you want", path, title, len(fits), strings.Join(where, ", "))
	if !fits[0].torch {
		return place{}, err
	}
	return place{}, fmt.Errorf("%w, for example: %s", err, fits[0].alone(path))
}

// alone is a line of Python that saves what is below a place of PyTorch's file.
func (p place) alone(path string) string {
	load := fmt.Sprintf("torch.load(%q, map_location=\"cpu\")%s", path, p.subscript())
	if p.prefix != "" {
		load = fmt.Sprintf("{k: v for k, v in %s.items() if k.startswith(%q)}", load, p.prefix)
	}
	return fmt.Sprintf("import torch; torch.save(%s, \"weights.pth\")", load)
}
