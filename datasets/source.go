package datasets

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// source is an entry of the registry: the facts of a data set, its files, and how to read them.
type source struct {
	Info
	files []fetch.Asset
	read  func(paths []string) (parts, error) // paths are of the files, in order

	// folder is where a data set that can lie in VRKIT_DATA is looked for before its files are fetched.
	folder     string
	readFolder func(data string) (parts, error)

	own func(ctx context.Context, report fetch.Report) (parts, error) // reads a data set that is not fetched
}

// parts are all samples of a data set. Without val, validation takes from train.
type parts struct {
	train, val, test []Sample
	unreadable       []string // samples that can't be read, and why
	copies           int      // the number of samples that were left out because they are in the data set twice
	left             []string // what else was left out, by kind and number
}

// sources lists the data sets that -dataset knows, in the order of lists.
var sources = []source{mnist, fashionMNIST, gtsrb, openclipart, movieSnippets, r8}

// Register makes a user's own data set known by its name, so that the command line and the runs on it can load it. read
// returns all samples, as many of each part as info says, always in the same order, which decides the fixed subsets.
// Register panics if the name is taken. Call it from an init function.
func Register(info Info, read func() (train, val, test []Sample, err error)) {
	if slices.ContainsFunc(sources, func(s source) bool { return s.Name == info.Name }) {
		panic(fmt.Errorf("the name of the data set %q is taken: take another", info.Name))
	}
	sources = append(sources, source{Info: info, read: func([]string) (all parts, err error) {
		all.train, all.val, all.test, err = read()
		return all, err
	}})
}

// All describes every data set that can be loaded, except the user's own folders and files.
func All() []Info {
	infos := make([]Info, len(sources))
	for i, s := range sources {
		infos[i] = s.Info
	}
	return infos
}

// Named describes a data set without fetching it.
func Named(name string) (Info, error) {
	s, err := find(name)
	return s.Info, err
}

// Assets lists the files of a data set, so that set-up can fetch them: none if it is in VRKIT_DATA.
func Assets(name string) ([]fetch.Asset, error) {
	s, err := find(name)
	if err != nil {
		return nil, err
	}
	given, err := s.given()
	if given != "" || err != nil {
		return nil, err
	}
	return s.files, nil
}

// Load fetches a data set if it is not cached, and takes a fixed subset. Official images have an order that never
// changes: Train and then Val come from the training set (Val from the validation set if there is one), Test from the
// test set. The same sizes give the same images on every machine, whatever a run's seed.
//
// For a user's own data, what is left out is reported, and the sizes are of the samples that can be read.
func Load(ctx context.Context, name string, sizes Sizes, report fetch.Report) (*Dataset, error) {
	s, err := find(name)
	if err != nil {
		return nil, err
	}
	if _, err := sizes.Of(s.Info); err != nil {
		return nil, err // before anything is fetched
	}
	whole, err := s.open(ctx, report)
	if err != nil {
		return nil, err
	}
	return whole.Take(sizes)
}

// Whole is all images of a data set, to take subsets of different sizes from.
type Whole struct {
	Info
	parts // each in the order that subsets are taken in
}

// Open fetches a data set if it is not cached, and reads all of it, as [Load] does.
func Open(ctx context.Context, name string, report fetch.Report) (*Whole, error) {
	s, err := find(name)
	if err != nil {
		return nil, err
	}
	return s.open(ctx, report)
}

func (s source) open(ctx context.Context, report fetch.Report) (*Whole, error) {
	all, err := s.load(ctx, report)
	if err != nil {
		return nil, err
	}
	if s.own != nil {
		s.tellLeftOut(all, report)
		s.TrainSize, s.ValSize, s.TestSize = len(all.train), len(all.val), len(all.test)
	}
	if len(all.train) != s.TrainSize || len(all.val) != s.ValSize || len(all.test) != s.TestSize {
		return nil, fmt.Errorf("%s has %d training, %d validation and %d test samples where its files hold %d, %d and %d",
			s.Name, s.TrainSize, s.ValSize, s.TestSize, len(all.train), len(all.val), len(all.test))
	}
	for stream, part := range [][]Sample{all.train, all.test, all.val} {
		shuffle(part, uint64(stream))
	}
	return &Whole{s.Info, all}, nil
}

// Take returns the subset of these sizes. It shares the images' memory with other subsets.
func (w *Whole) Take(sizes Sizes) (*Dataset, error) {
	sizes, err := sizes.Of(w.Info)
	if n := len(w.unreadable); err != nil && n > 0 {
		return nil, fmt.Errorf("%w (%d can't be read)", err, n)
	}
	if err != nil {
		return nil, err
	}
	return split(w.Info, w.parts, sizes), nil
}

// tellLeftOut reports what is left out of a user's own data, and how much.
func (s source) tellLeftOut(all parts, report fetch.Report) {
	note := func(text string) { tell(report, fetch.Progress{What: s.Title, Stage: "verifying", Note: text}) }
	for _, file := range atMostLines(all.unreadable) {
		note("left out: " + file)
	}
	if n := len(all.unreadable); n > 0 {
		total := n + all.copies + len(all.train) + len(all.val) + len(all.test)
		note(fmt.Sprintf("%d of %d %ss can't be read and were left out", n, total, s.Modality))
	}
	for _, line := range all.left {
		note(line)
	}
}

// atMostLines cuts a long list, and adds how many lines are left out.
func atMostLines(lines []string) []string {
	const most = 20
	if len(lines) <= most {
		return lines
	}
	return append(slices.Clone(lines[:most]), fmt.Sprintf("%d more", len(lines)-most))
}

func tell(report fetch.Report, news fetch.Progress) {
	if report != nil {
		report(news)
	}
}

// load reads all images: from VRKIT_DATA if they are there, else from the files, which it fetches if necessary.
func (s source) load(ctx context.Context, report fetch.Report) (parts, error) {
	if s.own != nil {
		return s.own(ctx, report)
	}
	given, err := s.given()
	if err != nil {
		return parts{}, err
	}
	if given != "" {
		return s.readFolder(given)
	}
	var paths []string
	for _, file := range s.files {
		path, err := file.Get(ctx, report)
		if err != nil && s.folder != "" && ctx.Err() == nil {
			err = fmt.Errorf("%w; or, if you have the data set, set %s to the folder that holds its folder %s", err, DataEnv, s.folder)
		}
		if err != nil {
			return parts{}, err
		}
		paths = append(paths, path)
	}
	return s.read(paths)
}

// DataEnv names the environment variable with a folder of data sets, each unpacked in its official layout. It is
// searched before anything is fetched.
const DataEnv = "VRKIT_DATA"

// given returns VRKIT_DATA if the data set is there, else "".
func (s source) given() (string, error) {
	data := os.Getenv(DataEnv)
	if data == "" || s.folder == "" {
		return "", nil
	}
	if info, err := os.Stat(data); err != nil || !info.IsDir() {
		return "", fmt.Errorf("%s is %q, which is no folder: set it to the folder that holds your data sets, or unset it", DataEnv, data)
	}
	if _, err := os.Stat(filepath.Join(data, filepath.FromSlash(s.folder))); err != nil {
		return "", nil
	}
	return data, nil
}

func find(name string) (source, error) {
	switch prefix, _, _ := Own(name); prefix {
	case FolderPrefix:
		return newFolder(name)
	case CSVPrefix:
		return newCSV(name)
	}
	known := make([]string, len(sources))
	for i, s := range sources {
		if s.Name == name {
			return s, nil
		}
		known[i] = s.Name
	}
	return source{}, fmt.Errorf("no data set is called %q; known: %s, %sPATH, %sFILE", name, strings.Join(known, ", "), FolderPrefix, CSVPrefix)
}
