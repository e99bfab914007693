//! The commands and their options.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use apportion_server::admin::{self, TokenDraft};
use apportion_server::store::Address;
use apportion_server::store::backup::backup;
use apportion_server::{Config, demo, openapi, resources, serve};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::tick::{Interval, interval};

/// Revenue in, by the day; payouts out, to the cent.
#[derive(Parser)]
#[command(version, max_term_width = 100)]
pub(crate) struct Options {
    #[command(subcommand)]
    command: Command,
    /// sqlite://FILE or postgres://USER@HOST/NAME
    #[arg(
        long,
        global = true,
        env = "APPORTION_DATABASE_URL",
        default_value = "sqlite://apportion.db",
        hide_env_values = true
    )]
    // Read later: a complaint of clap's would repeat it, password and all.
    database_url: String,
}

#[derive(Subcommand)]
enum Command {
    /// Bring the schema up to date and answer requests
    Serve(Serve),
    /// Bring the schema up to date
    Migrate,
    /// Print the OpenAPI description of the service
    Openapi,
    /// Manage organizations
    #[command(subcommand)]
    Organization(Organization),
    /// Manage tokens
    #[command(subcommand)]
    Token(Token),
    /// Add deals, revenue distributions, collaborators and obligations from CSV files, each all or
    /// nothing
    Import(crate::import::Import),
    /// Trigger what is due, once: one pass of the engine
    Tick(crate::tick::Tick),
    /// Prove the laws of conservation, row by row: fails with what breaks them
    Check,
    /// Copy an SQLite database to a new file, also that of a running server, and verify the copy
    Backup {
        /// The file to make
        path: PathBuf,
    },
}

#[derive(Args)]
struct Serve {
    /// Where to listen; port 0 picks a free one
    #[arg(long, env = "APPORTION_BIND", default_value = "127.0.0.1:8080")]
    bind: SocketAddr,
    /// What absolute links begin with, such as `https://api.example.com`
    #[arg(long, env = "APPORTION_PUBLIC_URL", value_parser = public_url)]
    public_url: Option<String>,
    /// The origins whose pages may read answers in a browser, such as `https://app.example.com`
    #[arg(long = "cors-origin", env = "APPORTION_CORS_ORIGINS", value_delimiter = ',',
          value_parser = origin)]
    cors_origins: Vec<String>,
    /// Serve a demo tenant from apportion-demo.db, with a token that everybody knows
    #[arg(long)]
    demo: bool,
    /// Do not hold clients to their rates
    #[arg(long, env = "APPORTION_NO_RATE_LIMIT")]
    no_rate_limit: bool,
    /// How often the engine looks for what is due: 30s, 5m, 1h, or off
    #[arg(long, env = "APPORTION_ENGINE_INTERVAL", default_value = "30s", value_parser = interval)]
    engine_interval: Interval,
}

#[derive(Subcommand)]
enum Organization {
    /// Make an organization and print its id
    Create {
        #[arg(long)]
        name: String,
        /// The currency that everything is converted to, ISO 4217
        #[arg(long)]
        currency: String,
        /// The IANA time zone in which its days begin
        #[arg(long, default_value = "UTC")]
        time_zone: String,
    },
}

#[derive(Subcommand)]
enum Token {
    /// Make a token and print it, once
    Create {
        /// The organization that it speaks for
        #[arg(long)]
        organization: i64,
        /// What it may do
        #[arg(long, value_enum, default_value_t = Scope::Write)]
        scope: Scope,
        /// The person in whose name it acts
        #[arg(long)]
        person: Option<i64>,
        /// What it is for
        #[arg(long)]
        label: Option<String>,
    },
    /// List tokens, one JSON object a line
    List {
        /// Only those of this organization
        #[arg(long)]
        organization: Option<i64>,
    },
    /// Make a token count no more
    Revoke {
        /// The id that `token list` shows
        id: i64,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Scope {
    Read,
    Write,
    Admin,
}

/// Runs the command that was asked for.
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
    let Interval(engine_interval) = options.engine_interval;
    if !options.demo {
        let config =
            Config { bind, database, public_url, cors_origins, limit_rates, engine_interval };
        return Ok(serve::run(config, |address| println!("listening on http://{address}"))?);
    }
    if !bind.ip().is_loopback() {
        bail!("--demo has a token that everybody knows: it listens on loopback only, not {bind}");
    }
    let database = Address::Sqlite(PathBuf::from("apportion-demo.db"));
    demo::fill(&database).context("the demo tenant could not be made")?;
    let config = Config { bind, database, public_url, cors_origins, limit_rates, engine_interval };
    serve::run(config, |address| {
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

/// An origin as browsers spell it.
fn origin(text: &str) -> Result<String, String> {
    let url = public_url(text).map_err(|_| "write it as https://HOST or http://HOST:PORT")?;
    let host = url.split_once("://").map_or("", |(_, host)| host);
    if host.contains('/') || url.chars().any(|letter| letter.is_ascii_uppercase()) {
        return Err("an origin has no path, not even '/', and no capitals".to_owned());
    }
    Ok(url)
}

fn public_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', '@', ' ']) => {
            Ok(text.to_owned())
        }
        _ => Err("write it as https://HOST or http://HOST".to_owned()),
    }
}
