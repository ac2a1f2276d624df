package datasets

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// row is a line of a table, or several if a field in quotes has line ends.
type row struct {
	line   int // its first, from 1
	fields []string
}

// readRows reads a table: its header and its rows, which have as many fields. The fields are separated by tabs,
// semicolons or commas: by the first of these that the header has.
func readRows(text string) (header []string, rows []row, err error) {
	first, _, _ := strings.Cut(text, "\n")
	switch {
	case strings.Contains(first, "\x00"):
		return nil, nil, errors.New("its first line has NUL bytes, as UTF-16 and files that are no text have: save it as text in UTF-8")
	case strings.HasPrefix(first, "{"), strings.HasPrefix(first, "["):
		return nil, nil, errors.New("it is JSON: save it as a table, whose first line names the columns text and label")
	case strings.Contains(first, "\t"):
		rows, err = readTabs(text)
	case strings.Contains(first, ";") && !strings.Contains(first, ","):
		rows, err = readQuoted(text, ';')
	default:
		rows, err = readQuoted(text, ',')
	}
	if err != nil {
		return nil, nil, err
	}
	if len(rows) == 0 {
		return nil, nil, errors.New("it is empty")
	}
	return rows[0].fields, rows[1:], nil
}

// readQuoted reads the rows of a CSV file (RFC 4180).
func readQuoted(text string, separator rune) (rows []row, err error) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma = separator
	for {
		fields, err := reader.Read()
		if err == io.EOF {
			return rows, nil
		}
		wrong := (*csv.ParseError)(nil)
		switch {
		case errors.Is(err, csv.ErrFieldCount) && errors.As(err, &wrong):
			return nil, fieldCount(wrong.StartLine, len(fields), len(rows[0].fields), fmt.Sprintf("put a text that has a %q in double quotes", separator))
		case errors.Is(err, csv.ErrBareQuote) && errors.As(err, &wrong):
			return nil, fmt.Errorf("line %d has a double quote in a field that does not begin with one: put the field in double quotes, and write each quote in it twice", wrong.Line)
		case errors.Is(err, csv.ErrQuote) && errors.As(err, &wrong):
			return nil, fmt.Errorf("line %d begins a field in double quotes that does not end well: write each quote in it twice, and close it", wrong.StartLine)
		case err != nil:
			return nil, err
		}
		line, _ := reader.FieldPos(0)
		rows = append(rows, row{line, fields})
	}
}

// readTabs reads the rows of a file with tabs. Most such files have no quotes, but texts with some, so that a field is
// taken for one in quotes only if it begins and ends with them and all in it are doubled. It has no line end.
func readTabs(text string) (rows []row, err error) {
	line := 0
	for text := range strings.SplitSeq(text, "\n") {
		line++
		if text = strings.TrimSuffix(text, "\r"); text == "" {
			continue
		}
		fields := strings.Split(text, "\t")
		for i, field := range fields {
			fields[i] = unquote(field)
		}
		if len(rows) > 0 && len(fields) != len(rows[0].fields) {
			return nil, fieldCount(line, len(fields), len(rows[0].fields), "a text can have no tab and no line end")
		}
		rows = append(rows, row{line, fields})
	}
	return rows, nil
}

func fieldCount(line, has, header int, do string) error {
	return fmt.Errorf("line %d has %s, and the header has %d: %s", line, plural(has, "field"), header, do)
}

// unquote removes a field's quotes, if it is in quotes.
func unquote(field string) string {
	if len(field) < 2 || field[0] != '"' || field[len(field)-1] != '"' {
		return field
	}
	inner := field[1 : len(field)-1]
	if plain := strings.ReplaceAll(inner, `""`, ""); strings.Contains(plain, `"`) {
		return field
	}
	return strings.ReplaceAll(inner, `""`, `"`)
}

// column returns the place of the column that has one of these names, whatever their case; if several have, it is the
// one that has the first name. It returns −1 if there is none.
func column(header, names []string) (int, error) {
	var found []int
	for i, name := range header {
		header[i] = strings.ToLower(strings.TrimSpace(name))
		if slices.Contains(names, header[i]) {
			found = append(found, i)
		}
	}
	first := slices.DeleteFunc(slices.Clone(found), func(i int) bool { return header[i] != names[0] })
	switch {
	case len(first) == 1:
		return first[0], nil
	case len(found) > 1:
		return 0, fmt.Errorf("its columns %s and %s could both be the column %s: rename one of them", header[found[0]], header[found[1]], names[0])
	case len(found) == 1:
		return found[0], nil
	}
	return -1, nil
}

// oneOf lists the names that a column can have: "text (or sentence, review)".
func oneOf(names []string) string {
	return fmt.Sprintf("%s (or %s)", names[0], strings.Join(names[1:], ", "))
}

// quoted lists a few names in quotes, each cut to a readable length.
func quoted(names []string) string {
	const most = 8
	var all []string
	for _, name := range names[:min(len(names), most)] {
		all = append(all, fmt.Sprintf("%.30q", name))
	}
	if more := len(names) - most; more > 0 {
		all = append(all, fmt.Sprintf("%d more", more))
	}
	return strings.Join(all, ", ")
}
