package file

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/fsnotify/fsnotify"
)

// notifier tells when something changes in the folders that the paths lead through.
type notifier struct {
	w       *fsnotify.Watcher
	folders map[string]stamp // what is watched, with the folder it was then
	fault   string           // why not everything is watched
}

// newNotifier always returns a notifier; without the system's help it never tells anything.
func newNotifier() *notifier {
	n := &notifier{folders: map[string]stamp{}}
	w, err := fsnotify.NewWatcher()
	if err != nil {
		n.fault = reason(err)
		return n
	}
	n.w = w
	return n
}

func (n *notifier) close() {
	if n.w != nil {
		n.w.Close()
	}
}

// events and errors are the channels of the watcher; nil, which never deliver, where there is none.
func (n *notifier) events() <-chan fsnotify.Event {
	if n.w == nil {
		return nil
	}
	return n.w.Events
}

func (n *notifier) errors() <-chan error {
	if n.w == nil {
		return nil
	}
	return n.w.Errors
}

// arm watches the folders that paths lead through now, and no others. It has to run before the
// files are looked at, so that no change falls between. It returns whether it watches more than before.
func (n *notifier) arm(paths []string) (more bool) {
	if n.w == nil {
		return false
	}
	// A folder that comes while its parent is not watched yet is told by nobody, so the way is
	// walked again until it leads through nothing new. The bound is for ways that change all the
	// time; these bring events.
	for range 10 {
		if !n.armOnce(lead(paths)) {
			return more
		}
		more = true
	}
	return more
}

// lead returns the folders that paths lead through now.
func lead(paths []string) map[string]stamp {
	want := map[string]stamp{}
	for _, p := range paths {
		for _, folder := range foldersOf(p) {
			fi, err := os.Stat(folder)
			if err == nil {
				s := stampOf(fi)
				want[folder] = stamp{dev: s.dev, ino: s.ino}
			}
		}
	}
	return want
}

// armOnce watches the folders of want; it reports whether it began to watch one.
func (n *notifier) armOnce(want map[string]stamp) (added bool) {
	for folder, was := range n.folders {
		if is, ok := want[folder]; !ok || is != was {
			// It fails where the folder is gone, and its watch with it.
			_ = n.w.Remove(folder)
			delete(n.folders, folder)
		}
	}
	n.fault = ""
	for folder, s := range want {
		if _, ok := n.folders[folder]; ok {
			continue
		}
		if err := n.w.Add(folder); err == nil {
			n.folders[folder] = s
			added = true
		} else if !errors.Is(err, fs.ErrNotExist) {
			n.fault = reason(err)
		}
	}
	return added
}

// forget drops the watch of a folder that an event tells was moved or removed: what stands there
// next is another folder, though it may get the same inode.
func (n *notifier) forget(e fsnotify.Event) {
	if e.Has(fsnotify.Remove) || e.Has(fsnotify.Rename) {
		if _, ok := n.folders[e.Name]; ok {
			_ = n.w.Remove(e.Name)
			delete(n.folders, e.Name)
		}
	}
}

// maxLinks is how many symbolic links are followed, as in the Linux kernel.
const maxLinks = 40

// foldersOf lists the folders in which a change of a name can change what path leads to: the folder
// of each symbolic link on the way, and that of the file. Where the way ends early, the last folder
// that exists is among them.
func foldersOf(path string) []string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil
	}
	root := filepath.VolumeName(abs) + string(filepath.Separator)
	var folders []string
	here, rest := root, strings.TrimPrefix(abs, root)
	for links := 0; rest != ""; {
		var name string
		name, rest, _ = strings.Cut(rest, string(filepath.Separator))
		if name == "" || name == "." {
			continue
		}
		if name == ".." {
			here = filepath.Dir(here)
			continue
		}
		next := filepath.Join(here, name)
		fi, err := os.Lstat(next)
		if err != nil {
			return append(folders, here)
		}
		if fi.Mode()&fs.ModeSymlink == 0 {
			if rest == "" {
				return append(folders, here)
			}
			here = next
			continue
		}
		folders = append(folders, here)
		target, err := os.Readlink(next)
		if links++; err != nil || links > maxLinks {
			return folders
		}
		if filepath.IsAbs(target) {
			here = root
		}
		rest = strings.TrimPrefix(target, root) + string(filepath.Separator) + rest
	}
	return append(folders, here)
}
