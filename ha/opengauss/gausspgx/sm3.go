// Copyright 2026 The gausskit Authors
// SPDX-License-Identifier: Apache-2.0

package gausspgx

import (
	"encoding/binary"
	"math/bits"
)

// sm3Sum returns the SM3 digest of data, the Chinese hash standard GB/T
// 32905-2016 (also ISO/IEC 10118-3:2018; the names of variables and the
// section numbers below are the standard's). The standard library has no SM3,
// and one key of 32 bytes per login is too little to bring in a module for.
func sm3Sum(data []byte) (digest [keySize]byte) {
	v := [8]uint32{ // 4.1
		0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
		0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
	}
	const block = 64
	// 5.2: a one bit, zeros, and the length in bits, to a whole block.
	padded := append([]byte(nil), data...)
	padded = append(padded, 0x80)
	for len(padded)%block != block-8 {
		padded = append(padded, 0)
	}
	padded = binary.BigEndian.AppendUint64(padded, uint64(len(data))*8)
	for len(padded) > 0 {
		sm3Block(&v, padded[:block])
		padded = padded[block:]
	}
	for i, word := range v {
		binary.BigEndian.PutUint32(digest[4*i:], word)
	}
	return digest
}

// sm3Block is the compression function of 5.3.
func sm3Block(v *[8]uint32, block []byte) {
	var w [68]uint32
	for j := range 16 {
		w[j] = binary.BigEndian.Uint32(block[4*j:])
	}
	for j := 16; j < len(w); j++ {
		x := w[j-16] ^ w[j-9] ^ bits.RotateLeft32(w[j-3], 15)
		p1 := x ^ bits.RotateLeft32(x, 15) ^ bits.RotateLeft32(x, 23)
		w[j] = p1 ^ bits.RotateLeft32(w[j-13], 7) ^ w[j-6]
	}
	a, b, c, d, e, f, g, h := v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7]
	for j := range 64 {
		t, ff, gg := uint32(0x7a879d8a), (a&b)|(a&c)|(b&c), (e&f)|(^e&g)
		if j < 16 {
			t, ff, gg = 0x79cc4519, a^b^c, e^f^g
		}
		ss1 := bits.RotateLeft32(bits.RotateLeft32(a, 12)+e+bits.RotateLeft32(t, j), 7)
		tt1 := ff + d + (ss1 ^ bits.RotateLeft32(a, 12)) + (w[j] ^ w[j+4])
		tt2 := gg + h + ss1 + w[j]
		a, b, c, d = tt1, a, bits.RotateLeft32(b, 9), c
		e, f, g, h = tt2^bits.RotateLeft32(tt2, 9)^bits.RotateLeft32(tt2, 17), e, bits.RotateLeft32(f, 19), g
	}
	for i, word := range [8]uint32{a, b, c, d, e, f, g, h} {
		v[i] ^= word
	}
}
