//! The roles of PostgreSQL as docs/operations.md has them: the owner migrates, the server owns
//! nothing, and the backup reads all that there is.

use std::path::Path;
use std::process::{Command, Output};

use apportion_testing::http::send;
use apportion_testing::{Cluster, Place};
use serde_json::json;

use crate::client::{Tenant, document};
use crate::program::{Ended, Server, command_at, finish, run};

apportion_testing::cases! {
    postgres: a_server_owns_nothing, it_starts_when_nothing_is_to_migrate,
        rights_are_granted_again_after_an_upgrade, superusers_are_refused,
        some_roles_are_granted_nothing, dumps_have_everything, empty_dumps_are_found_out;
    sqlite: files_have_no_roles
}

fn cluster(place: &Place) -> &Cluster {
    place.cluster().unwrap()
}

/// Makes a role of this case, and returns its name and its URL of the database.
fn role(place: &Place, kind: &str, rights: &str) -> (String, String) {
    let database = place.url.rsplit_once('/').unwrap().1;
    let name = format!("{kind}_{database}");
    let create = format!("CREATE ROLE \"{name}\" LOGIN {rights}");
    cluster(place).query(&cluster(place).admin_url(), &create);
    let url = place.url.replace("apportion@", &format!("{name}@"));
    (name, url)
}

fn command_as(place: &Place, url: &str, arguments: &[&str]) -> Command {
    let mut command = command_at(place, arguments);
    command.env("APPORTION_DATABASE_URL", url);
    command
}

#[track_caller]
fn run_as(place: &Place, url: &str, arguments: &[&str]) -> Ended {
    finish(command_as(place, url, arguments))
}

#[track_caller]
fn serve_as(place: &Place, url: &str) -> Server {
    let arguments = ["serve", "--bind", "127.0.0.1:0", "--engine-interval", "1s"];
    Server::spawn(command_as(place, url, &arguments), &place.directory().join("server.log"))
}

fn a_server_owns_nothing(place: &Place) {
    let (name, url) = role(place, "Server", "");
    run(place, &["migrate", "--grant-to", &name]).ok();
    // Every command of a server works.
    let create = ["organization", "create", "--name", "Acme", "--currency", "EUR"];
    assert_eq!(run_as(place, &url, &create).ok(), "1\n");
    let create = ["token", "create", "--organization", "1", "--scope", "admin"];
    let token = run_as(place, &url, &create).ok().trim_end().to_owned();
    let tenant = Tenant { organization: "1".to_owned(), token };
    let server = serve_as(place, &url);
    let to = server.address();
    assert_eq!(send(to, "GET", "/health/ready", &[], b"").status, 200, "{}", server.log());
    let deal = document("deals", json!({"name": "D", "value": 100}), &[]);
    tenant.request(to, "POST", "/deals", &deal).expect(201);
    let change = br#"{"data": {"type": "deals", "id": "1", "attributes": {"name": "E"}}}"#;
    tenant.request(to, "PATCH", "/deals/1", change).expect(200);
    for list in ["/deals", "/events", "/checks", "/distributions", "/obligations"] {
        tenant.get(to, list);
    }
    tenant.request(to, "DELETE", "/deals/1", b"").expect(204);
    let rows: String = (1..=200).map(|at| format!("Deal {at},{at}00\n")).collect();
    std::fs::write(place.directory().join("deals.csv"), format!("name,value_minor\n{rows}"))
        .unwrap();
    run_as(place, &url, &["import", "--organization", "1", "deals.csv"]).ok();
    run_as(place, &url, &["tick"]).ok();
    run_as(place, &url, &["check"]).ok();
    run_as(place, &url, &["token", "list"]).ok();
    let (log, ended) = (server.log(), server.terminate());
    assert_eq!(ended.0, Some(0));
    assert!(!log.contains("permission denied") && !log.contains("WARN"), "{log}");
    // It cannot take down what separates tenants, nor what keeps events.
    let denied = [
        "ALTER TABLE deals DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE deals NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON deals",
        "CREATE POLICY all_rows ON deals USING (true)",
        "ALTER TABLE events DISABLE TRIGGER ALL",
        "SET ROLE apportion",
        "SET row_security = off; SELECT * FROM deals",
        "CREATE TABLE mine (id BIGINT)",
        "DROP TABLE deals",
        "TRUNCATE events",
        "UPDATE events SET action = 'delete'",
        "DELETE FROM events",
        "DELETE FROM __diesel_schema_migrations",
        "DELETE FROM migration_lock",
    ];
    for statement in denied {
        let done = cluster(place).try_query(&url, statement);
        assert!(done.is_err(), "{statement}: {done:?}");
    }
}

/// A server that may not change the schema says so, and whoever may has to.
fn it_starts_when_nothing_is_to_migrate(place: &Place) {
    let (name, url) = role(place, "server", "");
    let serve = ["serve", "--bind", "127.0.0.1:0"];
    let refusal = run_as(place, &url, &serve).refusal();
    assert!(refusal.contains("migrations are pending, which this role may not run"), "{refusal}");
    assert!(refusal.contains("run `apportion migrate` as the owner"), "{refusal}");
    run(place, &["migrate"]).ok();
    let ungranted = format!("role {name} may not use __diesel_schema_migrations: run");
    for arguments in [&serve[..], &["tick"], &["import", "--organization", "1", "deals.csv"]] {
        let refusal = run_as(place, &url, arguments).refusal();
        assert!(refusal.contains(&ungranted), "{refusal}");
    }
    run(place, &["migrate", "--grant-to", &name]).ok();
    serve_as(place, &url).terminate();
    // The schema of a later version is refused as ever.
    let later = "INSERT INTO __diesel_schema_migrations (version) VALUES ('99999999999999')";
    cluster(place).query(&place.url, later);
    assert!(run_as(place, &url, &serve).refusal().contains("which is newer than this program"));
}

/// A table that a step of the schema brings is granted by the same command.
fn rights_are_granted_again_after_an_upgrade(place: &Place) {
    let (one, url) = role(place, "one", "");
    let (other, _) = role(place, "other", "");
    let migrate = ["migrate", "--grant-to", &one, "--grant-to", &other];
    run(place, &migrate).ok();
    cluster(place)
        .query(&place.url, "CREATE TABLE brought (id BIGINT); GRANT ALL ON deals TO PUBLIC");
    let refusal = run_as(place, &url, &["tick"]).refusal();
    assert!(refusal.contains(&format!("role {one} may not use brought")), "{refusal}");
    // More than it needs is taken away.
    cluster(place).query(&place.url, &format!("GRANT ALL ON people TO {one}"));
    run(place, &migrate).ok();
    run_as(place, &url, &["tick"]).ok();
    for role in [&one, &other] {
        let rights = format!(
            "SELECT has_table_privilege('{role}', 'brought', 'DELETE'), \
             has_table_privilege('{role}', 'people', 'TRUNCATE')"
        );
        assert_eq!(cluster(place).query(&place.url, &rights), "t|f");
    }
}

fn superusers_are_refused(place: &Place) {
    run(place, &["migrate"]).ok();
    let import = ["import", "--organization", "1", "deals.csv"];
    let serve = ["serve", "--bind", "127.0.0.1:0"];
    for rights in ["SUPERUSER", "BYPASSRLS"] {
        let (name, url) = role(place, &rights.to_lowercase(), rights);
        let grant = format!("GRANT apportion TO {name}");
        cluster(place).query(&cluster(place).admin_url(), &grant);
        for arguments in [&serve[..], &["tick"], &import] {
            let refusal = run_as(place, &url, arguments).refusal();
            let said = format!("apportion: role {name} is a superuser or has BYPASSRLS");
            assert!(refusal.starts_with(&said), "{refusal}");
            assert!(
                refusal.contains("--grant-to") && refusal.contains("--allow-superuser"),
                "{refusal}"
            );
        }
        run_as(place, &url, &["tick", "--allow-superuser"]).ok();
        let mut allowed = command_as(place, &url, &["tick"]);
        allowed.env("APPORTION_ALLOW_SUPERUSER", "true");
        finish(allowed).ok();
        let mut allowed = command_as(place, &url, &[&serve[..], &["--allow-superuser"]].concat());
        allowed.env("APPORTION_ENGINE_INTERVAL", "off");
        Server::spawn(allowed, &place.directory().join("server.log")).terminate();
        // Whoever administers is not held up.
        run_as(place, &url, &["token", "list"]).ok();
    }
}

fn some_roles_are_granted_nothing(place: &Place) {
    let (member, _) = role(place, "member", "IN ROLE apportion");
    let (unbound, _) = role(place, "unbound", "BYPASSRLS");
    let cases = [
        ("nobody\"; DROP TABLE deals; --", "there is no role nobody"),
        ("apportion", "role apportion may act as the owner of the tables"),
        (&member, "may act as the owner of the tables"),
        (&unbound, "is a superuser or has BYPASSRLS"),
        ("postgres", "role postgres is a superuser or has BYPASSRLS"),
    ];
    for (name, said) in cases {
        let ended = run(place, &["migrate", "--grant-to", name]);
        assert_eq!(ended.code, Some(1), "{name}");
        assert!(ended.stderr.contains(said), "{name}: {}", ended.stderr);
    }
    run(place, &["check"]).refusal();
}

fn files_have_no_roles(place: &Place) {
    let refusal = run(place, &["migrate", "--grant-to", "server"]).refusal();
    assert!(refusal.contains("SQLite has no roles"), "{refusal}");
}

/// Runs a program of PostgreSQL on a database.
fn program(place: &Place, name: &str, url: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(cluster(place).program(name));
    command.arg("--dbname").arg(url).args(arguments).output().unwrap()
}

/// Makes an organization with rows.
fn filled(place: &Place) -> Tenant {
    let tenant = Tenant::make(place, "Acme");
    let server = Server::start(place);
    for at in 0..20 {
        let deal = document("deals", json!({"name": format!("D {at}"), "value": 100}), &[]);
        tenant.request(server.address(), "POST", "/deals", &deal).expect(201);
    }
    server.terminate();
    tenant
}

/// Restores a dump into an empty database as its owner, by the documented command.
fn restored(place: &Place, dump: &Path) -> String {
    let fresh = cluster(place).database("restored");
    let arguments = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction"];
    let arguments = [&arguments[..], &[dump.to_str().unwrap()]].concat();
    let restored = program(place, "pg_restore", &fresh, &arguments);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    fresh
}

fn dumps_have_everything(place: &Place) {
    let tenant = filled(place);
    let (name, url) = role(place, "backup", "BYPASSRLS");
    let grant = format!("GRANT pg_read_all_data TO {name}");
    cluster(place).query(&cluster(place).admin_url(), &grant);
    let dump = place.directory().join("apportion.dump");
    // A server goes on writing.
    let server = Server::start(place);
    let file = ["--format=custom", "--file", dump.to_str().unwrap()];
    let dumped = program(place, "pg_dump", &url, &file);
    assert!(dumped.status.success(), "{}", String::from_utf8_lossy(&dumped.stderr));
    server.terminate();
    // It cannot write.
    assert!(cluster(place).try_query(&url, "DELETE FROM deals").is_err());
    let fresh = restored(place, &dump);
    run_as(place, &fresh, &["check"]).ok();
    let (server_role, _) = role(place, "server", "");
    run_as(place, &fresh, &["migrate", "--grant-to", &server_role]).ok();
    let server_url = fresh.replace("apportion@", &format!("{server_role}@"));
    let server = serve_as(place, &server_url);
    assert_eq!(tenant.all(server.address(), "deals").1, 20);
    // Ids go on.
    let deal = document("deals", json!({"name": "next", "value": 100}), &[]);
    tenant.request(server.address(), "POST", "/deals", &deal).expect(201);
    server.terminate();
    let rows = "SELECT count(*) FROM pg_policies";
    assert_eq!(cluster(place).query(&fresh, rows), cluster(place).query(&place.url, rows));
    cluster(place).drop_database(&fresh);
}

/// The owner is held to row-level security, so that its dump fails; with the option that PostgreSQL
/// names it succeeds and has no rows, which a check of the restored database tells.
fn empty_dumps_are_found_out(place: &Place) {
    filled(place);
    let dump = place.directory().join("apportion.dump");
    let file = ["--format=custom", "--file", dump.to_str().unwrap()];
    assert!(!program(place, "pg_dump", &place.url, &file).status.success());
    let empty = [&file[..], &["--enable-row-security"]].concat();
    assert!(program(place, "pg_dump", &place.url, &empty).status.success());
    let fresh = restored(place, &dump);
    let refusal = run_as(place, &fresh, &["check"]).refusal();
    assert!(refusal.contains("there is no organization in the database"), "{refusal}");
    cluster(place).drop_database(&fresh);
}
