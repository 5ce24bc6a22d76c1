package table

import (
	"errors"
	"fmt"
)

// ErrDuplicate is what a DuplicateError wraps.
var ErrDuplicate = errors.New("two entries for one name")

// ErrOccluded is what an OccludedError wraps.
var ErrOccluded = errors.New("entry lies below a delegation or DNAME, which hides it")

// DuplicateError says that two entries of one build stand for the same name, or that the lengths of
// two blocks of one prefix overlap.
type DuplicateError struct {
	First, Second uint32 // the refs they were added with
}

// Error names the refs, no number.
func (e *DuplicateError) Error() string {
	return fmt.Sprintf("%v: entries %d and %d: delete one of them", ErrDuplicate, e.First, e.Second)
}

// Unwrap returns ErrDuplicate.
func (e *DuplicateError) Unwrap() error { return ErrDuplicate }

// OccludedError says that an entry lies at or below a delegation, or below a DNAME, so that it could
// never be answered.
type OccludedError struct {
	Entry, Cut uint32 // the refs that the entry and what hides it were added with
}

// Error names the refs, no number.
func (e *OccludedError) Error() string {
	return fmt.Sprintf("%v: entry %d below %d: delete one of them", ErrOccluded, e.Entry, e.Cut)
}

// Unwrap returns ErrOccluded.
func (e *OccludedError) Unwrap() error { return ErrOccluded }
