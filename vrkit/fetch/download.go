package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// stallTime is how long a server may send nothing.
var stallTime = 30 * time.Second

// URL is a download by HTTP. Member names a file inside, if the download is an archive (zip, tar.gz) or compressed
// (gz); empty means the download itself. A file in an archive that is itself a member is written outer!/inner.
type URL struct{ URL, Member string }

func (u URL) String() string { return u.URL }

// Fetch implements [Source].
func (u URL) Fetch(ctx context.Context, a Asset, dir string, r Report) (string, error) {
	return fetchMember(ctx, http.DefaultClient, u.URL, u.Member, a, dir, r)
}

// fetchMember downloads into dir and unpacks the member, if there is one.
func fetchMember(ctx context.Context, client *http.Client, from, member string, a Asset, dir string, r Report) (string, error) {
	archive, limit := filepath.Join(dir, "download"), a.archiveLimit()
	if member == "" {
		limit = a.limit()
	}
	if err := download(ctx, client, from, archive, limit, a.Name, r); err != nil {
		return "", err
	}
	if member == "" {
		return archive, nil
	}
	return unpack(archive, member, filepath.Join(dir, "member"), a.limit(), a.Name, r)
}

// download writes at most limit bytes from the address to the file at path. If a connection breaks or stalls, it
// continues there if the server can and still has the same file; else it starts again.
func download(ctx context.Context, client *http.Client, from, path string, limit int64, what string, r Report) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	d := transfer{client: client, from: from, to: f, limit: limit, what: what, report: r}
	var most int64
	for try := 1; ; try++ {
		err := d.run(ctx)
		if err == nil {
			return f.Close()
		}
		if d.done >= most+gain {
			most, try = d.done, 1
		}
		if _, last := errors.AsType[final](err); ctx.Err() != nil || try == tries || last {
			return clean(err)
		}
		wait := backOff(try, err)
		r.note(what, "downloading", fmt.Sprintf("%v; trying again in %v", clean(err), wait.Round(time.Second/10)))
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// transfer is the download of one file, over one or more connections.
type transfer struct {
	client    *http.Client
	from      string
	to        *os.File
	limit     int64
	what      string
	report    Report
	done      int64  // bytes written so far
	validator string // the server's name for this version of the file
}

// run opens one connection and writes all that it receives.
func (d *transfer) run(parent context.Context) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	stall := time.AfterFunc(stallTime, func() { cancel(fmt.Errorf("nothing came for %v", stallTime)) })
	defer stall.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.from, nil)
	if err != nil {
		return err
	}
	if d.done > 0 && d.validator != "" {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", d.done))
		request.Header.Set("If-Range", d.validator)
	}
	request.Header.Set("Accept-Encoding", "identity") // otherwise a .gz might be unpacked on the way
	d.report.send(Progress{What: d.what, Stage: "asking"})
	response, err := d.client.Do(request)
	if err != nil {
		return cause(ctx, err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		d.done = 0 // the whole file is sent (again)
		d.validator = response.Header.Get("ETag")
		if d.validator == "" || strings.HasPrefix(d.validator, "W/") { // a weak validator: the bytes may differ
			d.validator = response.Header.Get("Last-Modified")
		}
	case http.StatusPartialContent:
		var first int64
		if _, err := fmt.Sscanf(response.Header.Get("Content-Range"), "bytes %d-", &first); err != nil || first != d.done {
			d.validator = "" // the next try starts again
			return fmt.Errorf("the server sent another part than was asked for (%q)", response.Header.Get("Content-Range"))
		}
	case http.StatusRequestedRangeNotSatisfiable:
		d.validator = ""
		return errors.New("the server has no such part any more")
	default:
		return refusal(response)
	}
	if response.ContentLength > d.limit-d.done {
		return tooMuch(d.limit)
	}
	if err := d.to.Truncate(d.done); err != nil {
		return final{err}
	}
	if _, err := d.to.Seek(d.done, io.SeekStart); err != nil {
		return final{err}
	}
	total := int64(0)
	if response.ContentLength > 0 {
		total = d.done + response.ContentLength
	}
	buffer := make([]byte, 256<<10)
	for {
		d.report.send(Progress{What: d.what, Stage: "downloading", Done: d.done, Total: total})
		n, err := response.Body.Read(buffer)
		stall.Reset(stallTime)
		if _, werr := d.to.Write(buffer[:n]); werr != nil {
			return final{werr}
		}
		if d.done += int64(n); d.done > d.limit {
			return tooMuch(d.limit)
		}
		if err == io.EOF {
			return nil
		}
		if err == io.ErrUnexpectedEOF {
			return fmt.Errorf("the connection ended after %d of %d bytes", d.done, total)
		}
		if err != nil {
			return cause(ctx, err)
		}
	}
}

// cause returns the reason why a context ended, if it did, instead of the error that followed.
func cause(ctx context.Context, err error) error {
	if reason := context.Cause(ctx); reason != nil {
		return reason
	}
	return err
}

// clean removes the address that net/http adds to an error: the source is already named, and the address may contain a
// password.
func clean(err error) error {
	u, ok := errors.AsType[*url.Error](err)
	if !ok {
		return err
	}
	if network, ok := Reason(u.Err.Error()).(*NetworkError); ok {
		return network
	}
	if errors.Is(u.Err, io.EOF) {
		return errors.New("the connection ended before anything came")
	}
	return u.Err
}
