package datasets

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxEntries bounds how many files and folders are listed, so that a mistake such as folder:/ ends soon.
const maxEntries = 500_000

// tree is a folder with its contents. Files and folders whose names start with a full stop, and __MACOSX, which macOS
// puts into archives, are hidden.
type tree struct {
	path    string
	kind    *kind          // of all of the tree
	files   []folderFile   // its own files with a suffix of that kind, sorted
	folders []*tree        // sorted
	others  map[string]int // the number of files of each other suffix
	hidden  int
	loops   int // links to a folder above this one, which are not followed
	runs    int // run directories, which have no data

	found map[*kind][]folderFile // its own files of each kind, before one is chosen
}

// readTree lists a folder and all folders below it. It follows links, because many data sets are made of them.
func readTree(path string) (*tree, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%s can't be read as a folder: %w", path, withoutPath(err))
	}
	seen := 0
	root, err := growTree(path, []os.FileInfo{info}, &seen)
	if err != nil {
		return nil, err
	}
	return root, root.chooseKind()
}

// growTree lists a folder below others.
func growTree(path string, in []os.FileInfo, seen *int) (*tree, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, fmt.Errorf("%s can't be read as a folder: %w", path, withoutPath(err))
	}
	if *seen += len(entries); *seen > maxEntries {
		return nil, fmt.Errorf("it has more than %d files: is it the right folder?", maxEntries)
	}
	t := &tree{path: path, others: map[string]int{}, found: map[*kind][]folderFile{}}
	for _, entry := range entries {
		name := entry.Name()
		file := folderFile{path: filepath.Join(path, name)}
		info, err := os.Stat(file.path)
		suffix := strings.ToLower(filepath.Ext(name))
		switch {
		case strings.HasPrefix(name, ".") || name == "__MACOSX":
			t.hidden++
		case err == nil && info.IsDir() && isRun(file.path):
			t.runs++
		case err == nil && info.IsDir():
			if slices.ContainsFunc(in, func(above os.FileInfo) bool { return os.SameFile(above, info) }) {
				t.loops++
				continue
			}
			folder, err := growTree(file.path, append(in[:len(in):len(in)], info), seen)
			if err != nil {
				return nil, err
			}
			t.folders = append(t.folders, folder)
		case err == nil && !info.Mode().IsRegular():
			t.others[suffix+" that is no file"]++ // such as a pipe, which has no end
		case kindOf(suffix) == nil:
			t.others[suffix]++
		default:
			if err == nil { // else reading it gives the reason
				file.bytes = info.Size()
			}
			t.found[kindOf(suffix)] = append(t.found[kindOf(suffix)], file)
		}
	}
	return t, nil
}

// isRun tells whether a folder is a run directory: a run may be in the folder of its data.
func isRun(path string) bool {
	_, record := os.Stat(filepath.Join(path, "program.json"))
	_, state := os.Stat(filepath.Join(path, "state"))
	return record == nil && state == nil
}

func (t *tree) name() string { return filepath.Base(t.path) }

// all returns the pictures, or the texts, of a folder and of all below it: its own first.
func (t *tree) all() []folderFile {
	files := slices.Clone(t.files)
	for _, folder := range t.folders {
		files = append(files, folder.all()...)
	}
	return files
}

// classes returns the folders in a folder that have pictures, or texts, directly or below.
func (t *tree) classes() (folders []*tree) {
	for _, folder := range t.folders {
		if len(folder.all()) > 0 {
			folders = append(folders, folder)
		}
	}
	return folders
}

// count counts, over a folder and all below it, the files of other suffixes, hidden entries, loops and runs.
func (t *tree) count() (others map[string]int, hidden, loops, runs int) {
	others, hidden, loops, runs = maps.Clone(t.others), t.hidden, t.loops, t.runs
	for _, folder := range t.folders {
		more, h, l, r := folder.count()
		for suffix, n := range more {
			others[suffix] += n
		}
		hidden, loops, runs = hidden+h, loops+l, runs+r
	}
	return others, hidden, loops, runs
}

// suffixCounts lists how many files have which suffix, the largest number first: "12 .txt, 1 without a suffix".
func suffixCounts(others map[string]int) string {
	names := slices.SortedFunc(maps.Keys(others), func(a, b string) int {
		return cmp.Or(cmp.Compare(others[b], others[a]), cmp.Compare(a, b))
	})
	const most = 8
	var counts []string
	for _, suffix := range names[:min(len(names), most)] {
		counts = append(counts, fmt.Sprintf("%d %s", others[suffix], cmp.Or(suffix, "without a suffix")))
	}
	if more := len(names) - most; more > 0 {
		counts = append(counts, fmt.Sprintf("%d other suffixes", more))
	}
	return strings.Join(counts, ", ")
}

// plural counts things: "1 file", "2 files".
func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if stem, ok := strings.CutSuffix(thing, "y"); ok {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// names lists the folders' names; it cuts a long list.
func names(folders []*tree) string {
	const most = 10
	var all []string
	for _, folder := range folders[:min(len(folders), most)] {
		all = append(all, folder.name())
	}
	if more := len(folders) - most; more > 0 {
		all = append(all, fmt.Sprintf("%d more", more))
	}
	return strings.Join(all, ", ")
}
