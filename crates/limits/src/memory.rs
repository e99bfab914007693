//! Memory that goes back to the system when it is no longer used.

#![expect(unsafe_code, reason = "C has no other way: docs/decisions/0019-deadlines.md")]

/// An allocator for programs whose threads free what others have allocated.
#[cfg(feature = "allocator")]
pub use mimalloc::MiMalloc as Allocator;

/// The size from which an allocation is a mapping of its own, in bytes.
const MAPPED_FROM: i32 = 128 * 1024;
/// The most pools of memory that threads share.
const POOLS: i32 = 2;

/// The option of mimalloc for the time after which it gives memory back, in milliseconds. The
/// binding has no name for it.
#[cfg(feature = "allocator")]
const PURGE_DELAY: std::ffi::c_int = 15;

/// Makes the allocators give memory back as soon as it is freed. The one of glibc, which SQLite
/// uses, gives large pieces back, and keeps small ones in few pools. By itself it raises the size
/// of what it calls large with each large piece that is freed, up to 32 MiB, and keeps a pool for
/// each thread, so that a server keeps the most that it ever used.
pub fn give_back() {
    #[cfg(feature = "allocator")]
    // SAFETY: any thread may call it at any time, with any option and value.
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, 0);
    }
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

/// Gives back what others have freed of the memory that this thread allocated, of which it learns
/// with its next allocation only: for a thread that may be without work for long.
pub fn collect() {
    #[cfg(feature = "allocator")]
    // SAFETY: any thread may call it at any time.
    unsafe {
        libmimalloc_sys::mi_collect(true);
    }
}
