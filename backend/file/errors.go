package file

import "errors"

// Errors of loads, told in events of kind backend.Refused. Their texts follow the path of the file
// that they are about. Faults inside files are *source.Errors.
var (
	// errMoving: the file changed while it was read. It is not told: the file is read again once
	// it rests.
	errMoving = errors.New("changed while it was read")
	// errRestless: the file does not stop changing.
	errRestless = errors.New("has been changing for a minute without rest: write it aside and rename it over the old one")
	// errEmpty: an empty file is taken for an accident.
	errEmpty = errors.New("is empty: write $END alone to publish no numbers")
	// errEmptyInclude: so is an empty file that is included.
	errEmptyInclude = errors.New("is empty: if that is meant, write a comment into it, or take the $INCLUDE out")
	// errNoEntries: a file of nothing but comments is taken for an accident, too.
	errNoEntries = errors.New("holds no entries: write $END at its end to publish no numbers")
	// errFaulty: the faults are in the files, and told of each. It is not told itself.
	errFaulty = errors.New("faults in files")
	// errUnserved: an apex of the block is served by nothing.
	errUnserved = errors.New("no file is for this apex: add a zone file with it, or a numbers file, or take it out of the Corefile")
	// errNoEnd: the option require_end is set.
	errNoEnd = errors.New("does not end in $END, which require_end asks for: was it cut short?")
	// errEndLost: the version before had its end marker.
	errEndLost = errors.New("has lost its end marker $END: was it cut short? To do without, restart the server")
)
