package bpe

// queue is a heap of merges: the least rank first, and of equal ranks the leftmost. An entry is the rank and the place in
// one number, so that one comparison orders both.
type queue []uint64

func (q *queue) push(rank, place int32) {
	entry := uint64(rank)<<32 | uint64(place)
	h := append(*q, entry)
	i := len(h) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if h[parent] <= entry {
			break
		}
		h[i] = h[parent]
		i = parent
	}
	h[i] = entry
	*q = h
}

func (q *queue) pop() (rank, place int32) {
	h := *q
	top, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	for i := 0; len(h) > 0; {
		child := 2*i + 1
		if child+1 < len(h) && h[child+1] < h[child] {
			child++
		}
		if child >= len(h) || last <= h[child] {
			h[i] = last
			break
		}
		h[i] = h[child]
		i = child
	}
	*q = h
	return int32(top >> 32), int32(uint32(top))
}
