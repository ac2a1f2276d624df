package registry

import "fmt"

// SettingError says what is wrong with one setting of a method.
type SettingError struct {
	Setting string // its name in the record of a run and on the command line
	Problem string
}

// Error is the problem.
func (e *SettingError) Error() string { return e.Problem }

// Wrong returns a SettingError; problem and values are as in fmt.Sprintf.
func Wrong(setting, problem string, values ...any) error {
	return &SettingError{Setting: setting, Problem: fmt.Sprintf(problem, values...)}
}

// MaxSeed is the largest seed of a method, 2⁵³: JSON, the format of a run's record, keeps integers up to it exactly for
// every reader.
const MaxSeed = 1 << 53

// CheckSeed returns an error if a seed is larger than MaxSeed.
func CheckSeed(seed uint64) error {
	if seed > MaxSeed {
		return Wrong("seed", "a seed is at most 2⁵³ = %d, not %d", uint64(MaxSeed), seed)
	}
	return nil
}
