//! The commands of the program, their options, and the texts of `--help`.

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use apportion_server::admin::{self, TokenDraft};
use apportion_server::store::Address;
use apportion_server::store::backup::backup;
use apportion_server::{Clock, Config, demo, openapi, resources, serve};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::tick::{Interval, parse_interval};

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
}

#[derive(Subcommand)]
enum Command {
    /// Bring the schema up to date, and answer requests until SIGTERM or SIGINT
    Serve(Serve),
    /// Bring the schema of the database up to date
    Migrate,
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
}

#[derive(Args)]
struct Serve {
    /// The address to listen on; port 0 picks a free port
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        env = "APPORTION_BIND",
        default_value = "127.0.0.1:8080"
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
        value_delimiter = ','
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
        /// The requests that it allows
        #[arg(long, value_enum, default_value_t = Scope::Write)]
        scope: Scope,
        /// The id of the person in whose name it acts, such as 1; without it, it acts in no
        /// person's name
        #[arg(long, value_name = "ID", value_parser = id)]
        person: Option<i64>,
        /// A note on its purpose, such as "monthly report", which `token list` shows
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
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

/// Runs the command.
pub(crate) fn run(options: Options) -> anyhow::Result<ExitCode> {
    let database: Address = options.database_url.parse()?;
    match options.command {
        Command::Serve(serve) => run_server(serve, database)?,
        Command::Migrate => {
            let steps = admin::migrate(&database)?;
            log::info!("{steps} migrations were run on {database}");
        }
        Command::Openapi => {
            write!(std::io::stdout(), "{}", openapi::description(&resources::own()))?
        }
        Command::Organization(Organization::Create { name, currency, time_zone }) => {
            let draft =
                apportion_core::organization::OrganizationDraft { name, currency, time_zone };
            println!("{}", admin::create_organization(&database, &draft)?);
        }
        Command::Token(token) => run_token(token, &database)?,
        Command::Import(import) => return crate::import::run(&import, &database),
        Command::Tick(tick) => return crate::tick::run(&tick, &database),
        Command::Check => return crate::check::run(&database),
        Command::Backup { path } => backup(&database, &path)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn run_server(options: Serve, database: Address) -> anyhow::Result<()> {
    let (bind, public_url) = (options.bind, options.public_url);
    let (limit_rates, cors_origins) = (!options.no_rate_limit, options.cors_origins);
    let trusted_proxies = options.trusted_proxies;
    let Interval(engine_interval) = options.engine_interval;
    let config = |database| Config {
        bind,
        database,
        public_url,
        cors_origins,
        trusted_proxies,
        limit_rates,
        engine_interval,
        clock: Clock::system(),
    };
    if !options.demo {
        let listening = |address| println!("listening on http://{address}");
        return Ok(serve::run(config(database), listening)?);
    }
    if !bind.ip().is_loopback() {
        bail!(
            "--demo has a public token and listens on loopback only: give --bind an address such \
             as 127.0.0.1:8080, not {bind}"
        );
    }
    let database = Address::Sqlite(PathBuf::from("apportion-demo.db"));
    demo::fill(&database).context("the demo tenant was not created")?;
    serve::run(config(database), |address| {
        println!("listening on http://{address}");
        let list = "revenue_distributions?include=deal&page%5Bsize%5D=3";
        println!(
            "try: curl -H 'X-Auth-Token: {}' 'http://{address}/api/v2/{list}'",
            demo::token().reveal()
        );
    })?;
    Ok(())
}

fn run_token(token: Token, database: &Address) -> anyhow::Result<()> {
    match token {
        Token::Create { organization, scope, person, label } => {
            let scope = match scope {
                Scope::Read => "read",
                Scope::Write => "write",
                Scope::Admin => "admin",
            };
            let draft = TokenDraft { organization, person, scope, label };
            println!("{}", admin::create_token(database, draft)?.reveal());
        }
        Token::List { organization } => {
            let mut out = std::io::stdout().lock();
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
                writeln!(out, "{line}")?;
            }
        }
        Token::Revoke { id } => admin::revoke_token(database, id)?,
    }
    Ok(())
}

/// Parses an origin in the form that browsers send it.
fn parse_origin(text: &str) -> Result<String, String> {
    let url = parse_public_url(text).map_err(|_| "write it as https://HOST or http://HOST:PORT")?;
    let host = url.split_once("://").map_or("", |(_, host)| host);
    if host.contains('/') || url.chars().any(|letter| letter.is_ascii_uppercase()) {
        return Err("an origin must have no path, not even '/', and no capitals".to_owned());
    }
    Ok(url)
}

fn parse_public_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', '@', ' ']) => {
            Ok(text.to_owned())
        }
        _ => Err("write it as https://HOST or http://HOST".to_owned()),
    }
}

/// Reads the id of a row.
pub(crate) fn id(text: &str) -> Result<i64, &'static str> {
    text.parse().map_err(|_| "an id is a whole number, such as 1")
}
