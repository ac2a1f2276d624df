package figure

import (
	"errors"
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
)

const mostClasses = 48 // so many names of 11 px fit on a card

// Confusion draws a classifier's predictions for the samples of each class: rows are the true classes, columns the
// predicted ones, and a cell is the share of its row, so that classes with few samples count as much as others. counts
// has shape [K,K], row-major, for 2 to 48 names. Up to about 20 classes the shares are also written, in per cent; a
// cell without samples is pale, a row without any is hatched. The caption adds the three pairs that are confused most,
// by their share of the row, with their counts.
func Confusion(counts []int, names []string, caption string) (Figure, error) {
	if err := confusable(counts, names); err != nil {
		return Figure{}, err
	}
	K := len(names)
	k := &key{}
	caption = strings.TrimSpace(caption + " " + mostConfused(counts, names))
	says := fmt.Sprintf("Confusion matrix of %d classes, true classes in rows and predicted ones in columns: %s of %s samples are on the diagonal.", K, thousands(diagonal(counts, K)), thousands(sum(counts)))
	names = k.lines(names)
	const barRoom = 96.
	rowName := labelStyle.right()
	cellHeight := snap(min(max(640/float64(K), 15), 40))
	rowName = rowName.sized(min(13, cellHeight-3))
	room := noteStyle.width("true class")
	for _, name := range names {
		room = max(room, min(rowName.width(name), 200))
	}
	cellWidth := math.Floor(min((contentWidth-room-8-barRoom)/float64(K), max(70, min(480/float64(K), 110))))
	heads := newHeads(names, cellWidth)
	left, top := room+8, 24+heads.height+8
	wide, high := cellWidth*float64(K), cellHeight*float64(K)

	p := newPage(max(left+wide+barRoom, 420), max(top+high, top+90), k, says, caption)
	p.text(left, 7, "predicted class", noteStyle)
	p.text(room, top-14, "true class", noteStyle.right())
	heads.draw(p, left, top)
	// An error of a few per cent must be visible.
	shares := scale{low: 0, high: 100, colour: func(share float64) color.RGBA {
		if share < .005 {
			return tint
		}
		return ramp(.12 + .88*math.Round(share*50)/50)
	}}
	for i, name := range shortenAll(names, rowName, room) {
		y := top + float64(i)*cellHeight
		p.text(room, y+cellHeight/2, name, rowName)
		row := counts[i*K : (i+1)*K]
		samples := sum(row)
		if samples == 0 {
			p.hatched(left, y, wide-1, cellHeight-1)
			continue
		}
		for j, n := range row {
			share := 100 * float64(n) / float64(samples)
			x, paper := left+float64(j)*cellWidth, shares.of(share)
			p.rect(x, y, cellWidth-1, cellHeight-1, paper)
			if says := fmt.Sprintf("%.0f", share); n > 0 && cellWidth >= 25 {
				if share < .5 {
					says = "<1"
				}
				p.text(x+(cellWidth-1)/2, y+(cellHeight-1)/2, says, labelStyle.centred().sized(12).tinted(over(paper)))
			}
		}
		p.frame(left+float64(i)*cellWidth-1, y-1, cellWidth+1, cellHeight+1, soft) // the diagonal: right answers
	}
	shares.bar(p, left+wide+24, top, min(high, 180), "% of its row")
	return p.figure()
}

// hatched fills a rectangle without a value.
func (p *page) hatched(x, y, w, h float64) {
	card, where := p.canvas.Image(), p.device(x, y, w, h)
	for y := where.Min.Y; y < where.Max.Y; y++ {
		for x := where.Min.X; x < where.Max.X; x++ {
			card.Set(x, y, hatching(x, y))
		}
	}
}

func sum(counts []int) (total int) {
	for _, n := range counts {
		total += n
	}
	return total
}

// diagonal counts the right answers.
func diagonal(counts []int, K int) (right int) {
	for i := range K {
		right += counts[i*K+i]
	}
	return right
}

// mostConfused lists up to three pairs, the largest share of a true class first.
func mostConfused(counts []int, names []string) string {
	type pair struct {
		truth, said, n, of int
	}
	var pairs []pair
	K := len(names)
	for i := range K {
		of := sum(counts[i*K : (i+1)*K])
		for j := range K {
			if n := counts[i*K+j]; i != j && n > 0 {
				pairs = append(pairs, pair{i, j, n, of})
			}
		}
	}
	if len(pairs) == 0 {
		return "No sample is taken for one of another class."
	}
	share := func(p pair) float64 { return float64(p.n) / float64(p.of) }
	slices.SortStableFunc(pairs, func(a, b pair) int {
		if share(a) != share(b) {
			return descending(share(a), share(b))
		}
		return b.n - a.n
	})
	var says []string
	for _, p := range pairs[:min(3, len(pairs))] {
		says = append(says, fmt.Sprintf("%s for %s (%s of %s)", names[p.truth], names[p.said], thousands(p.n), thousands(p.of)))
	}
	return "Most often mistaken: " + strings.Join(says, "; ") + "."
}

func confusable(counts []int, names []string) error {
	K := len(names)
	if K < 2 || K > mostClasses {
		return fmt.Errorf("figure: a confusion of %d classes can't be drawn; pass the counts of 2 to %d classes", K, mostClasses)
	}
	if len(counts) != K*K {
		return fmt.Errorf("figure: a confusion of %d counts is not %d × %d; pass them row-major, a row for each true class", len(counts), K, K)
	}
	for i, n := range counts {
		if n < 0 {
			return fmt.Errorf("figure: the confusion has %d samples of %q taken for %q; a count is 0 or more", n, names[i/K], names[i%K])
		}
	}
	if sum(counts) == 0 {
		return errors.New("figure: the confusion has no sample; count the answers of an evaluation first")
	}
	return nil
}
