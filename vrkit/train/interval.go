package train

import "math"

// Wilson returns the 95 % interval of an accuracy: right of n samples are right. It also holds near 0 and 1, where the
// usual ±1.96σ does not (E. B. Wilson, 1927). It is [0,1] if n is 0.
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
