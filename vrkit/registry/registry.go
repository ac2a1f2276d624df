// Package registry keeps methods by name: the input manipulations and the output alignments. A method is a struct. Its
// exported fields are its settings (hyper-parameters): a run records them as JSON, and the command line has a flag for
// each that has a usage. So a method, also a user's own, is opened again from its record without more code.
package registry

import (
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Method is a struct with a name. The field tags are
//
//	json:"patch"                       the setting's name, in the record and on the command line; "-" for no setting
//	usage:"SMM: patch size in pixels"  the flag's help text; without it the setting has no flag
//
// Fields are integers, floats, texts and truth values; a struct of settings that several methods share may be embedded. If
// a method has MarshalJSON, its result is the record.
type Method interface{ Name() string }

// Checked is a method that can tell that a setting is wrong, by a [SettingError].
type Checked interface{ Check() error }

// Registry holds the methods of one kind.
type Registry[M Method] struct {
	kind    string // in messages: "input manipulation"
	methods []M    // with the default settings, in the order of lists
}

// Of returns a registry of these methods. Their settings are the defaults.
func Of[M Method](kind string, methods ...M) *Registry[M] {
	r := &Registry[M]{kind: kind}
	for _, m := range methods {
		r.Register(m)
	}
	return r
}

// Register adds a method, whose settings are the defaults. It panics if the name is taken, because a program has one
// method of a name. Call it before runs are opened, as from an init function.
func (r *Registry[M]) Register(m M) {
	if reflect.TypeOf(m).Kind() != reflect.Struct {
		panic(fmt.Errorf("the %s %s is a %T, but a method is a struct: register its value, not a pointer", r.kind, m.Name(), m))
	}
	if slices.Contains(r.Names(), m.Name()) {
		panic(fmt.Errorf("the name of the %s %q is taken: take another", r.kind, m.Name()))
	}
	r.methods = append(r.methods, m)
}

// Names lists the methods.
func (r *Registry[M]) Names() []string {
	names := make([]string, len(r.methods))
	for i, m := range r.methods {
		names[i] = m.Name()
	}
	return names
}

// New returns the method of that name with its default settings. The error of an unknown name lists the known ones.
func (r *Registry[M]) New(name string) (M, error) {
	return r.make(name, func(reflect.Value) error { return nil })
}

// Restore returns the method of that name with recorded settings. A setting that is not in the record has its default;
// one that is not the method's is left out.
func (r *Registry[M]) Restore(name string, settings map[string]any) (M, error) {
	return r.make(name, func(method reflect.Value) error {
		data, err := json.Marshal(settings)
		if err == nil {
			err = json.Unmarshal(data, method.Addr().Interface())
		}
		if err != nil {
			return fmt.Errorf("the recorded settings of %s are damaged: %w", name, err)
		}
		return nil
	})
}

// Flags declares a flag for each setting that has a usage. Methods that share a setting share its flag. It returns how
// to make a method from the flags after they are parsed; the flags of other methods do not matter for it.
func (r *Registry[M]) Flags(set *flag.FlagSet, names ...string) func(name string) (M, error) {
	for _, m := range r.methods {
		value := reflect.ValueOf(m)
		for _, f := range settings(value.Type()) {
			if f.usage == "" || set.Lookup(f.name) != nil || !slices.Contains(names, m.Name()) {
				continue
			}
			switch initial := value.FieldByIndex(f.index).Interface().(type) {
			case int:
				set.Int(f.name, initial, f.usage)
			case float64:
				set.Float64(f.name, initial, f.usage)
			case string:
				set.String(f.name, initial, f.usage)
			case bool:
				set.Bool(f.name, initial, f.usage)
			default:
				panic(fmt.Errorf("%s: the setting %s is a %T, which no flag can be", m.Name(), f.name, initial))
			}
		}
	}
	return func(name string) (M, error) {
		return r.make(name, func(method reflect.Value) error {
			given := map[string]any{}
			set.Visit(func(f *flag.Flag) { given[f.Name] = f.Value.(flag.Getter).Get() })
			for _, f := range settings(method.Type()) {
				if value, ok := given[f.name]; ok && f.usage != "" {
					method.FieldByIndex(f.index).Set(reflect.ValueOf(value))
				}
			}
			return nil
		})
	}
}

// make returns a copy of the method of that name, after change and its own check.
func (r *Registry[M]) make(name string, change func(method reflect.Value) error) (made M, err error) {
	at := slices.Index(r.Names(), name)
	if at < 0 {
		return made, fmt.Errorf("no %s is called %q; known: %s", r.kind, name, strings.Join(r.Names(), ", "))
	}
	method := reflect.New(reflect.TypeOf(r.methods[at])).Elem()
	method.Set(reflect.ValueOf(r.methods[at]))
	if err := change(method); err != nil {
		return made, err
	}
	filled := method.Interface().(M)
	if checked, ok := any(filled).(Checked); ok {
		if err := checked.Check(); err != nil {
			return made, err
		}
	}
	return filled, nil
}

// Settings are a method's settings as a run records them, by name, with numbers as JSON has them. A method without
// settings has none.
func Settings(m Method) (map[string]any, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("the settings of %s can't be recorded: %w", m.Name(), err)
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("the settings of %s are no JSON object: %w", m.Name(), err)
	}
	return all, nil
}

// setting is a field of a method.
type setting struct {
	name, usage string
	index       []int // as reflect.Value.FieldByIndex takes it
}

// settings lists the fields of a method's type, with those of structs that are embedded in it.
func settings(t reflect.Type) (all []setting) {
	for _, field := range reflect.VisibleFields(t) {
		if field.Anonymous {
			continue
		}
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		all = append(all, setting{cmp.Or(name, field.Name), field.Tag.Get("usage"), field.Index})
	}
	return all
}
