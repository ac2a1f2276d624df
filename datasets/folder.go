package datasets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// FolderPrefix begins the name of a data set of the user's own: folder:PATH, a folder that has a
// folder of pictures for each class, or folders train, test and perhaps val that have them.
const FolderPrefix = "folder:"

const (
	// folderSide bounds a picture in memory, where all of them are kept: larger ones are shrunk to
	// it, the aspect ratio kept. A picture then has 192 KiB at most.
	folderSide = 256
	// folderPictures bounds how many there may be: 4 GB.
	folderPictures = 20_000
	// folderTest is the share, in percent, that is drawn from each class for testing where the
	// folder has no test part.
	folderTest = 20
)

// partNames are what the folders of a part may be called.
var partNames = map[string]string{
	"train": "train", "training": "train",
	"val": "val", "valid": "val", "validation": "val",
	"test": "test", "testing": "test",
}

// folderFile is a file that should hold a picture.
type folderFile struct {
	path  string
	bytes int64
	label int32
	part  string // "train", "val" or "test"
}

// newFolder describes a folder by its files' names alone. A file that turns out to hold no picture is
// left out when the data set is loaded, and the sizes are less by it.
func newFolder(name string) (source, error) {
	root := strings.TrimPrefix(name, FolderPrefix)
	files, classes, ownTest, err := listFolder(root)
	if err != nil {
		return source{}, fmt.Errorf("%s: %w", name, err)
	}
	info := Info{
		Name:     name,
		Title:    filepath.Base(root),
		Classes:  classes,
		Channels: 3,
		Mirrors:  true,
		Split:    "its own parts",
		Source:   "your own folder",
		License:  "your own",
	}
	if !ownTest {
		info.Split = fmt.Sprintf("%d %% of each class, drawn once and for all, are for testing", folderTest)
	}
	for part, size := range map[string]*int{"train": &info.TrainSize, "val": &info.ValSize, "test": &info.TestSize} {
		for _, file := range files {
			if file.part == part {
				*size++
			}
		}
	}
	return source{Info: info, own: func(ctx context.Context, report fetch.Report) (parts, error) {
		return readFiles(ctx, files, info, report)
	}}, nil
}

// listFolder finds the pictures' files, sorted, and the classes, which are the folders' names; and
// tells whether the folder has a test part of its own, or it was drawn here.
func listFolder(root string) (files []folderFile, classes []string, ownTest bool, err error) {
	folders, err := subfolders(root)
	if err != nil {
		return nil, nil, false, err
	}
	byPart := map[string][]string{} // part to the folders that hold its class folders
	for _, folder := range folders {
		if part, ok := partNames[strings.ToLower(folder)]; ok {
			byPart[part] = append(byPart[part], filepath.Join(root, folder))
		}
	}
	ownTest = byPart["test"] != nil
	if byPart["train"] == nil {
		if len(byPart) > 0 {
			return nil, nil, false, errors.New("it has a test or validation part and no folder train")
		}
		byPart["train"] = []string{root}
	}
	known := map[string][]folderFile{} // class to files
	trained := map[string]bool{}
	for _, part := range slices.Sorted(maps.Keys(byPart)) {
		for _, folder := range byPart[part] {
			names, err := subfolders(folder)
			if err != nil {
				return nil, nil, false, err
			}
			for _, class := range names {
				found, err := pictures(filepath.Join(folder, class), part)
				if err != nil {
					return nil, nil, false, err
				}
				if len(found) > 0 {
					known[class] = append(known[class], found...)
					trained[class] = trained[class] || part == "train"
				}
			}
		}
	}
	classes = slices.Sorted(maps.Keys(known))
	for label, class := range classes {
		if !trained[class] {
			return nil, nil, false, fmt.Errorf("class %s has pictures and none of them for training", class)
		}
		if !ownTest {
			known[class] = drawTest(known[class])
		}
		for _, file := range known[class] {
			file.label = int32(label)
			files = append(files, file)
		}
	}
	if len(classes) < 2 {
		return nil, nil, false, fmt.Errorf("it has %d folders with pictures (%s), and 2 classes at least are needed: one folder for each class, or train and test with one for each class", len(classes), strings.Join(suffixes, " "))
	}
	if !slices.ContainsFunc(files, func(f folderFile) bool { return f.part == "test" }) {
		return nil, nil, false, errors.New("it has no picture for testing: a class needs 2 pictures, or the folder a test part")
	}
	if len(files) > folderPictures {
		return nil, nil, false, fmt.Errorf("it has %d pictures, and %d at most can be held in memory", len(files), folderPictures)
	}
	return files, classes, ownTest, nil
}

// subfolders lists the folders in a folder, hidden ones left out.
func subfolders(folder string) (names []string, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("%s can't be read as a folder: %w", folder, withoutPath(err))
	}
	for _, entry := range entries {
		// Stat, because data sets are often put together from links.
		info, err := os.Stat(filepath.Join(folder, entry.Name()))
		if err == nil && info.IsDir() && !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// pictures lists the files in a class's folder that should hold pictures. Folders in it are not
// looked into.
func pictures(folder, part string) (files []folderFile, err error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("%s can't be read as a folder: %w", folder, withoutPath(err))
	}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") || !slices.Contains(suffixes, strings.ToLower(filepath.Ext(name))) {
			continue
		}
		file := folderFile{path: filepath.Join(folder, name), part: part}
		info, err := os.Stat(file.path)
		if err == nil && info.IsDir() {
			continue
		}
		if err == nil {
			file.bytes = info.Size()
		}
		files = append(files, file)
	}
	return files, nil
}

// withoutPath is an error of the file system without the file's name.
func withoutPath(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// drawTest moves a share of a class's training files to the test part, one at least if there are two.
func drawTest(files []folderFile) []folderFile {
	var train []int
	for i, file := range files {
		if file.part == "train" {
			train = append(train, i)
		}
	}
	shuffle(train, 3)
	n := len(train) * folderTest / 100
	if n == 0 && len(train) > 1 {
		n = 1
	}
	for _, i := range train[:n] {
		files[i].part = "test"
	}
	return files
}

// readFiles decodes all files; what can't be read is skipped and told of.
func readFiles(ctx context.Context, files []folderFile, info Info, report fetch.Report) (all parts, err error) {
	images, failed := make([]Image, len(files)), make([]error, len(files))
	news := fetch.Progress{What: info.Title, Stage: "unpacking"}
	for _, file := range files {
		news.Total += file.bytes
	}
	var next atomic.Int64
	var mu sync.Mutex // of news
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(files) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				images[i], failed[i] = ReadImage(files[i].path)
				if failed[i] == nil {
					images[i] = images[i].within(folderSide)
				}
				mu.Lock()
				news.Done += files[i].bytes
				tell(report, news)
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	if ctx.Err() != nil {
		return parts{}, context.Cause(ctx)
	}
	news.Finished = true
	tell(report, news)
	trained := make([]bool, len(info.Classes))
	for i, file := range files {
		if failed[i] != nil {
			all.skipped = append(all.skipped, failed[i].Error())
			continue
		}
		sample := Sample{Image: images[i], Label: file.label}
		switch file.part {
		case "train":
			trained[file.label] = true
			all.train = append(all.train, sample)
		case "val":
			all.val = append(all.val, sample)
		case "test":
			all.test = append(all.test, sample)
		}
	}
	if label := slices.Index(trained, false); label >= 0 {
		return parts{}, fmt.Errorf("%s: class %s has no training picture that can be read (%d files can't)", info.Name, info.Classes[label], len(all.skipped))
	}
	if len(all.test) == 0 {
		return parts{}, fmt.Errorf("%s: no test picture can be read (%d files can't)", info.Name, len(all.skipped))
	}
	return all, nil
}

// within shrinks an image to a side, its aspect ratio kept; a smaller one stays as it is.
func (m Image) within(side int) Image {
	longer := max(m.Height, m.Width)
	if longer <= side {
		return m
	}
	return m.Scale(max(1, (m.Height*side+longer/2)/longer), max(1, (m.Width*side+longer/2)/longer))
}
