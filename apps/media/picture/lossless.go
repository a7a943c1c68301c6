package picture

// The codes of lossless WebP (RFC 9649 section 3) take more memory than the picture has, if whoever
// made it wants that: a file of a megabyte may have 2,600 groups of five codes with 3,376 symbols
// together, for which the decoder takes 150 MB and more. How many there are stands behind some
// small pictures that are packed like the large one. So these are read, for their numbers alone:
// nothing is kept of them but the largest one.

// Sizes of the alphabets (section 3.7.2.2.1), without the colours that were seen before.
const (
	literals  = 256
	lengths   = 24
	distances = 40
)

// What the decoder takes, beside pictures. The constants are those of golang.org/x/image/vp8l,
// and a test measures them.
const (
	symbolCost = 28      // two nodes of a tree, a length and a code, in the allocator's sizes
	codeCost   = 1 << 10 // of each of five codes
)

// packed reads bits, the lowest of each byte first. After its end everything is 0 and bad is set.
type packed struct {
	data []byte
	at   int // in bits
	bad  bool
}

func (p *packed) read(bits int) (v int) {
	if p.at+bits > 8*len(p.data) {
		p.bad = true
		return 0
	}
	for i := range bits {
		v |= int(p.data[(p.at+i)>>3]>>((p.at+i)&7)&1) << i
	}
	p.at += bits
	return v
}

// code is a prefix code: how many words there are of each length, and their symbols in order. One
// of a single symbol has words of no bits.
type code struct {
	words   [16]int
	symbols []int
}

// newCode makes a code of the lengths of its words. ok is false unless they leave nothing out.
func newCode(lengths []int) (c code, ok bool) {
	for _, length := range lengths {
		c.words[length]++
	}
	c.words[0] = 0
	var next [17]int
	left := 1
	for length := 1; length < 16; length++ {
		next[length+1] = next[length] + c.words[length]
		left = left<<1 - c.words[length]
		if left < 0 {
			return c, false
		}
	}
	c.symbols = make([]int, next[16])
	for symbol, length := range lengths {
		if length > 0 {
			c.symbols[next[length]] = symbol
			next[length]++
		}
	}
	return c, left == 0 || len(c.symbols) == 1
}

func (p *packed) symbol(c code) int {
	if len(c.symbols) == 1 {
		return c.symbols[0]
	}
	word, first, index := 0, 0, 0
	for length := 1; length < 16; length++ {
		word |= p.read(1)
		if word-first < c.words[length] {
			return c.symbols[index+word-first]
		}
		index += c.words[length]
		first = (first + c.words[length]) << 1
		word <<= 1
	}
	p.bad = true
	return 0
}

// lengthOrder is the order of the lengths of the code of lengths (section 3.7.2.1.2).
var lengthOrder = [19]int{17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}

// code reads a code of so many symbols (section 3.7.2.1).
func (p *packed) code(alphabet int) (c code) {
	if p.read(1) == 1 {
		count, bits := 1+p.read(1), 1+7*p.read(1)
		c.symbols = []int{p.read(bits)}
		if count == 2 {
			c.symbols, c.words[1] = append(c.symbols, p.read(8)), 2
		}
		return c
	}
	var few [len(lengthOrder)]int
	for i := range min(4+p.read(4), len(lengthOrder)) {
		few[lengthOrder[i]] = p.read(3)
	}
	of, ok := newCode(few[:])
	read := alphabet
	if p.read(1) == 1 {
		read = 2 + p.read(2+2*p.read(3))
	}
	if !ok || read > alphabet {
		p.bad = true
		return c
	}
	all, last := make([]int, alphabet), 8
	for at := 0; at < alphabet && read > 0 && !p.bad; read-- {
		length, times := p.symbol(of), 1
		switch length {
		case 16:
			length, times = last, 3+p.read(2)
		case 17:
			length, times = 0, 3+p.read(3)
		case 18:
			length, times = 0, 11+p.read(7)
		}
		if length > 0 {
			last = length
		}
		if at+times > alphabet {
			p.bad = true
			return c
		}
		for range times {
			all[at] = length
			at++
		}
	}
	if c, ok = newCode(all); !ok {
		p.bad = true
	}
	return c
}

// cache reads how many colours are remembered (section 3.6.3).
func (p *packed) cache() int {
	if p.read(1) == 0 {
		return 0
	}
	bits := p.read(4)
	p.bad = p.bad || bits < 1 || bits > 11
	return 1 << bits
}

// number reads a length or distance (section 3.6.2).
func (p *packed) number(symbol int) int {
	if symbol < 4 {
		return symbol + 1
	}
	bits := (symbol - 2) >> 1
	return (2+symbol&1)<<bits + p.read(bits) + 1
}

// small reads one of the pictures in front of the large one, and returns the largest number that
// its red and green make. Whatever is not said of a pixel was said of one before.
func (p *packed) small(width, height int) (largest int) {
	var codes [5]code
	remembered := p.cache()
	for i, alphabet := range [5]int{literals + lengths + remembered, literals, literals, literals, distances} {
		if p.bad {
			return 0
		}
		codes[i] = p.code(alphabet)
	}
	for left := width * height; left > 0 && !p.bad; {
		switch green := p.symbol(codes[0]); {
		case green < literals:
			red := p.symbol(codes[1])
			p.symbol(codes[2])
			p.symbol(codes[3])
			largest = max(largest, red<<8|green)
			left--
		case green < literals+lengths:
			left -= p.number(green - literals)
			p.number(p.symbol(codes[4]))
		default:
			left--
		}
	}
	return largest
}

// tiles is how many squares of 1<<bits pixels cover a side.
func tiles(side, bits int) int { return (side + 1<<bits - 1) >> bits }

// losslessCost is how many bytes decoding a lossless WebP picture of this size takes. ok is false
// if it cannot be decoded.
func losslessCost(data []byte, width, height int) (bytes int64, ok bool) {
	p := &packed{data: data}
	full, seen := width, [4]bool{}
	for p.read(1) == 1 && !p.bad {
		kind := p.read(2)
		if seen[kind] {
			return 0, false
		}
		seen[kind] = true
		switch kind {
		case 0, 1: // for each square, how it is foretold, or how its colours depend on each other
			bits := 2 + p.read(3)
			p.small(tiles(width, bits), tiles(height, bits))
			bytes += 4 * int64(tiles(width, bits)) * int64(tiles(height, bits))
		case 3: // a palette; of up to sixteen colours, several pixels are in one
			count := 1 + p.read(8)
			p.small(count, 1)
			for bits, most := range map[int]int{1: 16, 2: 4, 3: 2} {
				if count <= most {
					width = min(width, tiles(full, bits))
				}
			}
		}
	}
	remembered, groups := p.cache(), int64(1)
	if p.read(1) == 1 {
		bits := 2 + p.read(3)
		groups += int64(p.small(tiles(width, bits), tiles(height, bits)))
		bytes += 4 * int64(tiles(width, bits)) * int64(tiles(height, bits))
	}
	bytes += 4 * int64(width) * int64(height)
	if width < full {
		bytes += 4 * int64(full) * int64(height)
	}
	symbols := int64(literals + lengths + remembered + 3*literals + distances)
	return bytes + groups*(symbols*symbolCost+5*codeCost), !p.bad
}
