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

// source is a data set as the registry has it: its facts, its files, and how they are read.
type source struct {
	Info
	files []fetch.Artefact
	read  func(paths []string) (parts, error) // of the files, in order

	// A data set that comes as a folder is looked for below VRKIT_DATA before its files are fetched.
	folder     string
	readFolder func(data string) (parts, error)

	own func(ctx context.Context, report fetch.Report) (parts, error) // reads what needs no fetching
}

// parts are all images of a data set. Without val, validation takes from train.
type parts struct {
	train, val, test []Sample
	unreadable       []string // files that hold no picture that can be read, and why
	left             []string // what else was left out, by kind and number
}

// sources lists what -dataset can name, in the order that lists show it.
var sources = []source{mnist, fashionMNIST, gtsrb, openclipart}

// All describes every data set that can be loaded, beside folders of one's own.
func All() []Info {
	infos := make([]Info, len(sources))
	for i, s := range sources {
		infos[i] = s.Info
	}
	return infos
}

// Named describes one data set, without fetching anything.
func Named(name string) (Info, error) {
	s, err := find(name)
	return s.Info, err
}

// Artefacts lists the files that a data set needs, for set-up to fetch ahead of time: none where it
// lies in VRKIT_DATA.
func Artefacts(name string) ([]fetch.Artefact, error) {
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

// Load fetches a data set if it is not cached, and takes a fixed subset of it: the official images in
// an order drawn once and for all, of the training set the first Train and the next Val (unless it
// has a validation set of its own), of the test set the first Test. The same sizes give the same
// images on every machine, whatever a run's seed.
//
// What of a folder of one's own is left out is reported, and the sizes are of what can be read.
func Load(ctx context.Context, name string, sizes Sizes, report fetch.Report) (*Dataset, error) {
	s, err := find(name)
	if err != nil {
		return nil, err
	}
	if _, err := sizes.Of(s.Info); err != nil {
		return nil, err // before anything is fetched
	}
	all, err := s.load(ctx, report)
	if err != nil {
		return nil, err
	}
	if s.own != nil {
		s.tellLeftOut(all, report)
		s.TrainSize, s.ValSize, s.TestSize = len(all.train), len(all.val), len(all.test)
	}
	if len(all.train) != s.TrainSize || len(all.val) != s.ValSize || len(all.test) != s.TestSize {
		return nil, fmt.Errorf("%s has %d training, %d validation and %d test images where its files hold %d, %d and %d",
			name, s.TrainSize, s.ValSize, s.TestSize, len(all.train), len(all.val), len(all.test))
	}
	sizes, err = sizes.Of(s.Info)
	if n := len(all.unreadable); err != nil && n > 0 {
		return nil, fmt.Errorf("%w (%d can't be read)", err, n)
	}
	if err != nil {
		return nil, err
	}
	return split(s.Info, all, sizes), nil
}

// tellLeftOut reports what of a folder is not taken, and how much.
func (s source) tellLeftOut(all parts, report fetch.Report) {
	note := func(text string) { tell(report, fetch.Progress{What: s.Title, Stage: "verifying", Note: text}) }
	for _, file := range atMostLines(all.unreadable) {
		note("left out: " + file)
	}
	if n := len(all.unreadable); n > 0 {
		note(fmt.Sprintf("%d of %d pictures can't be read and were left out", n, s.TrainSize+s.ValSize+s.TestSize))
	}
	for _, line := range all.left {
		note(line)
	}
}

// atMostLines cuts a long list, and says how many more there are.
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

// load reads all there is: from VRKIT_DATA if it is there, else from the files, fetched if need be.
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

// DataEnv names the environment variable that tells of a folder of data sets, each unpacked in its
// official layout. It is looked at before anything is fetched.
const DataEnv = "VRKIT_DATA"

// given returns VRKIT_DATA if the data set lies there, else "".
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
	if strings.HasPrefix(name, FolderPrefix) {
		return newFolder(name)
	}
	known := make([]string, len(sources))
	for i, s := range sources {
		if s.Name == name {
			return s, nil
		}
		known[i] = s.Name
	}
	return source{}, fmt.Errorf("no data set is called %q; known: %s, %sPATH", name, strings.Join(known, ", "), FolderPrefix)
}
