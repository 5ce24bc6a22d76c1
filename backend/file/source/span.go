package source

// Span is a part of a text: its octets from From to To, that at To not included. The zero Span is no part.
type Span struct{ From, To int }

// Empty reports whether nothing is in the span.
func (s Span) Empty() bool { return s.From == s.To }

// Of returns the part of a text.
func (s Span) Of(text []byte) []byte { return text[s.From:s.To] }
