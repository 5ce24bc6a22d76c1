package bolt

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/enumim/enumim/backend"
)

// What a page is (go.etcd.io/bbolt/internal/common/page.go): its number, 8 octets; a flag, 2; how many elements it
// has, 2; how many pages follow that belong to it, 4; the elements, 16 octets each; keys and values. All are in the
// order of the machine that wrote the file.
const (
	pageHeader = 16
	element    = 16
	branchPage = 0x01
	leafPage   = 0x02
	listPage   = 0x10
	bucketFlag = 0x01 // of an element of a leaf: its value is a tree
)

var order = binary.NativeEndian

// pages are the pages of a data base, as one transaction sees them.
type pages struct {
	data  []byte
	size  int
	limit uint64 // pages from here on are not in use
}

// damaged is the error of a file that is not what it should be.
func damaged(what string) error {
	return fmt.Errorf("%w: the file is damaged (%s): import anew, or restore a copy", backend.ErrInvalidData, what)
}

// page returns a page of a tree.
func (p *pages) page(id uint64) (node, error) {
	if id < 2 || id >= p.limit {
		return node{}, damaged("a page that is not there")
	}
	at := int(id) * p.size
	head := p.data[at : at+pageHeader]
	end := id + 1 + uint64(order.Uint32(head[12:]))
	if order.Uint64(head) != id || end > p.limit {
		return node{}, damaged("another page than was looked for")
	}
	return newNode(p.data[at : int(end)*p.size])
}

// node is a page of a tree.
type node struct {
	data  []byte
	count int
	leaf  bool
}

// newNode returns the page in data.
func newNode(data []byte) (node, error) {
	if len(data) < pageHeader {
		return node{}, damaged("a short page")
	}
	n := node{data: data, count: int(order.Uint16(data[10:])), leaf: order.Uint16(data[8:]) == leafPage}
	if !n.leaf && (order.Uint16(data[8:]) != branchPage || n.count == 0) || pageHeader+n.count*element > len(data) {
		return node{}, damaged("a page of no tree")
	}
	// Keys and values begin where the elements end: a page that counts fewer would hide some.
	if n.count > 0 && int(n.position(0)) != n.count*element {
		return node{}, damaged("a page that counts otherwise")
	}
	return n, nil
}

// at returns element i, whose positions count from itself.
func (n *node) at(i int) []byte { return n.data[pageHeader+i*element:] }

// position returns where the key of element i begins, from the element.
func (n *node) position(i int) uint32 {
	if n.leaf {
		return order.Uint32(n.at(i)[4:])
	}
	return order.Uint32(n.at(i))
}

// key returns the key of element i, nil for one that is out of its page.
func (n *node) key(i int) []byte {
	e := n.at(i)
	pos, size := n.position(i), order.Uint32(e[4:])
	if n.leaf {
		size = order.Uint32(e[8:])
	}
	if uint64(pos)+uint64(size) > uint64(len(e)) {
		return nil
	}
	return e[pos : pos+size]
}

// child returns the page that element i of a branch leads to.
func (n *node) child(i int) uint64 { return order.Uint64(n.at(i)[8:]) }

// item returns element i of a leaf.
func (n *node) item(i int) (item, error) {
	e := n.at(i)
	pos, key, value := uint64(order.Uint32(e[4:])), uint64(order.Uint32(e[8:])), uint64(order.Uint32(e[12:]))
	if pos+key+value > uint64(len(e)) {
		return item{}, damaged("an entry out of its page")
	}
	return item{key: e[pos : pos+key], value: e[pos+key : pos+key+value], bucket: order.Uint32(e)&bucketFlag != 0}, nil
}

// search returns the first element whose key is not less than key; the count, where there is none. A key that is out of
// its page is less than all.
func (n *node) search(key []byte) int {
	field := 0 // of an element, where the position of its key stands; the size is behind it
	if n.leaf {
		field = 4
	}
	var word uint64
	if len(key) == numberKey {
		word = binary.BigEndian.Uint64(key)
	}
	low, high := 0, n.count
	for low < high {
		mid := int(uint(low+high) >> 1)
		at := pageHeader + mid*element
		e := n.data[at : at+element]
		size := uint64(order.Uint32(e[field+4:]))
		from := uint64(at) + uint64(order.Uint32(e[field:]))
		less := true
		if from+size <= uint64(len(n.data)) {
			k := n.data[from : from+size]
			if len(k) == numberKey && len(key) == numberKey {
				less = binary.BigEndian.Uint64(k) < word
			} else {
				less = bytes.Compare(k, key) < 0
			}
		}
		if less {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// item is an element of a leaf: a key with a value, or with a tree.
type item struct {
	key, value []byte
	bucket     bool
}

// tree is where a tree begins: at a page, or where there is none in the value that names it.
type tree struct {
	root   uint64
	inline []byte
}

// tree returns the tree that is the value of an item.
func (it *item) tree() (tree, error) {
	const header = 16 // the page of the root, and a number that counts
	if !it.bucket || len(it.value) < header {
		return tree{}, damaged("no tree where one should be")
	}
	t := tree{root: order.Uint64(it.value)}
	if t.root == 0 {
		t.inline = it.value[header:]
	}
	return t, nil
}
