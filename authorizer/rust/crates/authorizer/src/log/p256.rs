//! Whether two coordinates are a point on P-256: y² = x³ − 3x + b (FIPS 186-5, SP 800-186 section 3.2.1.3).
//!
//! `ring` looks at a point only when it verifies under it, which is too late for a trust document. Public numbers only:
//! nothing here needs constant time, and it runs once a key.

/// Four words, the least significant first.
type Number = [u64; 4];

const P: Number = [0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_ffff, 0, 0xffff_ffff_0000_0001];
const B: Number = [0x3bce_3c3e_27d2_604b, 0x651d_06b0_cc53_b0f6, 0xb3eb_bd55_7698_86bc, 0x5ac6_35d8_aa3a_93e7];

/// Whether big-endian x and y, both below p, are on the curve.
pub(super) fn on_curve(x: &[u8; 32], y: &[u8; 32]) -> bool {
    let (x, y) = (number(x), number(y));
    if !below(&x, &P) || !below(&y, &P) {
        return false;
    }
    let three_x = add(&add(&x, &x), &x);
    let right = add(&add(&multiply(&multiply(&x, &x), &x), &negate(&three_x)), &B);
    multiply(&y, &y) == right
}

fn number(bytes: &[u8; 32]) -> Number {
    let mut words = [0; 4];
    for (word, chunk) in words.iter_mut().rev().zip(bytes.as_chunks::<8>().0) {
        *word = u64::from_be_bytes(*chunk);
    }
    words
}

fn below(one: &Number, other: &Number) -> bool {
    one.iter().rev().lt(other.iter().rev())
}

/// The sum modulo p of two numbers below p.
fn add(one: &Number, other: &Number) -> Number {
    let (mut sum, mut carry) = ([0; 4], false);
    for (word, (a, b)) in sum.iter_mut().zip(one.iter().zip(other)) {
        (*word, carry) = a.carrying_add(*b, carry);
    }
    if carry || !below(&sum, &P) { subtract(&sum, &P) } else { sum }
}

/// The difference modulo 2^256.
fn subtract(one: &Number, other: &Number) -> Number {
    let (mut difference, mut borrow) = ([0; 4], false);
    for (word, (a, b)) in difference.iter_mut().zip(one.iter().zip(other)) {
        (*word, borrow) = a.borrowing_sub(*b, borrow);
    }
    difference
}

fn negate(one: &Number) -> Number {
    if *one == [0; 4] { *one } else { subtract(&P, one) }
}

/// The product modulo p, by doubling and adding.
fn multiply(one: &Number, other: &Number) -> Number {
    let mut product = [0; 4];
    for word in other.iter().rev() {
        for bit in (0..64).rev() {
            product = add(&product, &product);
            if word >> bit & 1 == 1 {
                product = add(&product, one);
            }
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> [u8; 32] {
        crate::digests::Digest::from_hex(hex).unwrap().0
    }

    #[test]
    fn the_base_point_is_on_the_curve_and_its_neighbours_are_not() {
        let x = bytes("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296");
        let y = bytes("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
        assert!(on_curve(&x, &y));
        for bit in 0..256 {
            let (mut x, mut y) = (x, y);
            x[bit / 8] ^= 1 << (bit % 8);
            assert!(!on_curve(&x, &y));
            x[bit / 8] ^= 1 << (bit % 8);
            y[bit / 8] ^= 1 << (bit % 8);
            assert!(!on_curve(&x, &y));
        }
    }

    #[test]
    fn coordinates_from_p_on_are_no_second_spelling() {
        // x = 0 is on the curve: y is a square root of b. Both x = 0 and x = p would be it.
        let y = bytes("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
        assert!(on_curve(&[0; 32], &y));
        let p = bytes("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
        assert!(!on_curve(&p, &y));
    }
}
