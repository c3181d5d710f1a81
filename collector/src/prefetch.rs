//! Asking for memory before it is needed, so that nobody waits for it.
//!
//! The tables of what was met lately are larger than the processor's caches, and who comes next is anybody: a look into one
//! waits for as long as hundreds of instructions take. Where its place is known some work earlier, that work is done meanwhile.

/// Has the processor fetch the first cache line of `value`, while it goes on. It may decline, and where Rust has no word for
/// it nothing is done.
#[inline]
pub(crate) fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    safe_arch::prefetch_t0(value);
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}

/// Has the processor fetch all cache lines of some values.
#[inline]
pub(crate) fn prefetch_all<T>(values: &[T]) {
    const LINE: usize = 64;
    let in_line = (LINE / size_of::<T>().max(1)).max(1);
    values.iter().step_by(in_line).for_each(prefetch);
    // They need not begin where a line does.
    values.last().into_iter().for_each(prefetch);
}
