//! The commands of the program, their options, and the texts of `--help`.

use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use apportion_core::token::{self, Expiry};
use apportion_server::admin::{self, Replaced, TokenDraft, TokenTerms};
use apportion_server::store::Address;
use apportion_server::store::backup::backup;
use apportion_server::{openapi, resources, restore::restore, roles};
use chrono::TimeDelta;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::log_line;
use crate::output::Output;
use crate::serve::Serve;
use crate::values::id;

/// Serve revenue distributions and payouts over a JSON:API, and administer the database
#[derive(Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
    /// The database: sqlite://FILE or postgres://USER:PASSWORD@HOST:PORT/NAME
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "APPORTION_DATABASE_URL",
        default_value = "sqlite://apportion.db",
        hide_env_values = true
    )]
    // Parsed later, because an error of clap's would repeat it with its password.
    database_url: String,
    /// The level of the log on stderr (off, error, warn, info, debug or trace), or levels of parts
    /// of the program, such as `warn,apportion_store=debug`
    #[arg(
        long,
        global = true,
        value_name = "LEVELS",
        env = "APPORTION_LOG",
        default_value = "info"
    )]
    log: String,
    /// A file with values for options, in TOML; without it, apportion.toml is read if it is there
    #[arg(long, global = true, value_name = "FILE", env = "APPORTION_CONFIG", id = CONFIG)]
    config: Option<PathBuf>,
}

/// The id of the option that names the file with values for options.
pub(crate) const CONFIG: &str = "config";

impl Options {
    /// Returns the fault of an option's value that clap does not find, if there is one.
    pub(crate) fn fault_in(option: &str, value: &str) -> Option<String> {
        match option {
            "database-url" => value.parse::<Address>().err().map(|error| error.to_string()),
            "log" => log_line::fault_in(value),
            _ => None,
        }
    }

    /// Returns the levels of the log: the usual one if the variable is empty.
    pub(crate) fn log(&self) -> &str {
        if self.log.trim().is_empty() { "info" } else { &self.log }
    }
}

#[derive(Subcommand)]
enum Command {
    /// Bring the schema up to date, and answer requests until SIGTERM or SIGINT
    Serve(Box<Serve>),
    /// Bring the schema of the database up to date
    Migrate {
        /// A role of PostgreSQL that is granted what a server needs, and nothing else; give the
        /// option several times for several roles
        #[arg(long, value_name = "ROLE")]
        grant_to: Vec<String>,
    },
    /// Print the OpenAPI description of the service as JSON
    Openapi,
    /// Manage organizations
    #[command(subcommand)]
    Organization(Organization),
    /// Manage API tokens
    #[command(subcommand)]
    Token(Token),
    /// Import people, deals, payees, what they are owed and more from CSV files
    ///
    /// All files are imported together, or nothing if one of their lines is at fault. `--help` has
    /// the columns of each type.
    Import(crate::import::Import),
    /// Run one pass of the engine: trigger all distributions that are due
    Tick(crate::tick::Tick),
    /// Check that all sums and rows agree with each other, and print the rows that do not
    ///
    /// Prints a line for each law of each organization. The exit code is 1 if a law does not hold.
    /// Changes nothing, and may run beside a server.
    Check,
    /// Copy an SQLite database to a new file and verify the copy; the server may be running
    Backup {
        /// The file to create, such as backup.db; it must not exist
        path: PathBuf,
    },
    /// Put a backup in the place of an SQLite database that no server or command has open
    ///
    /// The file must be sound, and `check` must pass on it. The database that was there is kept
    /// beside it, under a name that the command prints.
    Restore {
        /// The file that `backup` made
        file: PathBuf,
    },
}

/// The role of the URL on PostgreSQL.
#[derive(Args)]
pub(crate) struct Role {
    /// Work on PostgreSQL as a superuser or as a role with BYPASSRLS, for which row-level security
    /// does not hold
    #[arg(long, env = "APPORTION_ALLOW_SUPERUSER")]
    allow_superuser: bool,
}

impl Role {
    /// Checks that the role may serve.
    pub(crate) fn check(&self, database: &Address) -> anyhow::Result<()> {
        Ok(roles::check_role(database, self.allow_superuser)?)
    }
}

#[derive(Subcommand)]
enum Organization {
    /// Create an organization and print its id
    Create {
        /// The name of the organization, with at most 255 characters
        #[arg(long)]
        name: String,
        /// The currency that amounts are converted to, such as EUR (ISO 4217)
        #[arg(long)]
        currency: String,
        /// The time zone of the organization's days, such as Europe/Vienna (IANA)
        #[arg(long, default_value = "UTC")]
        time_zone: String,
    },
}

#[derive(Subcommand)]
enum Token {
    /// Create a token and print it; it cannot be shown again
    Create {
        /// The id of the organization whose records it gives access to, such as 1
        #[arg(long, value_name = "ID", value_parser = id)]
        organization: i64,
        /// The requests that it allows: write, unless it replaces another; then it must be given
        #[arg(long, value_enum)]
        scope: Option<Scope>,
        /// The id of the person in whose name it acts, such as 1; without it, it acts in no
        /// person's name
        #[arg(long, value_name = "ID", value_parser = id)]
        person: Option<i64>,
        /// A note on its purpose, such as "monthly report", which `token list` shows
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
        /// The time after which it is refused, in days, hours or minutes, such as 90d, or the
        /// instant, such as 2027-01-31T12:00:00Z; without it, it does not expire
        #[arg(long, value_name = "TIME")]
        expires: Option<Expiry>,
        /// The id of the token of the same organization that it replaces, which is refused from
        /// then on
        #[arg(long, value_name = "ID", value_parser = id, requires = "scope")]
        replaces: Option<i64>,
        /// The time for which the replaced token is still accepted, such as 24h; never longer than
        /// it would have been
        #[arg(long, value_name = "TIME", default_value = "0m", value_parser = token::time,
              requires = "replaces")]
        overlap: TimeDelta,
    },
    /// Print a JSON object for each token, without the token itself
    List {
        /// List the tokens of the organization with this id only
        #[arg(long, value_name = "ID", value_parser = id)]
        organization: Option<i64>,
    },
    /// Revoke a token: within a second, servers refuse it
    Revoke {
        /// The id of the token, which `token list` prints
        id: i64,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Scope {
    /// Reading records
    Read,
    /// Reading and writing records
    Write,
    /// Reading and writing records, and reading the events
    Admin,
}

/// Runs the command. `limits` are those of a server, as its log says them.
pub(crate) fn run(options: Options, limits: &[String]) -> anyhow::Result<ExitCode> {
    let database: Address = options.database_url.parse()?;
    match options.command {
        Command::Serve(serve) => crate::serve::run(*serve, database, limits)?,
        Command::Migrate { grant_to } => {
            let steps = roles::migrate(&database, &grant_to)?;
            log::info!("{steps} migrations were run on {database}");
        }
        Command::Openapi => {
            let mut out = Output::default();
            out.write(format_args!("{}", openapi::description(&resources::own())));
            out.end()?;
        }
        Command::Organization(Organization::Create { name, currency, time_zone }) => {
            let draft =
                apportion_core::organization::OrganizationDraft { name, currency, time_zone };
            let id = admin::create_organization(&database, &draft)?;
            let mut out = Output::default();
            out.line(format_args!("{id}"));
            let lost = || format!("organization {id} was created, but stdout cannot be written");
            out.arrived().with_context(lost)?;
        }
        Command::Token(token) => run_token(token, &database)?,
        Command::Import(import) => return crate::import::run(&import, &database),
        Command::Tick(tick) => return crate::tick::run(&tick, &database),
        Command::Check => return crate::check::run(&database),
        Command::Backup { path } => backup(&database, &path)?,
        Command::Restore { file } => {
            let mut out = Output::default();
            if let Some(kept) = restore(&file, &database)? {
                let kept = kept.display();
                out.line(format_args!("the database that was there is kept as {kept}"));
            }
            out.end_regardless();
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn run_token(token: Token, database: &Address) -> anyhow::Result<()> {
    match token {
        Token::Create { organization, scope, person, label, expires, replaces, overlap } => {
            let scope = match scope.unwrap_or(Scope::Write) {
                Scope::Read => "read",
                Scope::Write => "write",
                Scope::Admin => "admin",
            };
            let draft = TokenDraft { organization, person, scope, label };
            if is_nowhere(&std::io::stdout()) {
                bail!("stdout is /dev/null, where nobody sees the token: no token was created");
            }
            let replaces = replaces.map(|id| Replaced { id, overlap });
            let terms = TokenTerms { expires, replaces };
            admin::hand_out_token(database, draft, terms, |token| {
                let mut out = Output::default();
                out.line(format_args!("{}", token.reveal()));
                out.arrived()
            })?;
        }
        Token::List { organization } => {
            let mut out = Output::default();
            for row in admin::list_tokens(database, organization)? {
                let instant = |at: chrono::NaiveDateTime| at.and_utc().to_rfc3339();
                let line = serde_json::json!({
                    "id": row.id.0,
                    "organization": row.organization_id.0,
                    "person": row.person_id.map(|person| person.0),
                    "scope": row.scope,
                    "label": row.label,
                    "created_at": instant(row.created_at),
                    "last_used_at": row.last_used_at.map(instant),
                    "expires_at": row.expires_at.map(instant),
                    "revoked_at": row.revoked_at.map(instant),
                });
                out.line(format_args!("{line}"));
            }
            out.end()?;
        }
        Token::Revoke { id } => admin::revoke_token(database, id)?,
    }
    Ok(())
}

/// Whether what is written there is thrown away. A process that is started without an open stdout
/// gets such a one.
fn is_nowhere(out: &impl AsFd) -> bool {
    let device = |file: std::fs::File| file.metadata().map(|metadata| metadata.rdev());
    let out = out.as_fd().try_clone_to_owned().map(std::fs::File::from).and_then(device);
    let nowhere = std::fs::metadata("/dev/null").map(|metadata| metadata.rdev());
    matches!((out, nowhere), (Ok(out), Ok(nowhere)) if out == nowhere)
}
