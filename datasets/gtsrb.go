package datasets

import (
	"archive/zip"
	"errors"
	"os"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/fetch"
)

// gtsrb is a fixed subset of GTSRB, photos of German traffic signs, rescaled to 32×32: see gtsrbTrain and gtsrbTest for
// the rule. It is small enough for a lesson, and the same from every source.
var gtsrb = source{
	Info: Info{
		Name:      "gtsrb",
		Title:     "GTSRB (subset)",
		Classes:   gtsrbClasses,
		Height:    gtsrbSide,
		Width:     gtsrbSide,
		Channels:  3,
		TrainSize: 1546,
		TestSize:  2000,
		Split:     "of the official training set two photos of each track, at most 25 tracks of a class; the first 2,000 images of the official test set",
		Source:    "the official archives, or the folder GTSRB in VRKIT_DATA",
		Download:  365372996,
		Homepage:  "https://benchmark.ini.rub.de/gtsrb_dataset.html",
		License:   "its makers' own terms: free for research, see the homepage",
		Citation:  "J. Stallkamp, M. Schlipsing, J. Salmen, C. Igel, Man vs. computer: benchmarking machine learning algorithms for traffic sign recognition, Neural Networks 32, 2012",
	},
	files: []fetch.Asset{
		gtsrbFile("GTSRB_Final_Training_Images.zip", 276294756, "f33fd80ac59bff73c82d25ab499e03a3"),
		gtsrbFile("GTSRB_Final_Test_Images.zip", 88978620, "c7e4e6327067d32654124b0fe9e82185"),
		gtsrbFile("GTSRB_Final_Test_GT.zip", 99620, "fe31e9c9270bbcd7b84b7f21a9d9d9e5"),
	},
	read:       readGTSRBArchives,
	folder:     "GTSRB",
	readFolder: readGTSRBFolder,
}

const gtsrbSide = 32

// gtsrbFile is an official archive. There is no official SHA-256; the MD5s have been in public use for years, and
// gtsrbSum checks the names, sizes and classes of the chosen images as well.
func gtsrbFile(name string, size int64, md5 string) fetch.Asset {
	return fetch.Asset{
		Name:     "GTSRB " + strings.TrimPrefix(name, "GTSRB_"),
		File:     "datasets/gtsrb/" + name,
		MD5:      md5,
		Size:     size,
		License:  "GTSRB's own terms",
		Homepage: "https://benchmark.ini.rub.de/gtsrb_dataset.html",
		Sources:  []fetch.Source{fetch.URL{URL: "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/" + name}},
	}
}

// readGTSRBFolder reads the unpacked archives below VRKIT_DATA.
func readGTSRBFolder(data string) (parts, error) {
	here := os.DirFS(data)
	return readGTSRB(here, here, here)
}

// readGTSRBArchives reads the archives and unpacks only the chosen images, in memory.
func readGTSRBArchives(paths []string) (all parts, err error) {
	var archives [3]*zip.ReadCloser
	for i, path := range paths {
		if archives[i], err = zip.OpenReader(path); err != nil {
			return parts{}, err
		}
		defer func() { err = errors.Join(err, archives[i].Close()) }()
	}
	return readGTSRB(archives[0], archives[1], archives[2])
}

// gtsrbClasses are the signs' meanings, in the official order.
var gtsrbClasses = []string{
	"speed limit 20", "speed limit 30", "speed limit 50", "speed limit 60", "speed limit 70", "speed limit 80",
	"end of speed limit 80", "speed limit 100", "speed limit 120", "no overtaking", "no overtaking by lorries",
	"priority at the next crossing", "priority road", "give way", "stop", "no vehicles", "no lorries", "no entry",
	"danger", "bend to the left", "bend to the right", "double bend", "bumpy road", "slippery road",
	"road narrows on the right", "roadworks", "traffic lights", "pedestrians", "children", "cyclists", "snow or ice",
	"wild animals", "end of all limits", "turn right", "turn left", "straight ahead", "straight ahead or right",
	"straight ahead or left", "pass on the right", "pass on the left", "roundabout", "end of no overtaking",
	"end of no overtaking by lorries",
}
