package fetch

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// cut sends a part of the content, from the requested byte on, and then breaks the connection.
func cut(w http.ResponseWriter, r *http.Request, etag string) {
	var first int
	_, _ = fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &first)
	w.Header().Set("ETag", etag)
	w.Header().Set("Content-Length", fmt.Sprint(len(content)-first))
	if first > 0 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", first, len(content)-1, len(content)))
		w.WriteHeader(http.StatusPartialContent)
	}
	_, _ = w.Write(content[first : first+(len(content)-first)/2])
	panic(http.ErrAbortHandler)
}

func TestDownloadGoesOnWhereItBroke(t *testing.T) {
	emptyCache(t)
	impatient(t)
	s := serve(t, func(w http.ResponseWriter, r *http.Request, nth int) {
		if nth < 3 {
			cut(w, r, `"one"`)
		}
		w.Header().Set("ETag", `"one"`)
		http.ServeContent(w, r, "", noTime, reader(content))
	})
	path, err := asset(s.URL).Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)
	require.Equal(t, 3, s.count())
	require.NotEmpty(t, s.requests[2].Header.Get("Range"))
}

func TestDownloadBeginsAgainWhenTheThingChanged(t *testing.T) {
	emptyCache(t)
	impatient(t)
	s := serve(t, func(w http.ResponseWriter, r *http.Request, nth int) {
		if nth == 1 {
			w.Header().Set("ETag", `"old"`)
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			_, _ = w.Write(make([]byte, 500_000))
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("ETag", `"new"`)
		http.ServeContent(w, r, "", noTime, reader(content))
	})
	path, err := asset(s.URL).Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)
}

func TestDownloadStalls(t *testing.T) {
	emptyCache(t)
	impatient(t)
	s := serve(t, func(w http.ResponseWriter, r *http.Request, nth int) {
		if nth == 1 {
			_, _ = w.Write(content[:1000])
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return
		}
		whole(w, r, nth)
	})
	var note string
	path, err := asset(s.URL).Get(t.Context(), func(p Progress) { note += p.Note })
	require.NoError(t, err)
	requireContent(t, path)
	require.Contains(t, note, "nothing came for")
}

func TestDownloadGivesUp(t *testing.T) {
	emptyCache(t)
	impatient(t)
	down := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(http.StatusServiceUnavailable) })
	_, err := asset(down.URL).Get(t.Context(), nil)
	oneLine(t, err)
	require.ErrorContains(t, err, "503 Service Unavailable")
	require.Equal(t, tries, down.count())

	gone := serve(t, func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(http.StatusForbidden) })
	_, err = asset(gone.URL).Get(t.Context(), nil)
	oneLine(t, err)
	require.Equal(t, 1, gone.count(), "a refusal is not asked again")

	endless := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		for r.Context().Err() == nil {
			_, _ = w.Write(content)
		}
	})
	_, err = asset(endless.URL).Get(t.Context(), nil)
	oneLine(t, err)
	require.ErrorContains(t, err, "more comes than")
	require.Equal(t, 1, endless.count())

	closed := httptest.NewServer(nil)
	closed.Close()
	_, err = asset(closed.URL).Get(t.Context(), nil)
	oneLine(t, err)
	require.ErrorContains(t, err, "refused")
}

func TestDownloadFollowsRedirects(t *testing.T) {
	emptyCache(t)
	to := serve(t, whole)
	from := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		http.Redirect(w, r, to.URL+"/elsewhere", http.StatusFound)
	})
	path, err := asset(from.URL).Get(t.Context(), nil)
	require.NoError(t, err)
	requireContent(t, path)
}

func TestDownloadKeepsGzip(t *testing.T) {
	emptyCache(t)
	s := serve(t, func(w http.ResponseWriter, r *http.Request, _ int) {
		require.Equal(t, "identity", r.Header.Get("Accept-Encoding"))
		whole(w, r, 0)
	})
	_, err := asset(s.URL).Get(t.Context(), nil)
	require.NoError(t, err)
}
