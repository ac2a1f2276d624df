package output

// Origin says where an alignment's ω comes from, for tables.
func Origin(o Alignment) string {
	switch o := o.(type) {
	case Estimator:
		return "counted " + string(o.When())
	case Learned:
		return "learned by gradient"
	default:
		return "from nothing"
	}
}
