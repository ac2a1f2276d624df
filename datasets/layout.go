package datasets

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// partNames are the names of parts' folders.
var partNames = map[string]string{
	"train": "train", "training": "train",
	"val": "val", "valid": "val", "validation": "val",
	"test": "test", "testing": "test",
}

func (t *tree) part() string { return partNames[strings.ToLower(t.name())] }

// layout says how a folder's pictures, or texts, are used.
type layout struct {
	kind    *kind
	files   []folderFile // with labels and parts, sorted by class
	classes []string     // the folders' names, sorted
	ownTest bool         // the folder has a test part; else one is drawn
	notes   []string     // what is left out, and what was decided
}

// layOut finds the classes and the parts of a folder.
func layOut(root *tree) (layout, error) {
	byPart, taken, err := root.parts()
	if err != nil {
		return layout{}, err
	}
	l := layout{kind: root.kind, ownTest: byPart["test"] != nil, notes: taken}
	known := map[string][]folderFile{} // class to files
	folders := map[string][]*tree{}    // class to its folders
	trained := map[string]bool{}
	for _, part := range slices.Sorted(maps.Keys(byPart)) {
		for _, holder := range byPart[part] {
			for _, folder := range holder.folders {
				class := folder.name()
				folders[class] = append(folders[class], folder)
				for _, file := range folder.all() {
					file.part = part
					known[class] = append(known[class], file)
					trained[class] = trained[class] || part == "train"
				}
			}
		}
	}
	l.classes = slices.Sorted(maps.Keys(known))
	for _, class := range l.classes {
		if !utf8.ValidString(class) {
			return layout{}, fmt.Errorf("the name of its folder %q is not UTF-8, so that no file can record it: rename the folder", class)
		}
	}
	if len(l.classes) > 0 {
		if err := checkClasses(root.kind, folders, trained); err != nil {
			return layout{}, err
		}
	}
	if len(l.classes) < 2 {
		return layout{}, root.tooFewClasses(byPart)
	}
	for _, class := range l.classes {
		for _, folder := range folders[class] {
			if err := folder.checkParts(); err != nil {
				return layout{}, err
			}
		}
	}
	var untested []string
	for label, class := range l.classes {
		files := known[class]
		if !l.ownTest {
			files = drawTest(files)
		}
		if !slices.ContainsFunc(files, func(f folderFile) bool { return f.part == "test" }) {
			untested = append(untested, class)
		}
		for _, file := range files {
			file.label = int32(label)
			l.files = append(l.files, file)
		}
	}
	if len(untested) == len(l.classes) {
		return layout{}, fmt.Errorf("it has no %[1]s for testing: a class needs 2 %[1]ss, or the folder a test part", l.kind.one())
	}
	if len(untested) > 0 {
		l.notes = append(l.notes, "without a test "+l.kind.one()+": class "+strings.Join(atMostLines(untested), ", "))
	}
	if err := l.kind.tooMany(l.files); err != nil {
		return layout{}, err
	}
	l.notes = append(l.notes, root.leftOut(byPart)...)
	return l, nil
}

// parts decides whether the folders of a folder are parts or classes, and returns for each part the folders with its
// class folders. They are parts if all with files of its kind are called train, val, test or similar, and one of them has class
// folders. They are classes if none with such a name has only folders with such files. Otherwise it is an error, because
// both are possible.
func (root *tree) parts() (byPart map[string][]*tree, notes []string, err error) {
	var called, laidOut, others []*tree
	for _, folder := range root.folders {
		switch {
		case folder.part() == "" && len(folder.all()) > 0:
			others = append(others, folder)
		case folder.part() != "":
			called = append(called, folder)
			if len(folder.files) == 0 && len(folder.classes()) > 0 {
				laidOut = append(laidOut, folder)
			}
		}
	}
	if len(called) == 0 || len(laidOut) == 0 && len(others) > 0 {
		if len(called) > 0 {
			notes = append(notes, fmt.Sprintf("taken for classes, because they hold no class folders: %s", names(called)))
		}
		return map[string][]*tree{"train": {root}}, notes, nil
	}
	if len(others) > 0 {
		return nil, nil, fmt.Errorf("its folders %s hold folders of %ss, as parts do, and beside them there is %s, which is no part: if they are parts, move that elsewhere; if they are classes, give them other names",
			names(laidOut), root.kind.one(), names(others))
	}
	byPart = map[string][]*tree{}
	for _, folder := range called {
		byPart[folder.part()] = append(byPart[folder.part()], folder)
	}
	if byPart["train"] == nil {
		return nil, nil, errors.New("it has a test or validation part and no folder train")
	}
	for _, folder := range called {
		if len(folder.classes()) > 0 {
			continue
		}
		classes := "one for each class"
		for _, train := range byPart["train"] {
			if found := train.classes(); len(found) > 0 {
				classes += " (" + names(found) + ")"
			}
		}
		return nil, nil, fmt.Errorf("its folder %s has %s and no class folders: make folders in it, %s, or move it elsewhere", folder.name(), plural(len(folder.files), root.kind.one()), classes)
	}
	return byPart, nil, nil
}

// checkParts returns an error if a class's folder has parts in it, because they would be mixed.
func (t *tree) checkParts() error {
	var found []*tree
	parts := map[string]bool{}
	for _, folder := range t.classes() {
		if part := folder.part(); part != "" {
			found, parts[part] = append(found, folder), true
		}
	}
	if len(parts) < 2 {
		return nil
	}
	return fmt.Errorf("its folder %s holds folders %s: if it is a class, parts belong above it, as in %s; if it is a data set, name it, %s%s",
		t.name(), names(found), filepath.Join(found[0].name(), t.name()), FolderPrefix, t.path)
}

// tooFewClasses is the error of a folder with fewer than two classes.
func (root *tree) tooFewClasses(byPart map[string][]*tree) error {
	var found []*tree
	for _, folder := range byPart["train"] {
		found = append(found, folder.classes()...)
	}
	if len(found) == 1 && len(found[0].files) == 0 {
		return fmt.Errorf("it has one folder with %ss, %s, which holds folders of them (%s): is %s%s the data set?", root.kind.one(), found[0].name(), names(found[0].classes()), FolderPrefix, found[0].path)
	}
	others, _, _, _ := root.count()
	has := ""
	if len(others) > 0 {
		has = "; it has other files: " + suffixCounts(others)
	}
	files := root.kind.listed()
	if len(found) == 0 && root.kind != textFiles {
		files += " or " + textFiles.listed()
	}
	return fmt.Errorf("it has %s with %s, and 2 classes at least are needed: one folder for each class, or train and test with one for each class%s", plural(len(found), "folder"), files, has)
}

// checkClasses returns an error that names the classes without files, or without training files.
func checkClasses(kind *kind, folders map[string][]*tree, trained map[string]bool) error {
	var empty, untrained []string
	for _, class := range slices.Sorted(maps.Keys(folders)) {
		if trained[class] {
			continue
		}
		others, files := map[string]int{}, 0
		for _, folder := range folders[class] {
			found, _, _, _ := folder.count()
			for suffix, n := range found {
				others[suffix] += n
			}
			files += len(folder.all())
		}
		switch {
		case files > 0:
			untrained = append(untrained, class)
		case len(others) > 0:
			empty = append(empty, fmt.Sprintf("%s (it has other files: %s)", class, suffixCounts(others)))
		default:
			empty = append(empty, class+" (its folder is empty)")
		}
	}
	switch {
	case len(empty) > 0:
		return fmt.Errorf("no %s in class %s: put some in, or move the folder elsewhere", kind.listed(), strings.Join(atMostLines(empty), ", "))
	case len(untrained) > 0:
		return fmt.Errorf("class %s has %ss and none of them for training", strings.Join(atMostLines(untrained), ", "), kind.one())
	}
	return nil
}

// leftOut lists what of a folder is not used, by kind and number.
func (root *tree) leftOut(byPart map[string][]*tree) (lines []string) {
	others, hidden, loops, runs := root.count()
	if len(others) > 0 {
		lines = append(lines, fmt.Sprintf("left out, for their suffix: %s (%ss are %s)", suffixCounts(others), root.kind.one(), strings.Join(root.kind.suffixes, " ")))
	}
	beside := map[string][]folderFile{root.path: root.files}
	for _, folders := range byPart {
		for _, folder := range folders {
			beside[folder.path] = folder.files
		}
	}
	for _, folder := range slices.Sorted(maps.Keys(beside)) {
		if files := beside[folder]; len(files) > 0 {
			lines = append(lines, fmt.Sprintf("left out, because no class folder holds them: %s in %s, such as %s", plural(len(files), root.kind.one()), folder, filepath.Base(files[0].path)))
		}
	}
	if hidden > 0 {
		lines = append(lines, fmt.Sprintf("left out: %d hidden files or folders", hidden))
	}
	if runs > 0 {
		lines = append(lines, "left out, because it is no data: "+plural(runs, "run directory"))
	}
	if loops > 0 {
		lines = append(lines, "left out: "+plural(loops, "link")+" to a folder above")
	}
	return lines
}
