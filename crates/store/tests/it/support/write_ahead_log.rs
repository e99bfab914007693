//! The number of commits of SQLite, read from its write-ahead log: every commit ends with a frame
//! that says how many pages the database has since
//! (<https://www.sqlite.org/fileformat2.html#walformat>). The log lives as long as some connection
//! does, and begins anew after some 4000 pages.

use apportion_store::Address;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;

/// Counts the commits in the log of a database to which somebody is connected.
pub fn commits(database: &Address) -> usize {
    let mut path = database.path().unwrap().as_os_str().to_owned();
    path.push("-wal");
    let log = std::fs::read(path).unwrap_or_default();
    if log.len() < HEADER {
        return 0;
    }
    let page = number(&log, 8) as usize;
    let salts = &log[16..24];
    let frames = log[HEADER..].chunks_exact(FRAME_HEADER + page);
    frames.take_while(|frame| &frame[8..16] == salts).filter(|frame| number(frame, 4) > 0).count()
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}
