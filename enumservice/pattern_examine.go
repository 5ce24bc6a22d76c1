package enumservice

// examiner walks a pattern for its traits. Its stacks are arrays, which nothing is allocated for: an
// expression has at most 255 octets, and each piece, step and branch at least one of its own.
type examiner struct {
	patternReader
	traits
	used   uint16 // groups that the replacement refers to, a bit each
	groups int

	pieces     [256]piece // of what is not one piece yet, from the start of the pattern
	pieceCount int
	// branches are those of the alternatives that are read, and steps where they begin, branch after branch.
	branches    [256]span
	branchCount int
	steps       [256]step
	stepCount   int
}

// span is a part of examiner.steps.
type span struct{ from, to int16 }

func (e *examiner) push(b piece) {
	e.pieces[e.pieceCount] = b
	e.pieceCount++
}

// pop makes one piece of those from start on, and takes them away.
func (e *examiner) pop(start int) piece {
	whole := join(e.pieces[start:e.pieceCount])
	e.pieceCount = start
	return whole
}

// alternatives reads up to the closing parenthesis or the end. It leaves the pieces of a single branch as
// they are, and makes one piece of several branches.
func (e *examiner) alternatives() {
	pieces, groups := e.pieceCount, e.groups
	e.branch()
	if e.peek() != '|' {
		return
	}
	steps, branches := e.stepCount, e.branchCount
	whole := piece{least: endless}
	for {
		alike := e.compare(branches, e.pieces[pieces:e.pieceCount])
		b := e.pop(pieces)
		whole.set |= b.set
		whole.choice = whole.choice || b.choice || alike
		whole.least, whole.most = min(whole.least, b.least), max(whole.most, b.most)
		if e.peek() != '|' {
			break
		}
		e.pos++
		e.branch()
	}
	e.push(whole)
	e.stepCount, e.branchCount = steps, branches
	e.optional = e.optional || e.usedSince(groups+1) // those of the branch that is not taken
}

// compare adds a branch to those from start on, and reports whether it is prefixed with one of them.
func (e *examiner) compare(start int, pieces []piece) bool {
	from := e.stepCount
	e.stepCount += putSteps(e.steps[from:], pieces)
	found := false
	for _, b := range e.branches[start:e.branchCount] {
		found = found || prefixed(e.steps[from:e.stepCount], e.steps[b.from:b.to])
	}
	e.branches[e.branchCount] = span{int16(from), int16(e.stepCount)}
	e.branchCount++
	return found
}

func (e *examiner) branch() {
	for {
		switch e.peek() {
		case 0, '|', ')':
			return
		case '^', '$':
			e.pos++
		case '(':
			e.group()
		default:
			b := piece{set: e.set(), least: 1, most: 1}
			if least, most, ok := e.repetition(); ok {
				b.least, b.most, b.choice = least, most, least != most
			}
			e.push(b)
		}
	}
}

// group reads a group and the repetition behind it.
func (e *examiner) group() {
	e.pos++
	e.groups++
	number := e.groups
	border := piece{border: uint8(min(number, 15))}
	e.push(border)
	inner := e.pieceCount
	e.alternatives()
	e.pos++
	if least, most, ok := e.repetition(); ok {
		// That this group need not take part shows behind it, and holds for those within.
		e.optional = e.optional || least == 0 && e.usedSince(number)
		whole := e.pop(inner)
		e.nested = e.nested || most == endless && whole.most == endless
		whole.choice = whole.choice || least != most
		whole.least, whole.most = whole.least*least, int32(min(int64(whole.most)*int64(most), endless))
		e.push(whole)
	}
	e.push(border)
}

// usedSince reports whether the group of that number is used, or one within it. Only nine can be.
func (e *examiner) usedSince(number int) bool {
	within := uint32(1)<<min(e.groups+1, 16) - 1
	return uint32(e.used)&within>>min(number, 16) != 0
}
