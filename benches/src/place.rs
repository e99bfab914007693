//! Databases to measure on. Each is new, filled through the importer, and deleted afterwards.

use std::path::{Path, PathBuf};
use std::time::Instant;

use apportion_core::organization::OrganizationDraft;
use apportion_server::admin::{self, TokenDraft};
use apportion_server::import::Importer;
use apportion_server::store::{self, Address, OrganizationId, Scope, Session};
use apportion_testing::Cluster;
use tempfile::TempDir;

/// The number of distributions of a deal.
pub(crate) const PER_DEAL: usize = 50;
/// The number of lines of an imported file, which is one transaction.
const LINES: usize = 5_000;

/// A store: the directory of SQLite files, or the running PostgreSQL.
pub(crate) enum Backend {
    Sqlite(TempDir),
    Postgres(Box<Cluster>),
}

impl Backend {
    /// Returns both stores, or SQLite alone if PostgreSQL is not installed.
    pub(crate) fn all() -> Vec<Self> {
        let postgres = Cluster::start_with(&["shared_buffers=256MB"]);
        let postgres = postgres.inspect_err(|why| println!("without PostgreSQL: {why}")).ok();
        [Self::sqlite()].into_iter().chain(postgres.map(Box::new).map(Self::Postgres)).collect()
    }

    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(directory())
    }

    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// Makes a new database, and returns its URL.
    pub(crate) fn database(&self, name: &str) -> String {
        match self {
            Self::Sqlite(directory) => {
                format!("sqlite://{}", directory.path().join(format!("{name}.db")).display())
            }
            Self::Postgres(cluster) => cluster.database(name),
        }
    }

    /// Updates the statistics and the visibility map, as PostgreSQL does by itself a minute later.
    pub(crate) fn settle(&self, url: &str) {
        if let Self::Postgres(cluster) = self {
            cluster.query(url, "VACUUM ANALYZE");
        }
    }
}

/// Makes a directory on a disk: in `BENCH_DIR`, or beside this program if that is not
/// set.
pub(crate) fn directory() -> TempDir {
    let chosen = std::env::var_os("BENCH_DIR").map(PathBuf::from);
    let base = chosen.unwrap_or_else(|| std::env::current_exe().unwrap().parent().unwrap().into());
    let base = base.canonicalize().expect("the directory exists");
    let kind = file_system(&base);
    assert!(!kind.contains("tmpfs"), "{} is in memory: name a disk", base.display());
    tempfile::Builder::new().prefix("apportion-bench-").tempdir_in(base).unwrap()
}

/// Returns the kind of the file system that a path is on, from the mount table.
fn file_system(path: &Path) -> String {
    let table = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mounts = table.lines().filter_map(|line| {
        let mut words = line.split(' ').skip(1);
        Some((words.next()?, words.next()?))
    });
    let around = mounts.filter(|(at, _)| path.starts_with(at)).max_by_key(|(at, _)| at.len());
    around.map_or_else(|| "an unknown file system".to_owned(), |(_, kind)| kind.to_owned())
}

/// An organization with deals and distributions, and a token that may write.
pub(crate) struct Tenant {
    pub(crate) token: String,
    /// The ids of its deals.
    pub(crate) deals: Vec<i64>,
}

impl Tenant {
    /// Creates an organization with this number of distributions, and as many deals as they need.
    pub(crate) fn fill(url: &str, distributions: usize) -> Self {
        Self::fill_deals(url, distributions.div_ceil(PER_DEAL), distributions)
    }

    /// Creates an organization with these numbers of deals and distributions.
    pub(crate) fn fill_deals(url: &str, deals: usize, distributions: usize) -> Self {
        let database: Address = url.parse().unwrap();
        let draft = OrganizationDraft {
            name: "Bench".to_owned(),
            currency: "EUR".to_owned(),
            time_zone: "UTC".to_owned(),
        };
        let organization = admin::create_organization(&database, &draft).unwrap();
        let token = TokenDraft { organization, person: None, scope: "write", label: None };
        let token = admin::create_token(&database, token).unwrap().reveal().to_owned();
        let mut importer = Importer::open(&database, organization).unwrap();
        let mut csv = "name,value_minor\n".to_owned();
        // The names are in no order, so that an index on them is not filled from one end.
        csv.extend((0..deals).map(|at| format!("Deal {:06},{}\n", scatter(at), 100_000 + at)));
        importer.import("deals", csv.as_bytes(), |_| {}).unwrap();
        let deals: Vec<i64> = (first_deal(&database, organization)..).take(deals).collect();
        let began = Instant::now();
        let lines: Vec<String> = (0..distributions).map(|at| line(at, &deals)).collect();
        for lines in lines.chunks(LINES) {
            let csv = format!("deal_id,start_on,end_on,amount_percent\n{}", lines.concat());
            importer.import("revenue_distributions", csv.as_bytes(), |_| {}).unwrap();
        }
        if distributions > 1000 {
            let rate = distributions as f64 / began.elapsed().as_secs_f64();
            println!("imported {distributions} distributions, {rate:.0} a second");
        }
        Self { token, deals }
    }
}

/// Returns the id of the deal that was imported first.
fn first_deal(database: &Address, organization: i64) -> i64 {
    let scope = Scope::of(OrganizationId(organization));
    let mut session = Session::open(database).unwrap();
    let name = format!("Deal {:06}", scatter(0));
    let mut tenant = store::Tenant::new(scope, &mut session);
    store::deal::find_by_names(&mut tenant, &[&name]).unwrap()[&name].first
}

/// Makes the line of a distribution. Neighbouring lines have little in common.
fn line(at: usize, deals: &[i64]) -> String {
    let chance = scatter(at);
    let (year, month, day) = (2024 + chance % 3, 1 + chance / 3 % 12, 1 + chance / 36 % 28);
    let start = format!("{year}-{month:02}-{day:02}");
    let end = format!("{}-{month:02}-{day:02}", year + 1 + chance / 1000 % 2);
    let percent = 1 + chance % 1999;
    format!(
        "{},{start},{end},{}.{:03}\n",
        deals[chance % deals.len()],
        percent / 1000,
        percent % 1000
    )
}

/// Returns a number below a million that looks random. It differs for all positions below 999,983.
pub(crate) fn scatter(at: usize) -> usize {
    at * 617_237 % 999_983
}
