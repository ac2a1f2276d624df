package models

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// place says where the tensors of an architecture are in a weight file: in one of the file's dicts, under names that
// begin with a prefix. A checkpoint holds a state dict and other things. A wrapper for training puts a prefix before
// every name: DataParallel "module.", torch.compile "_orig_mod.", and a trainer's class the name of its field.
type place struct {
	dict
	prefix string // ends with a dot, or is empty
}

// String is the place as errors show it: ["state_dict"] module.*; empty for the file's own value without a prefix.
func (p place) String() string {
	text := p.subscript()
	if p.prefix != "" {
		text = strings.TrimSpace(text + " " + p.prefix + "*")
	}
	return fmt.Sprintf("%.120s", text)
}

// subscript is the subscript in Python that leads from the file's value to the dict: ["state_dict"].
func (p place) subscript() (text string) {
	for _, key := range p.path {
		text += fmt.Sprintf("[%q]", key)
	}
	return text
}

// names maps the architecture's names of the tensors at a place to their names in the file.
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

// newer replaces the older name of a tensor by today's; other names stay as they are.
func (d stateDict) newer(name string) string {
	if d.older == nil {
		return name
	}
	return d.older.Replace(name)
}

// has tells whether all tensors of the architecture are at a place, in their shapes.
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

// misfit returns an error that says how the tensors at a place differ from those of the architecture; nil if they do
// not. title and path name the network and the file.
func (d stateDict) misfit(title, path string, p place) error {
	got := map[string][]int{}
	for name, file := range d.names(p) {
		got[name] = p.shapes[file]
	}
	if file, ok := d.elsewhere(p, got); ok && len(got) > 0 {
		other := slices.Min(slices.Collect(maps.Values(d.names(p))))
		return fmt.Errorf("%s: the names of the tensors of %s do not all have the same prefix, such as %.80q beside %.80q: save all with the same prefix, or without one", path, title, file, other)
	}
	if where := p.String(); where != "" {
		path += " at " + where
	}
	return checkShapes(path, title, d.shapes, got)
}

// elsewhere tells whether all tensors that are missing at a place are in the same dict under another prefix, and returns
// the name of one in the file. got has the names and shapes of those at the place.
func (d stateDict) elsewhere(p place, got map[string][]int) (file string, ok bool) {
	missing := map[string]bool{}
	for name, shape := range d.shapes {
		if _, there := got[name]; shape != nil && !there {
			missing[name] = true
		}
	}
	for _, path := range slices.Sorted(maps.Keys(p.shapes)) {
		for at := 0; len(missing) > 0; {
			if len(path)-at <= maxName {
				if found := d.newer(path[at:]); missing[found] && slices.Equal(p.shapes[path], d.shapes[found]) {
					delete(missing, found)
					file = path
				}
			}
			dot := strings.IndexByte(path[at:], '.')
			if dot < 0 {
				break
			}
			at += dot + 1
		}
	}
	return file, file != "" && len(missing) == 0
}

// maxName is the greatest length of a name that find looks for, in bytes: it bounds the time that a hostile file takes.
const maxName = 256

// find returns the places that have all of the architecture's tensors. nearest is the place with the most of their names,
// for the error if no place has all.
func (d stateDict) find(dicts []dict) (fits []place, nearest place) {
	required := 0
	for _, shape := range d.shapes {
		if shape != nil {
			required++
		}
	}
	most := -1
	for _, one := range dicts {
		counts := map[string]int{"": 0} // how many of the architecture's names follow each prefix
		for file := range one.shapes {
			for at := 0; ; {
				if len(file)-at <= maxName && d.shapes[d.newer(file[at:])] != nil {
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

// choose returns the only place of a file that has the architecture's tensors. If there is none, its error says how the
// tensors of the nearest place differ; if there are several, it says how to save one of them.
func (d stateDict) choose(title, path string, dicts []dict) (place, error) {
	fits, nearest := d.find(dicts)
	switch len(fits) {
	case 0:
		return place{}, d.misfit(title, path, nearest)
	case 1:
		return fits[0], d.misfit(title, path, fits[0]) // other tensors at that place are an error too
	}
	var where []string
	for _, p := range fits[:min(len(fits), 4)] {
		name := p.String()
		if name == "" {
			name = "the names as they are"
		}
		where = append(where, name)
	}
	err := fmt.Errorf("%s holds the weights of %s %d times (%s): save a file of only those that you want", path, title, len(fits), strings.Join(where, ", "))
	if !fits[0].torch {
		return place{}, err
	}
	return place{}, fmt.Errorf("%w, for example: %s", err, fits[0].alone(path))
}

// alone is a line of Python that saves only the tensors at a place of PyTorch's file.
func (p place) alone(path string) string {
	load := fmt.Sprintf("torch.load(%q, map_location=\"cpu\")%s", path, p.subscript())
	if p.prefix != "" {
		load = fmt.Sprintf("{k: v for k, v in %s.items() if k.startswith(%q)}", load, p.prefix)
	}
	return fmt.Sprintf("import torch; torch.save(%s, \"weights.pth\")", load)
}
