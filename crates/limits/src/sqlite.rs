//! SQLite asks for the deadline by a progress handler, which each of its connections gets when it
//! is opened. Diesel gives no access to a connection's handle, so the handler is attached by an
//! automatic extension. It needs no state of its own: SQLite calls it on the thread that runs the
//! statement, whose limits are kept for that thread.

#![expect(unsafe_code, reason = "SQLite has no other way: docs/decisions/0019-deadlines.md")]

use std::ffi::{c_char, c_int, c_void};
use std::ptr;
use std::sync::Once;

use libsqlite3_sys as ffi;

/// The number of steps of SQLite's machine between two questions: some tens of microseconds.
const STEPS: c_int = 4096;

/// Makes every connection to SQLite that this process opens from now on end a statement whose time
/// is up, with the message "interrupted". Makes SQLite lock no connection (no two threads share
/// one) nor count its memory (under one lock). Does nothing after the first call.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: the first two are refused where SQLite runs already. `attach` has the documented
        // signature of an extension's entry point, and lives as long as the process.
        unsafe {
            ffi::sqlite3_config(ffi::SQLITE_CONFIG_MULTITHREAD);
            ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, c_int::from(false));
            ffi::sqlite3_auto_extension(Some(attach));
        }
    });
}

/// Attaches the handler to a connection that is being opened.
unsafe extern "C" fn attach(
    connection: *mut ffi::sqlite3,
    _message: *mut *mut c_char,
    _routines: *const ffi::sqlite3_api_routines,
) -> c_int {
    // SAFETY: SQLite passes the connection that it opens. The handler uses no argument.
    unsafe { ffi::sqlite3_progress_handler(connection, STEPS, Some(is_over), ptr::null_mut()) };
    ffi::SQLITE_OK
}

/// Returns whether SQLite is to end the statement: anything but 0 ends it. Cannot panic, which must
/// not happen below C.
unsafe extern "C" fn is_over(_: *mut c_void) -> c_int {
    c_int::from(!crate::deadline::check())
}
