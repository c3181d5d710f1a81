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
