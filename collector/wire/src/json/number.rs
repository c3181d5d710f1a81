//! Numbers as browsers write them: digits, perhaps a point and more digits.

use crate::eight;

/// A number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    /// Without a point.
    Whole(u64),
    /// With one.
    Fraction(f64),
}

/// Digits that always fit into 64 bits.
const DIGITS_MAX: usize = 19;
/// Up to here, and so many decimals, a quotient of two floats is exact in both, and so rounded rightly
/// (W. D. Clinger, How to read floating point numbers accurately, 1990).
const EXACT_MAX: u64 = 1 << 53;
const POWERS_OF_TEN: [f64; 16] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

impl Number {
    pub(super) fn value(self) -> f64 {
        match self {
            Self::Whole(number) => number as f64,
            Self::Fraction(number) => number,
        }
    }

    /// If it was written without a point.
    pub(super) fn whole(self) -> Option<u64> {
        match self {
            Self::Whole(number) => Some(number),
            Self::Fraction(_) => None,
        }
    }
}

/// A number of at most seven digits and its point, as nearly all are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Short {
    digits: u32,
    decimals: usize,
}

impl Short {
    /// The number without a sign that ends within the first seven bytes of some text, and its length. What comes behind
    /// it, perhaps an exponent, is not looked at.
    #[inline]
    pub(super) fn read(text: &[u8]) -> Option<(Self, usize)> {
        let (bytes, _) = eight::split_first(text)?;
        let digits = bytes ^ (eight::ONES * u64::from(b'0'));
        // What is less than ten stays below 128, and a point does not carry into the byte above it.
        let others = (digits.wrapping_add(eight::ONES * (128 - 10)) | digits) & eight::HIGHS;
        let whole = eight::lowest(others);
        if whole == 0 || whole == 8 || digits as u8 == 0 && whole > 1 {
            return None;
        }
        if (bytes >> (8 * whole)) as u8 != b'.' {
            return Some((Self { digits: join(digits, whole), decimals: 0 }, whole));
        }
        let length = eight::lowest(others & (others - 1));
        let decimals = length - whole - 1;
        if decimals == 0 || length == 8 {
            return None;
        }
        // The decimals move to where the point was.
        let before_point = (1 << (8 * whole)) - 1;
        let digits = digits & before_point | digits >> 8 & !before_point;
        Some((Self { digits: join(digits, length - 1), decimals }, length))
    }

    /// Exact, as [`EXACT_MAX`] explains.
    #[inline]
    pub(super) fn value(self) -> f64 {
        // There are six decimals at most; the remainder only spares a check.
        f64::from(self.digits) / POWERS_OF_TEN[self.decimals % POWERS_OF_TEN.len()]
    }

    /// If it was written without a point.
    #[inline]
    pub(super) fn whole(self) -> Option<u32> {
        (self.decimals == 0).then_some(self.digits)
    }
}

/// The number that one to seven digits write, of which each is a byte from 0 to 9, the first one lowest; bytes above
/// them don't matter. Neighbours are joined to pairs, pairs to fours, fours to the whole (D. Lemire, Number parsing at
/// a gigabyte per second, 2021).
#[inline]
fn join(digits: u64, count: usize) -> u32 {
    // Zeros come in front.
    let digits = digits << (64 - 8 * count);
    let pairs = digits * 10 + (digits >> 8);
    let [first_and_third, second_and_fourth] =
        [pairs, pairs >> 16].map(|pairs| pairs & 0x0000_00ff_0000_00ff);
    let fours = first_and_third.wrapping_mul(100 + (1_000_000 << 32));
    (fours.wrapping_add(second_and_fourth.wrapping_mul(1 + (10_000 << 32))) >> 32) as u32
}

/// The number without a sign at the beginning of some text, and its length; nothing if it has an exponent or many
/// digits, or is none.
pub(super) fn read(bytes: &[u8]) -> Option<(Number, usize)> {
    let (whole, length) = digits(bytes, 0)?;
    if length == 0 || length > 1 && bytes[0] == b'0' {
        return None;
    }
    let (number, length) = match bytes.get(length) {
        Some(b'.') => {
            let start = length + 1;
            let (digits, decimals) = digits(&bytes[start..], whole)?;
            if decimals == 0 || length + decimals > DIGITS_MAX || digits > EXACT_MAX {
                return None;
            }
            (Number::Fraction(digits as f64 / POWERS_OF_TEN.get(decimals)?), start + decimals)
        }
        _ => (Number::Whole(whole), length),
    };
    let is_over = !matches!(bytes.get(length), Some(b'e' | b'E' | b'.'));
    is_over.then_some((number, length))
}

/// Appends digits to a number: the number, and how many digits there were. Nothing if they are too many.
fn digits(bytes: &[u8], before: u64) -> Option<(u64, usize)> {
    let mut number = before;
    let mut length = 0;
    for byte in bytes {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        // It may wrap around, but then there were more digits than are taken.
        number = number.wrapping_mul(10).wrapping_add(digit.into());
        length += 1;
    }
    (length <= DIGITS_MAX).then_some((number, length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn reads_what_the_standard_library_reads(text in "[0-9]{1,20}(\\.[0-9]{1,16})?") {
            match read(text.as_bytes()) {
                Some((Number::Whole(number), length)) => {
                    prop_assert_eq!(text.parse::<u64>(), Ok(number));
                    prop_assert_eq!(length, text.len());
                }
                Some((Number::Fraction(number), length)) => {
                    prop_assert_eq!(text.parse::<f64>(), Ok(number));
                    prop_assert_eq!(length, text.len());
                }
                None => prop_assert!(text.len() > 15 || text.starts_with('0'), "{}", text),
            }
        }
    }

    proptest! {
        #[test]
        fn short_numbers_are_read_alike(text in "[0-9]{0,8}(\\.[0-9]{0,7})?[,}x ]{1,8}") {
            if let Some((number, length)) = Short::read(text.as_bytes()) {
                prop_assert_eq!(text[..length].parse::<f64>(), Ok(number.value()));
                prop_assert_eq!(text[..length].parse::<u32>().ok(), number.whole());
                prop_assert_eq!(read(text.as_bytes()).map(|(_, length)| length), Some(length));
            }
        }
    }

    #[test]
    fn stops_where_the_number_stops() {
        assert_eq!(read(b"12,\"a\""), Some((Number::Whole(12), 2)));
        assert_eq!(read(b"0.5}"), Some((Number::Fraction(0.5), 3)));
        for none in ["", "-1", ".5", "1.", "1.}", "01", "1e5", "1.5e5", "1.2.3", "x"] {
            assert_eq!(read(none.as_bytes()), None, "{none}");
        }
    }
}
