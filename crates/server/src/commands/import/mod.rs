//! The import of rows from CSV files, by the same declarations and rules as requests.
//!
//! The header names attributes, and relationships as `<name>_id`. A column `deal`, `distributor` or
//! `collaborator` finds the row by its name, or by its e-mail address. An empty cell gives no
//! value. Amounts are in units of their currency.
//!
//! All files of a command are one transaction. They are read (`sheet`) and judged (`judge`) before
//! it begins, so that it only has to insert (`write`). If a row that others were judged by has
//! changed meanwhile, the files are judged again. A file that updates changes the rows whose
//! `external_id` is stored, and inserts the others; all changes of a command come before its new
//! rows. Not here: the deletion of rows.

mod columns;
mod faults;
mod judge;
mod line_reader;
mod names;
mod number;
mod plan;
mod row;
mod sheet;
mod write;

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use apportion_core::currency::Currency;
use apportion_jsonapi::text::{alternatives, cut};
use apportion_limits::deadline::{Deadline, within};
use apportion_store::{
    self as store, Address, AnyConnection, Costs, OrganizationId, Scope, Session, Tenant,
};
use chrono::{DateTime, SecondsFormat, Utc};

pub use self::columns::{TYPES, describe, type_of};
pub use self::faults::{BadLine, Faults, MAX_LISTED};
use self::plan::Plan;
pub use self::plan::TypeSummary;
use self::sheet::Sheet;
use self::write::{Locking, Stop, write};
use crate::catalog::{Resources, Work};
use crate::clock::now;
use crate::commands::admin::{AdminError, open_migrated};
use crate::failure::Failure;
use crate::resources;

/// The reason why nothing was imported, or in one case perhaps nothing. If something fails after
/// the rows were committed, only the log says it.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file has lines that are at fault.
    #[error("{}: {} faults", .0.file, .0.count)]
    Lines(Faults),
    /// The same bytes were imported before.
    #[error(
        "{file}: nothing was imported: the same file was imported at {}; give --again to import \
         it again",
        .at.to_rfc3339_opts(SecondsFormat::Secs, true)
    )]
    Repeated {
        /// The file, as it was named.
        file: String,
        /// The time of the last import.
        at: DateTime<Utc>,
    },
    /// The same bytes were given twice.
    #[error(
        "{file}: nothing was imported: the same file is given twice; give --again to import it \
         twice"
    )]
    Twice {
        /// The file, as it was named.
        file: String,
    },
    /// A file cannot be read.
    #[error("{file} cannot be read: {error}")]
    Unreadable {
        /// The file, as it was named.
        file: String,
        /// The error of the operating system.
        error: std::io::Error,
    },
    /// There is no such organization.
    #[error("there is no organization {0}")]
    Organization(i64),
    /// Others kept changing rows that the import depends on.
    #[error("nothing was imported, because others keep changing the same rows: {0}")]
    Contended(String),
    /// The connection ended while the rows were committed.
    #[error(
        "it is not known whether the rows were imported, because the database did not answer when \
         they were committed: {0}; import the same files again without --again: they are refused \
         if their rows are there"
    )]
    Unsure(String),
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The schema cannot be brought up to date.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// This program failed, in a way that it is not meant to.
    #[error("{0}")]
    Broken(String),
}

impl From<Failure> for ImportError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(error) => Self::Store(error),
            Failure::Broken(why) => Self::Broken(why),
            Failure::Refused(errors) => {
                let details: Vec<&str> = errors.iter().map(|error| error.detail.as_ref()).collect();
                Self::Broken(details.join("; "))
            }
        }
    }
}

/// The ways in which a command can import.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether files are imported although the same bytes were imported before.
    pub again: bool,
    /// Whether rows whose `external_id` is stored are changed. Every row must have one then, and
    /// the same bytes may be imported again.
    pub update: bool,
    /// Whether nothing is written.
    pub dry_run: bool,
}

/// The most times that files are judged again because others changed the rows.
const MAX_TRIES: usize = 10;

/// The tries after which stored rows are locked first: others wait longer then, and change nothing.
const PATIENT_TRIES: usize = 3;
/// The time between two tries.
const PAUSE: Duration = Duration::from_millis(100);

/// The number of rows of a type from which the database is told that its table has grown: until it
/// notices, it reads all rows of the tenant to find some.
const MANY_ROWS: usize = 10_000;

/// The largest number of distributions that a command rewrites because it changes their deals,
/// unless a deal alone has more. On SQLite that takes the writer about a second, once for the
/// judgement and once for good.
const MAX_REWRITTEN: usize = 100_000;

/// The limits of a command. It may take as long as its files ask for; a statement is a part of
/// that, and takes a fraction of this if all is well.
const LIMITS: Deadline =
    Deadline { statement: Some(Duration::from_secs(60)), work: None, work_limit: None };

/// A database that files are imported into.
pub struct Importer {
    session: Session,
    scope: Scope,
    currency: Currency,
    resources: Arc<Resources>,
}

impl Importer {
    /// Opens the database for an organization.
    pub fn open(database: &Address, organization: i64) -> Result<Self, ImportError> {
        Self::new(open_migrated(database)?, organization)
    }

    pub(crate) fn new(mut session: Session, organization: i64) -> Result<Self, ImportError> {
        let scope = Scope::of(OrganizationId(organization));
        let found = store::organization::find(&mut Tenant::new(scope, &mut session))?;
        let found = found.ok_or(ImportError::Organization(organization))?;
        session.rest()?;
        session.allow(Costs { rewritten: usize::MAX, ..Costs::USUAL });
        Ok(Self { session, scope, currency: found.currency, resources: resources::own() })
    }

    /// Imports one file of a type. Calls `progress` with the number of bytes read so far. Returns
    /// the number of rows.
    pub fn import(
        &mut self,
        kind: &str,
        file: impl Read,
        progress: impl FnMut(u64),
    ) -> Result<u64, ImportError> {
        let mut batch = self.batch(Options::default());
        let rows = batch.read(kind, kind, file, progress)?;
        batch.finish()?;
        Ok(rows)
    }

    /// Begins a command, whose files are imported together.
    pub fn batch(&mut self, options: Options) -> Batch<'_> {
        let (sheets, plan) = (Vec::new(), Plan::default());
        Batch { importer: self, options, sheets, plan, is_faulty: false }
    }

    fn work<'w>(resources: &'w Resources, tenant: Tenant<'w>, currency: Currency) -> Work<'w> {
        let (is_clock_sound, expected, secret) = (true, None, None);
        Work { resources, tenant, currency, now: now(), is_clock_sound, expected, secret }
    }

    /// Judges files in their order, and again as long as others change the same rows meanwhile.
    fn judge_all(&mut self, sheets: &[Sheet], options: Options) -> Result<Plan, ImportError> {
        let mut tries = 0_usize;
        loop {
            let mut plan = Plan::default();
            tries = tries.saturating_add(1);
            match self.judge(sheets, options, &mut plan) {
                Err(ImportError::Store(store::Error::Interrupted(why))) => {
                    if tries >= MAX_TRIES {
                        return Err(ImportError::Contended(why));
                    }
                    std::thread::sleep(PAUSE);
                }
                other => return other.map(|()| plan),
            }
        }
    }

    /// Judges files in their order.
    fn judge(
        &mut self,
        sheets: &[Sheet],
        options: Options,
        plan: &mut Plan,
    ) -> Result<(), ImportError> {
        let tenant = Tenant::new(self.scope, &mut self.session);
        let mut work = Self::work(&self.resources, tenant, self.currency);
        for sheet in sheets {
            let faults = judge::judge(&mut work, sheet, options, plan)?;
            if !faults.is_empty() {
                return Err(ImportError::Lines(faults));
            }
        }
        Ok(self.session.rest()?)
    }

    fn write(&mut self, plan: &Plan, locking: Locking) -> Result<(), Stop> {
        let (resources, currency) = (&self.resources, self.currency);
        let mut tenant = Tenant::new(self.scope, &mut self.session);
        // SQLite has rolled back what it could not commit.
        let may_be_kept = matches!(tenant.connection()?, AnyConnection::Postgres(_));
        let mut is_written = false;
        let written = tenant.transaction(|tenant| {
            let done =
                write(&mut Self::work(resources, tenant.reborrow(), currency), plan, locking);
            is_written = done.is_ok();
            done
        });
        match written {
            Err(Stop::Away(error)) if is_written && may_be_kept => {
                Err(Stop::Unsure(error.to_string()))
            }
            other => other,
        }
    }
}

/// The files of one command, which are imported together or not at all.
pub struct Batch<'i> {
    importer: &'i mut Importer,
    options: Options,
    sheets: Vec<Sheet>,
    plan: Plan,
    /// Whether a file had faults, so that nothing may be inserted.
    is_faulty: bool,
}

impl Batch<'_> {
    /// Reads and judges a file of a type, and writes nothing yet. `name` is how messages call it.
    /// Calls `progress` with the number of bytes read so far. Returns the number of rows.
    pub fn read(
        &mut self,
        kind: &str,
        name: &str,
        file: impl Read,
        progress: impl FnMut(u64),
    ) -> Result<u64, ImportError> {
        let resources = Arc::clone(&self.importer.resources);
        let found = TYPES.contains(&kind).then(|| resources.find(kind)).flatten();
        let Some(found) = found else {
            let mut faults = Faults { file: name.to_owned(), ..Faults::default() };
            let known = alternatives(kind, TYPES.iter().copied());
            faults.add(1, None, &format!("there is no type '{}'; {known}", cut(kind)));
            return Err(ImportError::Lines(faults));
        };
        let read = sheet::read(name, found.resource(), file, progress);
        let (sheet, mut faults) =
            read.map_err(|error| ImportError::Unreadable { file: name.to_owned(), error })?;
        let rows = u64::try_from(sheet.rows.len()).unwrap_or(u64::MAX);
        self.sheets.push(sheet);
        let last = self.sheets.last().map(std::slice::from_ref).unwrap_or_default();
        let judged =
            within(LIMITS, || match self.importer.judge(last, self.options, &mut self.plan) {
                Err(ImportError::Store(store::Error::Interrupted(_))) => {
                    let all = self.importer.judge_all(&self.sheets, self.options);
                    all.map(|plan| self.plan = plan)
                }
                judged => judged,
            });
        match judged {
            Err(ImportError::Lines(found)) => faults.merge(found),
            other => other?,
        }
        if !faults.is_empty() {
            self.is_faulty = true;
            return Err(ImportError::Lines(faults));
        }
        Ok(rows)
    }

    /// Inserts the rows of all files, unless it is a dry run. Returns the rows by their types.
    pub fn finish(self) -> Result<Vec<TypeSummary>, ImportError> {
        within(LIMITS, || self.write())
    }

    fn write(self) -> Result<Vec<TypeSummary>, ImportError> {
        let Self { importer, options, sheets, mut plan, is_faulty } = self;
        if is_faulty {
            return Err(ImportError::Broken("a file of the batch has faults".to_owned()));
        }
        if options.dry_run {
            return Ok(plan.summary());
        }
        let mut tries = 0_usize;
        let mut locking = Locking::Last;
        while let Err(stop) = importer.write(&plan, locking) {
            tries = tries.saturating_add(1);
            if tries >= PATIENT_TRIES {
                locking = Locking::First;
            }
            match stop {
                Stop::Stale(why) if tries >= MAX_TRIES => {
                    return Err(ImportError::Contended(why));
                }
                Stop::Away(error) if tries >= MAX_TRIES => return Err(error.into()),
                Stop::Stale(_) | Stop::Away(_) => std::thread::sleep(PAUSE),
                Stop::Unsure(why) => return Err(ImportError::Unsure(why)),
                Stop::Store(error) => return Err(error.into()),
                Stop::Broken(why) => return Err(ImportError::Broken(why)),
            }
            plan = importer.judge_all(&sheets, options)?;
        }
        // Requests leave few totals to fold at a time; a file may leave many. All rows are in by
        // now, whatever becomes of this.
        if let Err(error) = store::fold_totals(&mut importer.session) {
            log::warn!("the totals were not folded: {error}");
        }
        let summary = plan.summary();
        for it in summary.iter().filter(|it| it.rows >= MANY_ROWS) {
            if let Err(error) = store::analyze(&mut importer.session, it.kind) {
                log::warn!("the statistics of {} were not gathered: {error}", it.kind);
            }
        }
        if let Err(error) = importer.session.checkpoint() {
            log::warn!("the log of the database was not emptied: {error}");
        }
        Ok(summary)
    }
}
