//! Memory that goes back to the system when it is no longer used.

#![expect(unsafe_code, reason = "glibc has no other way: docs/decisions/0019-deadlines.md")]

/// The size from which an allocation is a mapping of its own, in bytes.
const MAPPED_FROM: i32 = 128 * 1024;
/// The most pools of memory that threads share.
const POOLS: i32 = 2;

/// Makes the allocator of glibc give memory back: large pieces as soon as they are freed, and small
/// ones from few pools. By itself it raises the size of what it calls large with each large piece
/// that is freed, up to 32 MiB, and keeps a pool for each thread, so that a server keeps the most
/// that it ever used. Does nothing with other C libraries.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    for (parameter, value) in [
        (libc::M_MMAP_THRESHOLD, MAPPED_FROM),
        (libc::M_TRIM_THRESHOLD, MAPPED_FROM),
        (libc::M_ARENA_MAX, POOLS),
    ] {
        // SAFETY: any thread may call it at any time, with any parameter and value.
        unsafe { libc::mallopt(parameter, value) };
    }
}
