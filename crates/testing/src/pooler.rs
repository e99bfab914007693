//! A pooler between a program and PostgreSQL, as it stands in many places: it gives a connection to
//! another client after each transaction or session. There are two: a proxy that makes a
//! session forget its settings after each transaction, as a pooler in transaction mode does, and
//! PgBouncer, if it is installed. The variable `POOLER` puts one before the cluster of a suite.

use std::env;
use std::io::{Read, Result, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::postgres::Cluster;
use crate::programs::Programs;

/// The environment variable that puts a pooler before the cluster of a suite: `resets`,
/// `session` or `transaction`.
pub(crate) const SWITCH: &str = "POOLER";

/// The environment variable that names the program of PgBouncer, if it is not where Debian has it.
const PROGRAM: &str = "PGBOUNCER";

/// The longest time that PgBouncer takes to start.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// A pooler before a server, as long as this is not dropped.
pub struct Pooler {
    port: u16,
    /// PgBouncer, and the directory with its files.
    process: Option<(Child, TempDir)>,
}

impl Pooler {
    /// Starts the pooler that the environment names, if it names one, before a server.
    pub(crate) fn named(
        programs: &Programs,
        server: u16,
    ) -> std::result::Result<Option<Self>, String> {
        let failed = |error: std::io::Error| format!("the pooler: {error}");
        match env::var(SWITCH).as_deref() {
            Err(_) | Ok("") => Ok(None),
            Ok("resets") => resets(server).map(Some).map_err(failed),
            Ok(mode @ ("session" | "transaction")) => pgbouncer(programs, server, mode).map(Some),
            Ok(other) => {
                panic!("{SWITCH} is {other:?}; it is `resets`, `session` or `transaction`")
            }
        }
    }

    /// Starts PgBouncer before a cluster, in the mode `session` or `transaction`.
    ///
    /// # Errors
    ///
    /// It is not installed, or does not start.
    pub fn pgbouncer(cluster: &Cluster, mode: &str) -> std::result::Result<Self, String> {
        pgbouncer(cluster.programs(), cluster.port(), mode)
    }

    /// Returns the URL by which a database of the cluster is reached through this.
    pub fn url(&self, url: &str) -> String {
        let (server, name) = url.rsplit_once('/').unwrap_or((url, ""));
        let (host, _) = server.rsplit_once(':').unwrap_or((server, ""));
        format!("{host}:{}/{name}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        if let Some((mut child, _)) = self.process.take() {
            drop(child.stdin.take());
            let _ = child.wait();
        }
    }
}

fn pgbouncer(programs: &Programs, server: u16, mode: &str) -> std::result::Result<Pooler, String> {
    let named = env::var_os(PROGRAM).map(PathBuf::from);
    let path = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer"];
    let program = named.or_else(|| path.iter().map(PathBuf::from).find(|path| path.is_file()));
    let program = program.ok_or("there is no pgbouncer (Debian: apt-get install pgbouncer)")?;
    let failed = |error: std::io::Error| format!("pgbouncer: {error}");
    let directory =
        tempfile::Builder::new().prefix("apportion-pooler-").tempdir().map_err(failed)?;
    let port =
        TcpListener::bind(("127.0.0.1", 0)).and_then(|it| it.local_addr()).map_err(failed)?;
    let port = port.port();
    let settings = format!(
        "[databases]\n* = host=127.0.0.1 port={server}\n[pgbouncer]\nlisten_addr = 127.0.0.1\n\
         listen_port = {port}\nunix_socket_dir =\nauth_type = trust\nauth_file = users\n\
         pool_mode = {mode}\nmax_client_conn = 500\ndefault_pool_size = 150\n\
         server_idle_timeout = 1\n"
    );
    let users = "\"apportion\" \"\"\n\"postgres\" \"\"\n";
    std::fs::write(directory.path().join("ini"), settings).map_err(failed)?;
    std::fs::write(directory.path().join("users"), users).map_err(failed)?;
    if let Some((user, group)) = programs.owner {
        std::os::unix::fs::chown(directory.path(), Some(user), Some(group)).map_err(failed)?;
    }
    let mut command = programs.command(Path::new("sh"), directory.path());
    command.args(["-c", include_str!("supervise.sh"), "apportion-pooler"]).arg(directory.path());
    command.arg(program).args(["-q", "ini"]);
    let child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let pooler = Pooler { port, process: Some((child.map_err(failed)?, directory)) };
    let began = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if began.elapsed() > START_TIMEOUT {
            return Err("pgbouncer does not listen".to_owned());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(pooler)
}

/// Starts a proxy that makes each session forget its settings after each transaction.
fn resets(server: u16) -> Result<Pooler> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || {
                let _ = serve(client, server);
            });
        }
    });
    Ok(Pooler { port, process: None })
}

/// The request for encryption, which is refused (PostgreSQL, "Message Formats", `SSLRequest`).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// `RESET ALL`, as a simple query.
const RESET: &[u8] = b"Q\0\0\0\x0eRESET ALL\0";

fn serve(mut client: TcpStream, server: u16) -> Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", server))?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let mut head = [0; 8];
    client.read_exact(&mut head)?;
    if head == SSL_REQUEST {
        client.write_all(b"N")?;
        client.read_exact(&mut head)?;
    }
    server.write_all(&head)?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    let done = answer(&mut client, &mut server);
    let _ = client.shutdown(Shutdown::Both);
    done
}

/// Hands on what the server says. Before it says that it is idle, its session is reset.
fn answer(client: &mut TcpStream, server: &mut TcpStream) -> Result<()> {
    let mut out = Vec::new();
    loop {
        let (kind, message) = read(server)?;
        out.extend_from_slice(&message);
        if kind == b'Z' {
            if message.last() == Some(&b'I') {
                server.write_all(RESET)?;
                while read(server)?.0 != b'Z' {}
            }
            client.write_all(&out)?;
            out.clear();
        } else if out.len() > 64 * 1024 || kind != b'D' {
            client.write_all(&out)?;
            out.clear();
        }
    }
}

/// Reads a message of the server, with its head, and returns its kind too.
fn read(server: &mut TcpStream) -> Result<(u8, Vec<u8>)> {
    let mut message = vec![0; 5];
    server.read_exact(&mut message)?;
    let length = message[1..].iter().fold(0, |length, byte| length * 256 + usize::from(*byte));
    message.resize(1 + length, 0);
    server.read_exact(&mut message[5..])?;
    Ok((message[0], message))
}
