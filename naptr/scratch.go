package naptr

import "sync"

// scratch is what an expression is parsed in. What strangers send must not become garbage of many times
// its length, so one scratch serves after the other.
type scratch struct {
	pattern    parser
	shape      shapeBuilder
	compiler   compiler
	expression Expression
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// parse returns an Expression whose memory is that of s.
func (s *scratch) parse(regexp string, shapes bool) (*Expression, error) {
	if len(regexp) > 255 {
		return nil, ErrTooLong
	}
	second, third, err := splitExpression(regexp)
	if err != nil {
		return nil, err
	}
	s.pattern.reset(regexp, second, third+1 < len(regexp))
	root, err := s.pattern.parse()
	if err != nil {
		return nil, err
	}
	ere := regexp[1:second]
	e := &s.expression
	*e = Expression{
		source: regexp, flags: regexp[third+1:], groups: s.pattern.groups,
		literal: ere == "^.*$" || ere == ".*", // without groups there are no back-references
		repl:    e.repl[:0],
	}
	used, err := e.parseReplacement(second+1, third)
	if err != nil {
		return nil, err
	}
	if shapes {
		e.shape = s.shape.build(&s.pattern.tree, root)
	}
	if e.shape == nil {
		if e.program = s.compiler.compile(&s.pattern.tree, root, used); e.program == nil {
			return nil, &SyntaxError{Offset: 1, Reason: ErrTooComplex}
		}
	}
	return e, nil
}
