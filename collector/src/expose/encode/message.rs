//! Fields of protobuf messages, appended to memory (<https://protobuf.dev/programming-guides/encoding>).
//!
//! A scrape has some ten million small numbers, and the general writers check for each of them whether a buffer is
//! full and a stream has failed.

use crate::leb128;

/// How a field is written.
const VARINT: u32 = 0;
const I64: u32 = 1;
const LEN: u32 = 2;

/// Bytes of the key of a field whose number is below 16, as all of ours are.
const KEY_BYTES: usize = 1;

/// A number that may be below zero as one that is not, so that those near zero are short.
#[inline]
pub(super) fn zigzag(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

/// Appends a field of type `uint32`, `uint64`, `enum`, or `int64` that is not below zero.
pub(super) fn uint(field: u32, value: u64, into: &mut Vec<u8>) {
    key(field, VARINT, into);
    leb128::append(value, into);
}

/// Appends a field of type `sint32` or `sint64`.
pub(super) fn sint(field: u32, value: i64, into: &mut Vec<u8>) {
    key(field, VARINT, into);
    leb128::append(zigzag(value), into);
}

/// Appends a field of type `double`.
pub(super) fn double(field: u32, value: f64, into: &mut Vec<u8>) {
    key(field, I64, into);
    into.extend_from_slice(&value.to_le_bytes());
}

/// Appends a string, a message, or packed numbers.
pub(super) fn bytes(field: u32, value: &[u8], into: &mut Vec<u8>) {
    length(field, value.len(), into);
    into.extend_from_slice(value);
}

/// Appends what comes before so many bytes of a string, a message, or packed numbers.
pub(super) fn length(field: u32, bytes: usize, into: &mut Vec<u8>) {
    key(field, LEN, into);
    leb128::append(bytes as u64, into);
}

/// How many bytes [`bytes`] appends.
pub(super) fn bytes_taken(bytes: usize) -> usize {
    let length = (u64::BITS - (bytes as u64 | 1).leading_zeros()).div_ceil(7);
    KEY_BYTES + length as usize + bytes
}

/// Appends a message of less than 128 bytes.
pub(super) fn small(field: u32, into: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    key(field, LEN, into);
    let at = into.len();
    into.push(0);
    write(into);
    into[at] = (into.len() - at - 1) as u8;
}

fn key(field: u32, kind: u32, into: &mut Vec<u8>) {
    into.push((field << 3 | kind) as u8);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use protobuf::CodedInputStream;

    proptest! {
        #[test]
        fn a_library_reads_what_is_written(
            unsigned in any::<u64>(), signed in any::<i64>(), number in any::<f64>(), text in ".{0,300}",
        ) {
            let mut message = Vec::new();
            uint(1, unsigned, &mut message);
            sint(2, signed, &mut message);
            double(3, number, &mut message);
            let before = message.len();
            bytes(4, text.as_bytes(), &mut message);
            prop_assert_eq!(message.len() - before, bytes_taken(text.len()));
            small(15, &mut message, |inner| uint(1, unsigned, inner));

            let mut read = CodedInputStream::from_bytes(&message);
            prop_assert_eq!(read.read_raw_varint32()?, 1 << 3);
            prop_assert_eq!(read.read_uint64()?, unsigned);
            prop_assert_eq!(read.read_raw_varint32()?, 2 << 3);
            prop_assert_eq!(read.read_sint64()?, signed);
            prop_assert_eq!(read.read_raw_varint32()?, 3 << 3 | 1);
            prop_assert_eq!(read.read_double()?.to_bits(), number.to_bits());
            prop_assert_eq!(read.read_raw_varint32()?, 4 << 3 | 2);
            prop_assert_eq!(read.read_string()?, text);
            prop_assert_eq!(read.read_raw_varint32()?, 15 << 3 | 2);
            let mut inner = Vec::new();
            uint(1, unsigned, &mut inner);
            prop_assert_eq!(read.read_bytes()?, inner);
            prop_assert!(read.eof()?);
        }
    }
}
