package blast

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Batched system calls are what lets one core outrun every server: with one call for each datagram
// the generator would be slower than NSD and Knot.

// mmsghdr is struct mmsghdr of recvmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
}

// packets are the buffers of a batch.
type packets struct {
	hdrs  []mmsghdr
	iovs  []unix.Iovec
	bufs  [][]byte
	width int
}

func newPackets(width int) *packets {
	p := &packets{hdrs: make([]mmsghdr, batch), iovs: make([]unix.Iovec, batch), bufs: make([][]byte, batch), width: width}
	for i := range p.hdrs {
		p.bufs[i] = make([]byte, width)
		p.iovs[i].Base = &p.bufs[i][0]
		p.iovs[i].SetLen(width)
		p.hdrs[i].hdr.Iov = &p.iovs[i]
		p.hdrs[i].hdr.SetIovlen(1)
	}
	return p
}

// set makes the datagram i one of n octets and returns its buffer.
func (p *packets) set(i, n int) []byte {
	p.iovs[i].SetLen(n)
	return p.bufs[i][:n]
}

// got returns the datagram i that was received.
func (p *packets) got(i int) []byte { return p.bufs[i][:p.hdrs[i].len] }

func (p *packets) call(trap uintptr, fd, from, to int) (int, error) {
	n, _, errno := unix.Syscall6(trap, uintptr(fd), uintptr(unsafe.Pointer(&p.hdrs[from])), uintptr(to-from), unix.MSG_DONTWAIT, 0, 0)
	runtime.KeepAlive(p)
	switch errno {
	case 0:
		return int(n), nil
	case unix.EAGAIN, unix.EINTR, unix.ECONNREFUSED: // refused: what an earlier datagram met with
		return 0, nil
	}
	return 0, errno
}

// send sends the first n datagrams.
func (p *packets) send(fd, n int) error {
	for from := 0; from < n; {
		done, err := p.call(unix.SYS_SENDMMSG, fd, from, n)
		if err != nil {
			return err
		}
		from += done
	}
	return nil
}

// receive returns how many datagrams were there.
func (p *packets) receive(fd int) (int, error) { return p.call(unix.SYS_RECVMMSG, fd, 0, batch) }
