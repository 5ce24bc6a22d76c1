package table

import "github.com/enumim/enumim/e164"

// decimal returns the first l digits of n as an integer, filled up with zeros where n is shorter.
// Neighbouring numbers are close together that way, which packed decimals are not.
func decimal(n e164.Number, l int) uint64 {
	x := uint64(n&^0xf) >> (64 - 4*l)
	x = x&0x0f0f_0f0f_0f0f_0f0f + x>>4&0x0f0f_0f0f_0f0f_0f0f*10
	x = x&0x00ff_00ff_00ff_00ff + x>>8&0x00ff_00ff_00ff_00ff*100
	x = x&0x0000_ffff_0000_ffff + x>>16&0x0000_ffff_0000_ffff*10_000
	return x&0xffff_ffff + x>>32*100_000_000
}

// number is the inverse of decimal for numbers of exactly l digits.
func number(d uint64, l int) e164.Number {
	return e164.Number((packed8(d/100_000_000)<<32|packed8(d%100_000_000))<<(64-4*l)) | e164.Number(l)
}

// packed8 turns an integer of up to eight digits into packed decimals, halving the lanes each step.
func packed8(x uint64) uint64 {
	x = x/10_000<<32 | x%10_000
	q := x * 10_486 >> 20 & 0x7f_0000_007f
	x = q<<16 | (x - q*100)
	q = x * 103 >> 10 & 0x000f_000f_000f_000f
	x = q<<4 | (x - q*10)
	x = (x | x>>8) & 0x0000_ffff_0000_ffff
	return (x | x>>16) & 0xffff_ffff
}

// withLen returns the number of the first l digits of n, whose other digits are zeros.
func withLen(n e164.Number, l int) e164.Number { return n&^0xf | e164.Number(l) }
