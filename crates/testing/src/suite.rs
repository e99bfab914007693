//! Runs one list of cases on both databases, each case in a database of its own.
//!
//! The runner is `libtest-mimic`, so the usual arguments work. A case that cannot run is shown as
//! ignored, and is never counted as passed.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use libtest_mimic::{Arguments, Completion, Trial};
use tempfile::TempDir;

use crate::postgres::{self, Cluster, Unavailable};
use crate::room;
use crate::rounds::{is_ci, is_whole};

/// The kind of database behind a [`Place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// A file.
    Sqlite,
    /// A database of the test process's own cluster.
    Postgres,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// The surroundings of one case: a fresh database, empty or as [`Suite::prepared`] made it, and a
/// directory. Both are removed when it is dropped.
pub struct Place {
    /// The kind of database.
    pub backend: Backend,
    /// `sqlite:///DIRECTORY/apportion.db` or `postgres://apportion@127.0.0.1:PORT/NAME`.
    pub url: String,
    directory: TempDir,
    /// `None` on SQLite.
    cluster: Option<Arc<Cluster>>,
    stores: Arc<Stores>,
}

impl Place {
    /// Makes another place like this one was at first, with a database of its own.
    pub fn another(&self) -> Self {
        match &self.cluster {
            None => self.stores.sqlite(),
            Some(cluster) => self.stores.postgres(cluster, "another"),
        }
    }

    /// Returns a private temporary directory for the files of the case.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Returns the cluster of the database, which all cases share; `None` on SQLite.
    pub fn cluster(&self) -> Option<&Cluster> {
        self.cluster.as_deref()
    }
}

impl Drop for Place {
    /// Removes the database. The case may be panicking already, so nothing here panics.
    fn drop(&mut self) {
        let dropped = self.cluster.as_ref().map(|cluster| cluster.try_drop_database(&self.url));
        if let Some(Err(error)) = dropped {
            eprintln!("{}: {error}", self.url);
        }
    }
}

/// One named case. [`cases!`](crate::cases) writes them.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The function's name.
    pub name: &'static str,
    /// The function that runs; a panic is a failure.
    pub run: Run,
}

/// The databases that a case runs on, if any.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    /// Once on each backend.
    Both(fn(&Place)),
    /// On one backend, for what only that has (row-level security, for example).
    On(Backend, fn(&Place)),
    /// Once, without a database.
    Plain(fn()),
}

/// Lists a module's cases as `CASES`: functions `fn name(place: &Place)` for both backends; then,
/// as needed, those for one after `sqlite:` or `postgres:`, and `fn name()` without a database
/// after `plain:`. A function left out is an unused one to rustc.
///
/// ```
/// # use apportion_testing::Place;
/// apportion_testing::cases! { creates, deletes; postgres: isolates; plain: parses }
/// # fn creates(_: &Place) {}
/// # fn deletes(_: &Place) {}
/// # fn isolates(_: &Place) {}
/// # fn parses() {}
/// # fn main() { assert_eq!(CASES.len(), 4) }
/// ```
#[macro_export]
macro_rules! cases {
    (@run plain $name:ident) => { $crate::Run::Plain($name) };
    (@run sqlite $name:ident) => { $crate::Run::On($crate::Backend::Sqlite, $name) };
    (@run postgres $name:ident) => { $crate::Run::On($crate::Backend::Postgres, $name) };
    ($kind:ident: $($rest:tt)+) => { $crate::cases! { ; $kind: $($rest)+ } };
    ($($name:ident),* $(,)? $(; $kind:ident: $($one:ident),+ $(,)?)*) => {
        pub(crate) const CASES: &[$crate::Case] = &[
            $($crate::Case { name: stringify!($name), run: $crate::Run::Both($name) },)*
            $($($crate::Case {
                name: stringify!($one),
                run: $crate::cases!(@run $kind $one),
            },)+)*
        ];
    };
}

/// The path of a module within its test target, and its cases.
pub type Module = (&'static str, &'static [Case]);

/// Declares the modules of a test target and lists their cases as `fn modules() -> Vec<Module>`, so
/// that each module is named once. First come files, each with [`cases!`](crate::cases) in it.
/// Modules that call this macro themselves follow after `folders:`.
///
/// ```text
/// // tests/it/main.rs
/// apportion_testing::modules! { events; folders: queries, writing }
///
/// // tests/it/queries/mod.rs
/// apportion_testing::modules! { filters, sorts }
/// ```
///
/// `cargo fmt` does not find files that a macro declares. Name them: `cargo fmt -- FILE...`.
#[macro_export]
macro_rules! modules {
    (folders: $($folder:ident),+ $(,)?) => { $crate::modules! { ; folders: $($folder),+ } };
    ($($file:ident),* $(,)? $(; folders: $($folder:ident),+ $(,)?)?) => {
        $(mod $file;)*
        $($(mod $folder;)+)?

        pub(crate) fn modules() -> Vec<$crate::Module> {
            let files: &[$crate::Module] = &[
                $(($crate::suite::within_target(concat!(module_path!(), "::", stringify!($file))),
                    $file::CASES)),*
            ];
            let folders: &[Vec<$crate::Module>] = &[$($($folder::modules()),+)?];
            [files, &folders.concat()].concat()
        }
    };
}

/// Returns the part of a `module_path!` behind the name of the test target.
#[doc(hidden)]
pub fn within_target(path: &'static str) -> &'static str {
    path.split_once("::").map_or(path, |(_, inner)| inner)
}

/// Runs the modules' cases, each in an empty database, like [`Suite`] without preparation.
pub fn run(modules: &[(&str, &[Case])]) -> ExitCode {
    Suite::new(modules).run()
}

/// The cases of one test target, by module, and the preparation of their databases.
pub struct Suite<'a> {
    modules: &'a [(&'a str, &'a [Case])],
    prepare: Option<fn(&str)>,
}

impl<'a> Suite<'a> {
    /// Makes a suite with empty databases. Trials are named `sqlite::module::case`,
    /// `postgres::module::case` and `plain::module::case`.
    pub fn new(modules: &'a [(&'a str, &'a [Case])]) -> Self {
        Self { modules, prepare: None }
    }

    /// Runs `prepare` once for each backend that is used, with the URL of an empty database, which
    /// it migrates, for example. It must close its connections. Each case then starts with a copy
    /// of that database.
    #[must_use]
    pub fn prepared(self, prepare: fn(&str)) -> Self {
        Self { prepare: Some(prepare), ..self }
    }

    /// Runs the cases that the process's arguments select. Without PostgreSQL its cases are
    /// ignored, and one line on stderr says so. The suite fails if PostgreSQL is
    /// [required](postgres::required), or is installed and does not start.
    pub fn run(self) -> ExitCode {
        let mut arguments = Arguments::from_args();
        if arguments.test_threads.is_none() && !is_whole() {
            // Many cases wait, for a deadline or for the database.
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            arguments.test_threads = Some(cores.saturating_mul(2));
        }
        let stores = Arc::new(Stores { prepare: self.prepare, ..Stores::default() });
        let trials = self.trials(&stores);
        let selected = |trial: &Trial| {
            trial.name().starts_with("postgres::") && !arguments.is_filtered_out(trial)
        };
        if !arguments.list && !arguments.bench && trials.iter().any(selected) {
            match stores.start_cluster() {
                Err(error) if postgres::required() || !matches!(error, Unavailable::Missing(_)) => {
                    eprintln!("error: {error}");
                    return ExitCode::FAILURE;
                }
                Err(error) => eprintln!("warning: PostgreSQL cases ignored: {error}"),
                Ok(_) => {}
            }
        }
        let conclusion = libtest_mimic::run(&arguments, trials);
        if let Some(Ok(cluster)) = stores.cluster.get() {
            cluster.stop();
        }
        conclusion.exit_code()
    }

    fn trials(&self, stores: &Arc<Stores>) -> Vec<Trial> {
        let mut trials = Vec::new();
        for (module, cases) in self.modules {
            for &Case { name, run } in *cases {
                let name = format!("{module}::{name}");
                match run {
                    Run::Both(run) => trials.extend(
                        [Backend::Sqlite, Backend::Postgres].map(|on| stores.trial(on, &name, run)),
                    ),
                    Run::On(backend, run) => trials.push(stores.trial(backend, &name, run)),
                    Run::Plain(run) => {
                        trials.push(Trial::test(format!("plain::{name}"), move || {
                            run();
                            Ok(())
                        }))
                    }
                }
            }
        }
        trials
    }
}

/// The reason why a case cannot run on this machine.
struct Lacking(String);

/// Ends a case that needs something which this machine lacks. The case is shown as ignored, and
/// fails where `CI` is set.
pub fn lacks(what: impl fmt::Display) -> ! {
    resume_unwind(Box::new(Lacking(what.to_string())))
}

/// The databases that the trials copy, each made when first needed.
#[derive(Default)]
struct Stores {
    prepare: Option<fn(&str)>,
    cluster: OnceLock<Result<Arc<Cluster>, Unavailable>>,
    sqlite_template: OnceLock<TempDir>,
    postgres_template: OnceLock<String>,
}

impl Stores {
    fn trial(self: &Arc<Self>, backend: Backend, name: &str, run: fn(&Place)) -> Trial {
        let (stores, name) = (Arc::clone(self), name.to_owned());
        Trial::ignorable_test(format!("{backend}::{name}"), move || {
            let place = match backend {
                Backend::Sqlite => stores.sqlite(),
                Backend::Postgres => match stores.start_cluster() {
                    Ok(cluster) => stores.postgres(cluster, &name),
                    Err(error) => return Ok(Completion::ignored_with(error)),
                },
            };
            match catch_unwind(AssertUnwindSafe(|| run(&place))) {
                Ok(()) => Ok(Completion::Completed),
                Err(panic) => match panic.downcast::<Lacking>() {
                    Ok(lacking) if !is_ci() => Ok(Completion::ignored_with(lacking.0)),
                    Ok(lacking) => Err(lacking.0.into()),
                    Err(panic) => resume_unwind(panic),
                },
            }
        })
    }

    fn start_cluster(&self) -> Result<&Arc<Cluster>, &Unavailable> {
        self.cluster.get_or_init(|| Cluster::start_for_suite().map(Arc::new)).as_ref()
    }

    fn sqlite(self: &Arc<Self>) -> Place {
        let directory = temporary_directory();
        if let Some(prepare) = self.prepare {
            let template = self.sqlite_template.get_or_init(|| sqlite_template(prepare));
            let copied = std::fs::copy(file(template), file(&directory));
            copied.expect("the prepared SQLite file is copied");
        }
        let url = sqlite_url(&directory);
        Place { backend: Backend::Sqlite, url, directory, cluster: None, stores: Arc::clone(self) }
    }

    fn postgres(self: &Arc<Self>, cluster: &Arc<Cluster>, name: &str) -> Place {
        let url = match self.prepare {
            None => cluster.database(name),
            Some(prepare) => {
                let template = self.postgres_template.get_or_init(|| {
                    let url = cluster.database("template");
                    prepare(&url);
                    url
                });
                cluster.database_from(template, name)
            }
        };
        let (directory, cluster) = (temporary_directory(), Some(Arc::clone(cluster)));
        Place { backend: Backend::Postgres, url, directory, cluster, stores: Arc::clone(self) }
    }
}

/// Makes the file that the cases copy. Only this file is copied, so a write-ahead log beside it
/// would be lost rows.
fn sqlite_template(prepare: fn(&str)) -> TempDir {
    let directory = temporary_directory();
    prepare(&sqlite_url(&directory));
    let log = directory.path().join("apportion.db-wal");
    let pending = std::fs::metadata(log).map_or(0, |log| log.len());
    assert!(pending == 0, "`prepare` left {pending} bytes in the write-ahead log: close it first");
    directory
}

fn temporary_directory() -> TempDir {
    room::directory("apportion-").expect("a temporary directory")
}

fn file(directory: &TempDir) -> std::path::PathBuf {
    directory.path().join("apportion.db")
}

fn sqlite_url(directory: &TempDir) -> String {
    format!("sqlite://{}", file(directory).display())
}
