//! Numbers as browsers write them: digits, perhaps a point and more digits.

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

/// The number at the beginning of a text, and its length; nothing if it is negative, has an exponent or many digits,
/// or is none.
pub(super) fn read(text: &str) -> Option<(Number, usize)> {
    let bytes = text.as_bytes();
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
            match read(&text) {
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

    #[test]
    fn stops_where_the_number_stops() {
        assert_eq!(read("12,\"a\""), Some((Number::Whole(12), 2)));
        assert_eq!(read("0.5}"), Some((Number::Fraction(0.5), 3)));
        for none in ["", "-1", ".5", "1.", "1.}", "01", "1e5", "1.5e5", "1.2.3", "x"] {
            assert_eq!(read(none), None, "{none}");
        }
    }
}
