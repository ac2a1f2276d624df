package datasets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// FolderPrefix starts the name of a user's own folder: folder:PATH. PATH is a folder with a folder of pictures, or of
// .txt files, for each class, or with folders train, test and perhaps val that have those. Files in folders below a
// class's folder belong to the class. Folders are parts only if all with such files have such names and class folders;
// else train, test and val are classes like others. A file that can't be read, has another suffix or is hidden, and a
// copy of a text, is left out and reported; a class without files, and a folder of pictures with more texts, is an error.
const FolderPrefix = "folder:"

const (
	// folderSide bounds the side of a picture in memory, where all are kept: larger ones are shrunk to it, and keep
	// their aspect ratio. A picture then has at most 192 KiB.
	folderSide = 256
	// folderPictures bounds the number of pictures: 4 GB.
	folderPictures = 20_000
	// folderTest is the share, in percent, of each class that is drawn for testing if the folder has no test part.
	folderTest = 20
)

// folderFile is a file of a folder's kind.
type folderFile struct {
	path  string
	bytes int64
	label int32
	part  string // "train", "val" or "test"
}

// newFolder describes a folder by the names of its files. Files that are no pictures are left out when the data set is
// loaded, and the sizes become smaller.
func newFolder(name string) (source, error) {
	root := strings.TrimPrefix(name, FolderPrefix)
	if name := Absolute(name); !utf8.ValidString(name) {
		return source{}, fmt.Errorf("the path %q is not UTF-8, so that no run can record it: rename the folder", strings.TrimPrefix(name, FolderPrefix))
	}
	listed, err := readTree(root)
	var l layout
	if err == nil {
		l, err = layOut(listed)
	}
	if err != nil {
		return source{}, fmt.Errorf("%s: %w", name, err)
	}
	info := Info{
		Name:     name,
		Title:    filepath.Base(root),
		Modality: l.kind.modality,
		Classes:  l.classes,
		Split:    "its own parts",
		Source:   "your own folder",
		License:  "your own",
	}
	if l.kind == pictureFiles {
		info.Channels, info.Mirrors = 3, true
	}
	if !l.ownTest {
		info.Split = drawnSplit
	}
	for _, file := range l.files {
		switch file.part {
		case "train":
			info.TrainSize++
		case "val":
			info.ValSize++
		case "test":
			info.TestSize++
		}
	}
	return source{Info: info, own: func(ctx context.Context, report fetch.Report) (parts, error) {
		all, err := readFiles(ctx, l, info, report)
		all.left = append(l.notes, all.left...)
		return all, err
	}}, nil
}

// withoutPath is an error of the file system without the file's name.
func withoutPath(err error) error {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// drawTest moves a share of a class's training files to the test part, at least one if there are two.
func drawTest(files []folderFile) []folderFile {
	var train []int
	for i, file := range files {
		if file.part == "train" {
			train = append(train, i)
		}
	}
	for _, i := range forTesting(train) {
		files[i].part = "test"
	}
	return files
}

// forTesting draws the share of a class's training samples, given by number, that goes to the test part: at least one if
// there are two.
func forTesting(train []int) []int {
	shuffle(train, 3)
	n := len(train) * folderTest / 100
	if n == 0 && len(train) > 1 {
		n = 1
	}
	return train[:n]
}

// drawnSplit describes parts of which forTesting draws the test part.
var drawnSplit = fmt.Sprintf("%d %% of each class, drawn once and for all, are for testing", folderTest)

// readFiles decodes all files. It leaves out those that can't be read, and copies of texts.
func readFiles(ctx context.Context, l layout, info Info, report fetch.Report) (all parts, err error) {
	files := l.files
	samples, failed := make([]Sample, len(files)), make([]error, len(files))
	news := fetch.Progress{What: info.Title, Stage: "unpacking"}
	for _, file := range files {
		news.Total += file.bytes
	}
	var next atomic.Int64
	var mu sync.Mutex // for progress
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(files) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				samples[i], failed[i] = l.kind.read(files[i].path)
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
	for i, file := range files {
		if failed[i] != nil {
			all.unreadable = append(all.unreadable, fmt.Sprintf("%s %s", file.path, failed[i]))
			continue
		}
		sample := samples[i]
		sample.Label = file.label
		switch file.part {
		case "train":
			all.train = append(all.train, sample)
		case "val":
			all.val = append(all.val, sample)
		case "test":
			all.test = append(all.test, sample)
		}
	}
	if err := checkRead(all, files, failed, info); err != nil || l.kind == pictureFiles {
		return all, err
	}
	if err := all.apart(info.Classes); err != nil {
		return all, fmt.Errorf("%s: %w", info.Name, err)
	}
	return all, nil
}

// checkRead returns an error if no training file of a class, or no file of a part, can be read.
func checkRead(all parts, files []folderFile, failed []error, info Info) error {
	trained := make([]bool, len(info.Classes))
	for _, sample := range all.train {
		trained[sample.Label] = true
	}
	if label := slices.Index(trained, false); label >= 0 {
		n, example := 0, ""
		for i, file := range files {
			if int(file.label) == label && file.part == "train" {
				if n++; n == 1 {
					example = fmt.Sprintf("%s %s", file.path, failed[i])
				}
			}
		}
		return fmt.Errorf("%s: class %s has no training %s that can be read, of %s, such as: %s", info.Name, info.Classes[label], info.Modality, plural(n, "file"), example)
	}
	for _, part := range []struct {
		name string
		had  int
		has  []Sample
	}{{"test", info.TestSize, all.test}, {"validation", info.ValSize, all.val}} {
		if part.had > 0 && len(part.has) == 0 {
			return fmt.Errorf("%s: no %s %s can be read, of %s: %s", info.Name, part.name, info.Modality, plural(part.had, "file"), all.unreadable[0])
		}
	}
	return nil
}

// within shrinks an image to a side and keeps its aspect ratio; it does not change a smaller one.
func (m Image) within(side int) Image {
	longer := max(m.Height, m.Width)
	if longer <= side {
		return m
	}
	return m.Scale(max(1, (m.Height*side+longer/2)/longer), max(1, (m.Width*side+longer/2)/longer))
}
