package stock

// Level says how much is left.
func Level(in, out int) int {
	if out > in {
		return 0
	}
	return in - out
}
