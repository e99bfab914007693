//! PostgreSQL's programs and the user that runs them. Only `id` and `pg_config` are started here.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The installed server's programs, and the user that may run them.
pub(crate) struct Programs {
    pub(crate) initdb: PathBuf,
    pub(crate) postgres: PathBuf,
    pub(crate) psql: PathBuf,
    /// User and group id to run as; `None` is the current user.
    pub(crate) owner: Option<(u32, u32)>,
}

impl Programs {
    /// Finds the programs in `PATH`, then in Debian's version directories, then where `pg_config`
    /// points. An error names what is missing.
    pub(crate) fn find() -> Result<Self, String> {
        let directories = directories();
        let find = |name: &str| {
            let found = directories.iter().map(|directory| directory.join(name));
            // initdb looks for its share directory next to the real file, not next to a link.
            found.filter(|path| path.is_file()).find_map(|path| path.canonicalize().ok())
        };
        let initdb = find("initdb").ok_or("no `initdb` program found")?;
        // The programs beside initdb have its version, and are preferred.
        let beside = |name: &str| Some(initdb.with_file_name(name)).filter(|path| path.is_file());
        let postgres = beside("postgres").or_else(|| find("postgres"));
        let psql = beside("psql").or_else(|| find("psql"));
        Ok(Self {
            postgres: postgres.ok_or("no `postgres` program found")?,
            psql: psql.ok_or("no `psql` program found")?,
            owner: owner()?,
            initdb,
        })
    }

    /// Returns a command that runs as the owner, without locale, with `directory` as its working
    /// directory.
    pub(crate) fn command(&self, program: &Path, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("LC_ALL", "C").current_dir(directory);
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }
}

fn directories() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = env::split_paths(&path).collect();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .collect();
    versions.sort();
    directories.extend(versions.into_iter().rev().map(|(_, path)| path.join("bin")));
    directories.extend(output("pg_config", &["--bindir"]).map(PathBuf::from));
    directories
}

/// Returns the unprivileged user that runs PostgreSQL for root, as which it refuses to run.
fn owner() -> Result<Option<(u32, u32)>, String> {
    let id = |arguments: &[&str]| output("id", arguments)?.parse::<u32>().ok();
    if id(&["-u"]).ok_or("the `id` program does not answer")? != 0 {
        return Ok(None);
    }
    ["postgres", "nobody"]
        .iter()
        .find_map(|user| Some((id(&["-u", user])?, id(&["-g", user])?)))
        .map(Some)
        .ok_or_else(|| "root needs a user `postgres` or `nobody` to run the server as".to_owned())
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
