package datasets

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vrkit-go/reprogram/vrkit/taxonomy"
)

// saved writes a file of texts and returns the name of its data set.
func saved(t *testing.T, name, content string) string {
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return CSVPrefix + path
}

// A table without a column split: a share of each class is drawn for testing, always the same.
func TestCSV(t *testing.T) {
	var b strings.Builder
	b.WriteString("\ufeffid,Sentence , LABEL\r\n")
	for i := range 20 {
		fmt.Fprintf(&b, "%d,\"  Film %d, a \"\"great\"\"\none \",pos\r\n", i, i)
		if i < 11 {
			fmt.Fprintf(&b, "%d,dull «%d»,neg\r\n", i, i)
		}
	}
	name := saved(t, "meine Texte ü.csv", b.String())
	info, err := Named(name)
	require.NoError(t, err)
	require.Equal(t, []string{"neg", "pos"}, info.Classes)
	require.Equal(t, taxonomy.Text, info.Modality)
	require.Equal(t, [3]int{25, 0, 6}, [3]int{info.TrainSize, info.ValSize, info.TestSize})
	require.Equal(t, "meine Texte ü.csv", info.Title)
	require.Equal(t, "20 % of each class, drawn once and for all, are for testing", info.Split)
	d, notes := notesOf(t, name, Sizes{Val: 5})
	require.Empty(t, notes)
	require.Equal(t, [3]int{20, 5, 6}, [3]int{len(d.Train), len(d.Val), len(d.Test)})
	require.Contains(t, append(append(d.Train, d.Val...), d.Test...), Sample{Text: "Film 7, a \"great\"\none", Label: 1})
	again, _ := notesOf(t, name, Sizes{Val: 5})
	require.Equal(t, d, again)
	files, err := Assets(name)
	require.NoError(t, err)
	require.Empty(t, files)
}

// The column split decides the parts, whatever the separator and the columns' names and order; copies are left out.
func TestCSVParts(t *testing.T) {
	table := [][]string{
		{"Class", "split", "review"},
		{"b", "train", "one"}, {"a", "Training", "two"}, {"b", "train", "two"}, {"b", "train", "three"},
		{"a", "valid", "three"}, {"b", "validation", "five"}, {"a", "validation", "six"},
		{"a", "test", "three"}, {"c", "TEST", "six"}, {"a", "test", "three"},
	}
	var lines []string
	for _, row := range table {
		lines = append(lines, strings.Join(row, "|"))
	}
	for name, separator := range map[string]string{"a.csv": ",", "b.csv": ";", "c.tsv": "\t", "d.csv": "\t"} {
		content := strings.ReplaceAll(strings.Join(lines, "\n"), "|", separator)
		_, err := Named(saved(t, name, content))
		require.ErrorContains(t, err, `class "c" has no text for training: all of its texts are in another part, or copies of others`)
		root := saved(t, name, content+strings.ReplaceAll("\n\nc|train| seven \nd|train|eight", "|", separator))
		d, notes := notesOf(t, root, Sizes{})
		require.Equal(t, []string{"a", "b", "c", "d"}, d.Classes)
		require.ElementsMatch(t, []Sample{{Text: "one", Label: 1}, {Text: "two"}, {Text: "seven", Label: 2}, {Text: "eight", Label: 3}}, d.Train)
		require.Equal(t, []Sample{{Text: "five", Label: 1}}, d.Val)
		require.ElementsMatch(t, []Sample{{Text: "three"}, {Text: "six", Label: 2}, {Text: "three"}}, d.Test)
		require.Equal(t, []string{
			"left out: 2 validation texts that are also in the test part",
			"left out: 1 training text that is also in the test part",
			"left out: 1 training text that is there more than once",
			"without a test text: class b, d",
		}, notes)
		require.Equal(t, "by its column split", d.Split)
	}
}

// Rows that can't be samples are named, counted and left out.
func TestCSVLeavesOut(t *testing.T) {
	long := strings.Repeat("long ", 10<<20/5)
	name := saved(t, "a.csv", "text,label\nfine,a\n,a\nlost, \n\"  \n\",b\nbyte\x00,b\n"+long+",b\nbad,b\ngood,a\nworse,b\nfine,a\nx,b\x00\n")
	d, notes := notesOf(t, name, Sizes{})
	require.Equal(t, [2]int{2, 2}, [2]int{len(d.Train), len(d.Test)})
	require.Equal(t, []string{
		"left out: line 3 has no text",
		"left out: line 4 has no label",
		"left out: line 5 has no text",
		"left out: line 7 has a NUL byte, which no text has",
		"left out: line 8 has a text of 10.0 MB, and 1 MB at most are possible",
		"left out: line 13 has a NUL byte in its label",
		"6 of 11 texts can't be read and were left out",
		"left out: 1 training text that is there more than once",
	}, notes)
	require.Equal(t, append(append([]string{}, d.Skipped[:6]...), notes[7]), d.Skipped)
}

// Quotes in files with tabs: most writers use none.
func TestCSVQuotesWithTabs(t *testing.T) {
	_, rows, err := readRows("text\tlabel\n\"He said \"\"hi\"\"\"\ta\n\"Great\" film, not \"good\"\ta\n9\" portable TV\tb\n\"\tb\n\"\"\tb\r\n\"all\"\tb")
	require.NoError(t, err)
	var texts []string
	for _, row := range rows {
		texts = append(texts, row.fields[0])
	}
	require.Equal(t, []string{`He said "hi"`, `"Great" film, not "good"`, `9" portable TV`, `"`, ``, `all`}, texts)
	require.Equal(t, 7, rows[5].line)
}

// The header decides what separates the fields.
func TestCSVSeparator(t *testing.T) {
	for _, header := range []string{"text,label,a;b", "text;label;ab", "text\tlabel,\ta;b"} {
		fields, rows, err := readRows(header + "\n")
		require.NoError(t, err)
		require.Empty(t, rows)
		require.Len(t, fields, 3, header)
	}
}

// What is no table of texts is refused in one line that says what to do.
func TestCSVRefuses(t *testing.T) {
	utf16 := []byte("\xff\xfe")
	for _, c := range "text,label\n" {
		utf16 = append(utf16, byte(c), 0)
	}
	for _, c := range []struct{ content, want string }{
		{"", "it is an empty file"},
		{"text,label\n", "it has a header and no rows"},
		{"text,label\n,\n", "none of its 1 row can be used: line 2 has no label"},
		{"\n\n", "it is empty"},
		{string(utf16), "it is UTF-16: save it as UTF-8"},
		{string(utf16[2:]), "its first line has NUL bytes, as UTF-16 and files that are no text have: save it as text in UTF-8"},
		{"text,label\nsch\xf6n,a\n", "it is not UTF-8: line 2 has the byte 0xF6: save it as UTF-8, from Latin-1 or whatever encoding it has"},
		{"PK\x03\x04\x14\x00", "it is a zip archive or a spreadsheet: unpack it, or save it as text in UTF-8"},
		{"\x1f\x8b\x08", "it is a gzip file: unpack it"},
		{"great,1\nbad,0\n", `its first line has no column called text (or sentence, review, content): call one so; it has "great", "1"`},
		{"text,stars\ngreat,5\n", `no column called label (or class, category, target, sentiment): call one so; it has "text", "stars"`},
		{"{\"text\": \"" + strings.Repeat("x", 1000) + "\"}\n", "it is JSON: save it as a table, whose first line names the columns text and label"},
		{"text,label\nsay \"a\",x\n", "line 2 has a double quote in a field that does not begin with one: put the field in double quotes, and write each quote in it twice"},
		{strings.Repeat("x", 1<<20) + "," + strings.Repeat("y,", 100) + "\n", "its first line has no column called text"},
		{"review,content,label\na,b,c\n", "its columns review and content could both be the column text: rename one of them"},
		{"text,label\na,b\nb, and c,a\n", "line 3 has 3 fields, and the header has 2: put a text that has a ',' in double quotes"},
		{"text\tlabel\na\tb\nb\tc\ta\n", "line 3 has 3 fields, and the header has 2: a text can have no tab and no line end"},
		{"text,label\na,b\n\"b\" c,a\n", "line 3 begins a field in double quotes that does not end well: write each quote in it twice, and close it"},
		{"text,label\na,b\n\"b,a\nc,d\n", "line 3 begins a field in double quotes that does not end well"},
		{"text,label,split\na,b,dev\n", `line 2 has the split "dev": the parts are train, val and test`},
		{"text,label\na,x\nb,x\n", `all its texts have the label "x", and 2 classes at least are needed`},
		{"text,label\na,x\na,x\nb,y\n", "it has no text for testing: a class needs 2 different texts, or the file a column split with train and test"},
		{"text,label,split\na,x,test\nb,y,test\n", `class "x" has no text for training`},
	} {
		name := saved(t, "a.csv", c.content)
		_, err := Named(name)
		require.ErrorContains(t, err, c.want)
		require.True(t, strings.HasPrefix(err.Error(), name+": "), err)
		require.NotContains(t, err.Error(), "\n")
		require.Less(t, len(err.Error()), 400)
	}
	dir := t.TempDir()
	pipe, large := filepath.Join(dir, "pipe"), filepath.Join(dir, "large.csv")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	require.NoError(t, os.WriteFile(large, nil, 0o600))
	require.NoError(t, os.Truncate(large, 5<<30))
	for path, want := range map[string]string{
		pipe:                            "it is no regular file",
		large:                           "it is larger than 512 MB",
		dir:                             "it is no regular file",
		filepath.Join(dir, "no.csv"):    "it can't be opened: no such file or directory",
		filepath.Join(dir, "a\xe9.csv"): "is not UTF-8, so that no run can record it: rename the file",
	} {
		_, err := Load(t.Context(), CSVPrefix+path, Sizes{}, nil)
		require.ErrorContains(t, err, want)
	}
}

// Whatever a file contains: if it is a table of texts, its samples can be ones, every class has training texts, and the
// parts share none; else the error is one line.
func FuzzParseTable(f *testing.F) {
	for _, seed := range []string{
		"text,label\ngreat,a\nbad,b\nfine,a\nsad,b\n", "text\tclass\tsplit\n\"a\"\tx\ttest\nb\ty\ttrain\nc\tx\ttrain",
		"text;label\n\"a;\"\"b\";c\r\nd;e\ng;c\nh;e", "\ufefftext,label\n,\n\x00,a\n", "label\n", "\xff\xfet\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		kept := bytes.Clone(content)
		got, err := parseTable(content)
		require.Equal(t, kept, content)
		if err != nil {
			require.NotContains(t, err.Error(), "\n")
			return
		}
		require.Greater(t, len(got.classes), 1)
		requireApart(t, got.all.train, got.all.val, got.all.test)
		require.NotEmpty(t, got.all.test)
		require.Empty(t, without(got.all.train, len(got.classes)))
		for _, part := range [][]Sample{got.all.train, got.all.val, got.all.test} {
			for _, sample := range part {
				require.NoError(t, checkText(sample.Text))
				require.Less(t, int(sample.Label), len(got.classes))
			}
		}
	})
}
