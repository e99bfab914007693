//! Where a suite keeps its databases and files: in memory where a person waits for it, on disk in
//! the gate. A killed process loses nothing either way. What runs once more in the gate, behind a
//! pooler or before a server of another language, is in memory: a disk may take seconds for a
//! commit, and all of the tests have met it before.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use crate::pooler::SWITCH as POOLER;
use crate::postgres::LANGUAGE;
use crate::rounds::is_whole;

/// The file system in memory that Linux has.
const MEMORY: &str = "/dev/shm";
/// The number of free bytes without which memory is not used. A run takes less than half of it.
const ENOUGH: u64 = 2 * 1024 * 1024 * 1024;

/// Makes a directory that is removed when it is dropped.
pub(crate) fn directory(prefix: &str) -> std::io::Result<TempDir> {
    static ROOM: OnceLock<PathBuf> = OnceLock::new();
    let room = ROOM.get_or_init(|| {
        let is_repeated = [POOLER, LANGUAGE].iter().any(|name| env::var_os(name).is_some());
        let on_disk = is_whole() && !is_repeated || env::var_os("TMPDIR").is_some();
        if !on_disk && free_bytes(Path::new(MEMORY)) >= ENOUGH {
            PathBuf::from(MEMORY)
        } else {
            env::temp_dir()
        }
    });
    tempfile::Builder::new().prefix(prefix).tempdir_in(room)
}

/// Returns the number of bytes that may still be written there: 0 where nothing can.
fn free_bytes(path: &Path) -> u64 {
    rustix::fs::statvfs(path).map_or(0, |system| system.f_bavail.saturating_mul(system.f_frsize))
}
