package taxonomy

import "fmt"

// SettingError says what is wrong with one hyper-parameter of a method.
type SettingError struct {
	Setting string // its name in the method's Settings and on the command line
	Problem string
}

// Error is the problem.
func (e *SettingError) Error() string { return e.Problem }

// Wrong returns a SettingError; problem and values are as in fmt.Sprintf.
func Wrong(setting, problem string, values ...any) error {
	return &SettingError{Setting: setting, Problem: fmt.Sprintf(problem, values...)}
}
