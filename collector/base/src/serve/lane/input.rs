//! Memory for what connections have read and not answered: each thread has some, and lends it to whoever reads.

use std::cell::RefCell;

use crate::serve::limits::{LANE_BYTES, LANE_INPUTS_KEPT};

thread_local! {
    static KEPT: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// What a connection has read; lent memory, which goes back when this is dropped.
#[derive(Debug)]
pub(super) struct Input {
    bytes: Vec<u8>,
    filled: usize,
}

impl Default for Input {
    fn default() -> Self {
        let kept = KEPT.try_with(|kept| kept.borrow_mut().pop()).ok().flatten();
        let bytes = kept.unwrap_or_else(|| vec![0; LANE_BYTES]);
        Self { bytes, filled: 0 }
    }
}

impl Drop for Input {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        // At the end of a thread there is nobody left to keep it for.
        let _kept = KEPT.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            if kept.len() < LANE_INPUTS_KEPT {
                kept.push(bytes);
            }
        });
    }
}

impl Input {
    /// What was read.
    pub(super) fn filled(&self) -> &[u8] {
        &self.bytes[..self.filled]
    }

    /// Room for more, up to `max` bytes in all.
    pub(super) fn free(&mut self, max: usize) -> &mut [u8] {
        let max = max.min(self.bytes.len());
        &mut self.bytes[self.filled.min(max)..max]
    }

    /// So many bytes of the room are filled now.
    pub(super) fn fill(&mut self, length: usize) {
        self.filled += length;
    }

    /// Forgets so many bytes from the beginning.
    pub(super) fn forget(&mut self, length: usize) {
        self.bytes.copy_within(length..self.filled, 0);
        self.filled -= length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_is_not_forgotten() {
        let mut input = Input::default();
        assert_eq!((input.free(100).len(), input.filled().len()), (100, 0));
        input.free(100)[..5].copy_from_slice(b"hello");
        input.fill(5);
        input.forget(2);
        assert_eq!(input.filled(), b"llo");
        assert_eq!([input.free(100).len(), input.free(2).len()], [97, 0]);
    }

    #[test]
    fn memory_is_lent_again() {
        let mut input = Input::default();
        input.free(1)[0] = b'x';
        let place = input.bytes.as_ptr();
        drop(input);
        let again = Input::default();
        assert_eq!((again.bytes.as_ptr(), again.filled().len()), (place, 0));
        let many: Vec<_> = (0..LANE_INPUTS_KEPT + 2).map(|_| Input::default()).collect();
        drop(many);
        assert_eq!(KEPT.with_borrow(Vec::len), LANE_INPUTS_KEPT);
    }
}
