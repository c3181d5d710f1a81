//! Whole numbers in as few bytes as they need: seven bits a byte, the lowest first, all bytes but the last with the
//! eighth bit (LEB128, protobuf's `varint`).

/// Appends a number.
#[inline]
pub(crate) fn append(mut number: u64, into: &mut Vec<u8>) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// Takes a number from the front; nothing if there is none, or one of more than 64 bits.
#[inline]
pub(crate) fn take(from: &mut &[u8]) -> Option<u64> {
    let (&first, mut rest) = from.split_first()?;
    let mut number = u64::from(first & 0x7f);
    let (mut byte, mut shift) = (first, 7);
    while byte >= 0x80 {
        (byte, rest) = rest.split_first().map(|(&byte, rest)| (byte, rest))?;
        let bits = u64::from(byte & 0x7f);
        if shift > 63 || bits << shift >> shift != bits {
            return None;
        }
        number |= bits << shift;
        shift += 7;
    }
    *from = rest;
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_appended_is_taken(numbers in proptest::collection::vec(any::<u64>(), 0..20), shift in 0..64_u32) {
            let numbers: Vec<u64> = numbers.into_iter().map(|number| number >> shift).collect();
            let mut bytes = Vec::new();
            for &number in &numbers {
                append(number, &mut bytes);
            }
            let mut rest = &bytes[..];
            let taken: Vec<_> = std::iter::from_fn(|| take(&mut rest)).collect();
            prop_assert_eq!(taken, numbers);
            prop_assert!(rest.is_empty());
        }

        #[test]
        fn anything_is_a_number_or_none(bytes: Vec<u8>) {
            let mut rest = &bytes[..];
            match take(&mut rest) {
                Some(number) if rest.len() + 1 == bytes.len() => prop_assert!(number < 0x80),
                Some(_) => prop_assert!(rest.len() < bytes.len()),
                None => prop_assert_eq!(rest, &bytes[..]),
            }
        }
    }

    #[test]
    fn more_than_64_bits_are_no_number() {
        let mut most = &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01][..];
        assert_eq!(take(&mut most), Some(u64::MAX));
        let mut more = &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02][..];
        assert_eq!(take(&mut more), None);
    }
}
