package datasets

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// kind is what the samples of a folder are.
type kind struct {
	modality taxonomy.Modality
	suffixes []string // of their files, in lower case
}

var (
	pictureFiles = &kind{taxonomy.Picture, suffixes}
	textFiles    = &kind{taxonomy.Text, []string{".txt"}}
)

// kindOf is the kind of files with this suffix, nil if there is none.
func kindOf(suffix string) *kind {
	for _, k := range []*kind{pictureFiles, textFiles} {
		if slices.Contains(k.suffixes, suffix) {
			return k
		}
	}
	return nil
}

// one is a sample in words: "picture" or "text".
func (k *kind) one() string { return k.modality.String() }

// listed names the suffixes: "pictures (.png .jpg)".
func (k *kind) listed() string {
	return fmt.Sprintf("%ss (%s)", k.one(), strings.Join(k.suffixes, " "))
}

// read reads a file of this kind. Its errors continue the file's name.
func (k *kind) read(path string) (Sample, error) {
	if k == pictureFiles {
		m, err := readImage(path)
		if err != nil {
			return Sample{}, err
		}
		return Sample{Image: m.within(folderSide)}, nil
	}
	content, err := readBounded(path, maxText)
	if err != nil {
		return Sample{}, err
	}
	text, err := readText(content)
	if err != nil {
		return Sample{}, err
	}
	text = strings.TrimSpace(text)
	return Sample{Text: text}, checkText(text)
}

// tooMany returns an error if the files can't all be in memory.
func (k *kind) tooMany(files []folderFile) error {
	if k == pictureFiles {
		if len(files) > folderPictures {
			return fmt.Errorf("it has %d pictures, and %d at most can be held in memory", len(files), folderPictures)
		}
		return nil
	}
	var bytes int64
	for _, file := range files {
		if file.bytes <= maxText { // else it is left out
			bytes += file.bytes
		}
	}
	if bytes > maxTable {
		return fmt.Errorf("its texts have %d MB, and %d MB at most can be held in memory", bytes>>20, maxTable>>20)
	}
	return nil
}

// chooseKind decides whether a folder is one of pictures or of texts. A folder of pictures may have some texts, such as a
// description, which are files like others; but if there are more texts than pictures, it is an error, because both are
// possible.
func (root *tree) chooseKind() error {
	pictures, texts := root.ofKind(pictureFiles), root.ofKind(textFiles)
	chosen := pictureFiles
	switch {
	case len(pictures) > 0 && len(texts) > len(pictures):
		var with []*tree
		for _, folder := range root.folders {
			if len(folder.ofKind(textFiles)) > 0 {
				with = append(with, folder)
			}
		}
		in := ""
		if len(with) > 0 {
			in = " in " + names(with)
		}
		example, _ := filepath.Rel(root.path, pictures[0].path)
		return fmt.Errorf("it has %s (.txt)%s, and %s, such as %s: a data set has either, so move the others elsewhere",
			plural(len(texts), "text"), in, plural(len(pictures), "picture"), example)
	case len(pictures) == 0 && len(texts) > len(root.found[textFiles]): // some are in folders
		chosen = textFiles
	}
	root.choose(chosen)
	return nil
}

// ofKind returns all files of a kind in a tree.
func (t *tree) ofKind(k *kind) []folderFile {
	files := slices.Clone(t.found[k])
	for _, folder := range t.folders {
		files = append(files, folder.ofKind(k)...)
	}
	return files
}

// choose takes the files of a kind, and counts those of another as others.
func (t *tree) choose(chosen *kind) {
	t.kind, t.files = chosen, t.found[chosen]
	for k, files := range t.found {
		if k != chosen {
			for _, file := range files {
				t.others[strings.ToLower(filepath.Ext(file.path))]++
			}
		}
	}
	for _, folder := range t.folders {
		folder.choose(chosen)
	}
}
