package test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestConfigMapSwaps (F22): the file of a lane is reached as Kubernetes shows a ConfigMap, through a link "..data" that turns
// to a new folder at each change, 1,000 times in the long form. No change is lost, and no reply wrong, meanwhile also those
// that came in between two changes.
func TestConfigMapSwaps(t *testing.T) {
	swaps := 30
	if *long {
		swaps = 1000
	}
	dir := home(t)
	lanes := []*lane{newLane(t, dir, 0, 30, false), newLane(t, dir, 1, 30, true)}
	turn := func(l *lane) uint32 {
		v := l.high.Load() + 1
		l.high.Store(v)
		folder := filepath.Dir(l.path)
		generation := fmt.Sprintf("..%d", v)
		must := func(err error) {
			if err != nil {
				t.Helper()
				t.Fatal(err)
			}
		}
		must(os.Mkdir(filepath.Join(folder, generation), 0o755))
		must(os.WriteFile(filepath.Join(folder, generation, "data"), []byte(l.file(v)), 0o644))
		must(os.Symlink(generation, filepath.Join(folder, "..data_tmp")))
		must(os.Rename(filepath.Join(folder, "..data_tmp"), filepath.Join(folder, "..data")))
		os.RemoveAll(filepath.Join(folder, fmt.Sprintf("..%d", v-1)))
		return v
	}
	for _, l := range lanes {
		turn(l)
		if err := os.Remove(l.path); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("..data/data", l.path); err != nil {
			t.Fatal(err)
		}
	}
	d := launchLanes(t, dir, lanes)
	for _, l := range lanes {
		d.awaitStore(t, l, 2)
	}
	load := startUDP(t, d.at, lanes)
	load.overlap.Store(false)
	r := load.counted()
	for i := range swaps {
		for _, l := range lanes {
			turn(l)
		}
		if i%5 != 0 { // the others come faster than they can be loaded
			time.Sleep(time.Duration(i%5) * time.Millisecond)
			continue
		}
		began := time.Now()
		for _, l := range lanes {
			l.await(t, l.high.Load())
		}
		r.Recovery = max(r.Recovery, time.Since(began).Milliseconds())
	}
	for _, l := range lanes {
		d.awaitStore(t, l, l.high.Load())
	}
	load.stop(t)
	load.noteAs(t, r, "F22", "..data turned", "file", swaps)
}

// TestWrittenSlowly (F21): a file that is written in place, piece by piece, 30 s long in the long form, is not served before it
// is whole, and then it is.
func TestWrittenSlowly(t *testing.T) {
	length := 2 * time.Second
	if *long {
		length = 30 * time.Second
	}
	dir := home(t)
	lanes := []*lane{newLane(t, dir, 0, 30, false), newLane(t, dir, 1, 30, true)}
	d := startLanes(t, dir, lanes)
	load := startUDP(t, d.at, lanes)
	load.overlap.Store(false)
	r := load.counted()
	for range *faultRounds {
		const pieces = 50
		var files []*os.File
		var texts []string
		for _, l := range lanes {
			v := l.high.Load() + 1
			text := l.file(v) // what is served before it is whole would be of a version that there is not yet
			f, err := os.Create(l.path)
			if err != nil {
				t.Fatal(err)
			}
			files, texts = append(files, f), append(texts, text)
		}
		for i := range pieces {
			if i == pieces-1 {
				for _, l := range lanes {
					l.high.Add(1)
				}
			}
			for k, f := range files {
				if _, err := f.WriteString(texts[k][len(texts[k])*i/pieces : len(texts[k])*(i+1)/pieces]); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(length / pieces)
		}
		began := time.Now()
		for k, l := range lanes {
			files[k].Close()
			l.await(t, l.high.Load())
		}
		r.Recovery = max(r.Recovery, time.Since(began).Milliseconds())
	}
	load.stop(t)
	load.noteAs(t, r, "F21", fmt.Sprintf("written in place for %v", length), "file", *faultRounds)
}

// noteAs completes a result that counted began, and adds it to the ledger.
func (l *load) noteAs(t *testing.T, r result, id, name, store string, rounds int) {
	t.Helper()
	r.take(l)
	r.Fault, r.Name, r.Store, r.Rounds = id, name, store, rounds
	t.Logf("%+v", r)
	if !t.Failed() {
		note(t, r)
	}
}
