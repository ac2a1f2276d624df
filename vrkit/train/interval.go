package train

import "math"

// Wilson is the 95 % interval of a share of which n samples had right: it holds for shares near 0 and 1
// too, where the usual ±1.96σ does not (E. B. Wilson, 1927). Without samples it is all of [0,1].
func Wilson(right, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.959963984540054
	size, share := float64(n), float64(right)/float64(n)
	middle := share + z*z/(2*size)
	half := z * math.Sqrt(share*(1-share)/size+z*z/(4*size*size))
	scale := 1 + z*z/size
	return max((middle-half)/scale, 0), min((middle+half)/scale, 1)
}
