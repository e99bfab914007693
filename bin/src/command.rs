//! The commands of the program, their options, and the texts of `--help`.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use apportion_core::token::{self, Expiry};
use apportion_server::admin::{self, Replaced, TokenDraft, TokenTerms};
use apportion_server::store::backup::backup;
use apportion_server::store::{Address, newest_migration};
use apportion_server::{
    Clock, Config, Monitoring, demo, openapi, resources, restore::restore, roles, serve,
};
use chrono::TimeDelta;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::limits::LimitOptions;
use crate::output::Output;
use crate::tick::{Interval, parse_interval};
use crate::values::{id, parse_bind, parse_ip, parse_origin, parse_public_url};

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
    /// A file with values for options, in TOML; without it, apportion.toml is read if it is there
    #[arg(long, global = true, value_name = "FILE", env = "APPORTION_CONFIG", id = CONFIG)]
    config: Option<PathBuf>,
}

/// The id of the option that names the file with values for options.
pub(crate) const CONFIG: &str = "config";

impl Options {
    /// Returns the fault of an option's value that clap does not find, if there is one.
    pub(crate) fn fault_in(option: &str, value: &str) -> Option<String> {
        let address = (option == "database-url").then(|| value.parse::<Address>());
        address?.err().map(|error| error.to_string())
    }
}

#[derive(Subcommand)]
enum Command {
    /// Bring the schema up to date, and answer requests until SIGTERM or SIGINT
    Serve(Serve),
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

#[derive(Args)]
struct Serve {
    /// The address to listen on; port 0 picks a free port
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        env = "APPORTION_BIND",
        default_value = "127.0.0.1:8080",
        value_parser = parse_bind
    )]
    bind: SocketAddr,
    /// The beginning of absolute links, such as `https://api.example.com`; without it, links begin
    /// with the Host of each request
    #[arg(long, value_name = "URL", env = "APPORTION_PUBLIC_URL", value_parser = parse_public_url)]
    public_url: Option<String>,
    /// An origin whose pages may read answers in a browser, such as `https://app.example.com`; give
    /// the option several times, or separate origins by commas
    #[arg(long = "cors-origin", value_name = "ORIGIN", env = "APPORTION_CORS_ORIGINS",
          value_delimiter = ',', value_parser = parse_origin)]
    cors_origins: Vec<String>,
    /// The address of a proxy in front of the server, such as `10.0.0.5`: what its header
    /// `Forwarded`, or else `X-Forwarded-For`, says of its clients is believed; give the option
    /// several times, or separate addresses by commas
    #[arg(
        long = "trusted-proxy",
        value_name = "ADDRESS",
        env = "APPORTION_TRUSTED_PROXIES",
        value_delimiter = ',',
        value_parser = parse_ip
    )]
    trusted_proxies: Vec<IpAddr>,
    /// Serve a demo tenant from the file apportion-demo.db; its token is public, so this listens on
    /// loopback addresses only
    #[arg(long)]
    demo: bool,
    /// Switch off all rate limits, such as 100 requests in 10 s with one token
    #[arg(long, env = "APPORTION_NO_RATE_LIMIT")]
    no_rate_limit: bool,
    /// The time between two passes of the engine, which triggers distributions that are due: 30s,
    /// 5m, 1h or off
    #[arg(long, value_name = "TIME", env = "APPORTION_ENGINE_INTERVAL", default_value = "30s",
          value_parser = parse_interval)]
    engine_interval: Interval,
    /// An address to serve /metrics on without a token, and /health/live, but nothing else
    #[arg(long, value_name = "ADDRESS:PORT", env = "APPORTION_METRICS_BIND")]
    metrics_bind: Option<SocketAddr>,
    #[command(flatten)]
    role: Role,
    #[command(flatten)]
    limits: LimitOptions,
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

/// Runs the command. `unusual` are the limits of a server that are not as usual.
pub(crate) fn run(options: Options, unusual: &[String]) -> anyhow::Result<ExitCode> {
    let database: Address = options.database_url.parse()?;
    match options.command {
        Command::Serve(serve) => {
            if !unusual.is_empty() {
                log::info!("limits that are not as usual: {}", unusual.join(", "));
            }
            run_server(serve, database)?
        }
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

fn run_server(options: Serve, database: Address) -> anyhow::Result<()> {
    let (bind, public_url) = (options.bind, options.public_url);
    let (limit_rates, trusted_proxies) = (!options.no_rate_limit, options.trusted_proxies);
    let Interval(engine_interval) = options.engine_interval;
    let dropped = crate::log_line::dropped;
    let monitoring = Monitoring { bind: options.metrics_bind, dropped_log_lines: Some(dropped) };
    let limits = options.limits;
    let config = |database| Config {
        bind,
        limits: limits.on(&database),
        database,
        public_url,
        cors_origins: options.cors_origins,
        trusted_proxies,
        limit_rates,
        engine_interval,
        clock: Clock::system(),
        monitoring,
    };
    if !options.demo {
        options.role.check(&database)?;
        let about = about(&database, options.engine_interval);
        return Ok(serve::run(config(database), |address| announce(&about, address, None))?);
    }
    let bound = [("--bind", Some(bind)), ("--metrics-bind", monitoring.bind)];
    for (option, address) in bound {
        if let Some(address) = address.filter(|address| !address.ip().is_loopback()) {
            bail!(
                "--demo has a public token and listens on loopback only: give {option} an address \
                 such as 127.0.0.1:8080, not {address}"
            );
        }
    }
    let database = Address::Sqlite(PathBuf::from("apportion-demo.db"));
    demo::fill(&database).context("the demo tenant was not created")?;
    let about = about(&database, options.engine_interval);
    let token = Some(demo::token());
    Ok(serve::run(config(database), |address| announce(&about, address, token))?)
}

/// Says in a line which program serves which database.
fn about(database: &Address, engine: Interval) -> String {
    let (version, schema) = (env!("CARGO_PKG_VERSION"), newest_migration(database));
    format!("apportion {version}, database {database}, schema {schema}, engine {engine}")
}

/// Prints that line, the address that a server listens on, and a request to try with a token that
/// everybody may know. A server whose address cannot be printed goes on; its log says so.
fn announce(about: &str, address: SocketAddr, token: Option<apportion_server::token::Token>) {
    let mut out = Output::default();
    out.line(format_args!("{about}"));
    out.line(format_args!("listening on http://{address}"));
    if let Some(token) = token {
        let list = "revenue_distributions?include=deal&page%5Bsize%5D=3";
        let header = format!("X-Auth-Token: {}", token.reveal());
        out.line(format_args!("try: curl -H '{header}' 'http://{address}/api/v2/{list}'"));
    }
    if let Err(error) = out.end() {
        log::warn!("the address {address} was not printed: {error}");
    }
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
