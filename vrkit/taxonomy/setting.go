package taxonomy

import "fmt"

// SettingError says what is wrong with one hyper-parameter of a method.
type SettingError struct {
	Setting string // as the method's Settings call it, and the command line its flag
	Problem string
}

// Error is the problem.
func (e *SettingError) Error() string { return e.Problem }

// Wrong is a SettingError, its problem as fmt.Sprintf has it.
func Wrong(setting, problem string, values ...any) error {
	return &SettingError{Setting: setting, Problem: fmt.Sprintf(problem, values...)}
}
