package picture

import "errors"

// sheetBytes is how large a sheet is: many fit into a picture, and a small one wastes little.
const sheetBytes = 64 << 10

// errFull says that more was written than there is room for.
var errFull = errors.New("there is no room for more")

// sheets keeps what is written to it in pieces that stay where they are: a buffer that doubles
// takes four times what is in it at last, sheets twice.
type sheets struct {
	list [][]byte
	size int
	most int // bytes, beyond which writing fails; 0: as many as come
}

// Write fails with errFull.
func (s *sheets) Write(p []byte) (int, error) {
	if s.most != 0 && s.size+len(p) > s.most {
		return 0, errFull
	}
	s.size += len(p)
	for rest := p; len(rest) > 0; {
		last := len(s.list) - 1
		if last < 0 || len(s.list[last]) == sheetBytes {
			s.list = append(s.list, make([]byte, 0, sheetBytes))
			last++
		}
		n := min(len(rest), sheetBytes-len(s.list[last]))
		s.list[last], rest = append(s.list[last], rest[:n]...), rest[n:]
	}
	return len(p), nil
}

// bytes returns what was written, in one.
func (s *sheets) bytes() []byte {
	whole := make([]byte, 0, s.size)
	for _, sheet := range s.list {
		whole = append(whole, sheet...)
	}
	return whole
}
