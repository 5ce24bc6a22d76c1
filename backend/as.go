package backend

// As returns b, or the first backend that b wraps, as a T: one of the optional capabilities, or a
// concrete backend. A wrapper has a method Unwrap() Backend; it must itself be the T where it
// changes what T does.
func As[T any](b Backend) (T, bool) {
	for b != nil {
		if t, ok := b.(T); ok {
			return t, true
		}
		w, ok := b.(interface{ Unwrap() Backend })
		if !ok {
			break
		}
		b = w.Unwrap()
	}
	var none T
	return none, false
}
