package kubernetes

import "time"

// anewTime is how long errAnew holds back what the shrink guard is not to hold back: who makes a definition or a namespace
// anew writes again what was in it, and not at once.
const anewTime = 30 * time.Second

// tally is how many objects of a scope are served, how many of these are left, and how many there are.
type tally struct{ served, left, now int }

// compare holds what was read against what is served. lacks says that something is missing. It returns errAnew where of all
// that is served of a scope nothing is left, and less is there. So it is after what was in it went with its definition or its
// namespace, whenever that was, and whatever was heard of it: an object that is written again is another one. Who deletes the
// last object of a scope is heard and believed before; where that cannot be, after the watches were interrupted, it cannot be
// told apart, and a person decides.
func (r *reading) compare(scopes []scope) (lacks bool, err error) {
	if r.before == nil {
		return false, nil
	}
	all := make([]tally, len(scopes))
	for id, h := range r.before.objects {
		all[h.scope].served++
		if _, ok := r.state.objects[id]; ok {
			all[h.scope].left++
		}
	}
	for _, h := range r.state.objects {
		all[h.scope].now++
	}
	for i, t := range all {
		lacks = lacks || t.left < t.served
		if err == nil && t.left == 0 && t.now < t.served {
			err = errAnew(scopes[i])
		}
	}
	if err == nil {
		return lacks, nil
	}
	if r.anew.IsZero() {
		r.anew = time.Now()
	}
	if r.Shrink < 0 && time.Since(r.anew) > anewTime {
		return lacks, nil
	}
	return lacks, r.hold(err)
}
