//! A file that is made beside its place and takes it only when it is whole, so that nobody ever
//! finds half a file there, whatever kills the process. Not here: its contents.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The endings of the files that SQLite keeps beside a database.
pub(crate) const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A file under a name of its own, which nobody else can read. It is removed when dropped, unless
/// it was put in its place.
#[derive(Debug)]
pub(crate) struct Beside {
    path: PathBuf,
    /// Locked, so that another process does not take the file for one that was left behind.
    file: File,
    is_placed: bool,
}

impl Beside {
    /// Makes an empty file with that name, in place of one that a killed process left behind.
    /// Fails if another process is making one.
    pub(crate) fn make(path: PathBuf) -> io::Result<Self> {
        match OpenOptions::new().write(true).open(&path) {
            Ok(left) => {
                lock(&left)?;
                remove(&path)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        for name in companions(&path) {
            remove(&name)?;
        }
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        lock(&file)?;
        Ok(Self { path, file, is_placed: false })
    }

    /// Returns the name that it has for now.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the file itself.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// Writes it to the disk, and gives it a name that nobody has.
    pub(crate) fn place(mut self, name: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        match std::fs::hard_link(&self.path, name) {
            Ok(()) => remove(&self.path)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
            // Some file systems have no links. A file that appears just now would be replaced.
            Err(_) if is_free(name)? => std::fs::rename(&self.path, name)?,
            Err(_) => return Err(io::ErrorKind::AlreadyExists.into()),
        }
        self.is_placed = true;
        sync_directory(name)
    }

    /// Writes it to the disk, and puts it in the place of the file of that name, at one moment.
    pub(crate) fn replace(mut self, name: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        std::fs::rename(&self.path, name)?;
        self.is_placed = true;
        sync_directory(name)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        if !self.is_placed {
            let _ = remove(&self.path);
            companions(&self.path).for_each(|name| drop(remove(&name)));
        }
    }
}

fn lock(file: &File) -> io::Result<()> {
    file.try_lock().map_err(|_| io::Error::other("another process is writing it at present"))
}

/// Returns a name with something behind it.
pub(crate) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Iterates over the names of the files that SQLite keeps beside a database.
pub(crate) fn companions(path: &Path) -> impl Iterator<Item = PathBuf> {
    COMPANIONS.into_iter().map(move |ending| with_ending(path, ending))
}

/// Whether nothing has that name, not even a link that leads nowhere.
pub(crate) fn is_free(path: &Path) -> io::Result<bool> {
    match std::fs::symlink_metadata(path) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

/// Removes a file, if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Writes the directory of a file to the disk, with the names in it.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}
