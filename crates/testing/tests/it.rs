//! The runner and the cluster, tested by a suite of their own.

use std::path::Path;
use std::process::ExitCode;

use apportion_testing::{Backend, Suite};

mod databases {
    use super::{Backend, Path};
    use apportion_testing::Place;

    apportion_testing::cases! {
        start_as_copies_of_the_prepared_one,
        are_ones_own_to_change,
        come_with_a_directory;
        postgres: belong_to_a_role_that_row_level_security_binds;
        plain: backends_are_named_as_in_urls,
    }

    fn start_as_copies_of_the_prepared_one(place: &Place) {
        match place.cluster() {
            Some(cluster) => assert_eq!(cluster.query(&place.url, "SELECT n FROM prepared"), "7"),
            None => assert_eq!(std::fs::read(sqlite_file(place)).ok().as_deref(), Some(&b"7"[..])),
        }
    }

    fn are_ones_own_to_change(place: &Place) {
        match place.cluster() {
            Some(cluster) => {
                cluster.query(&place.url, "UPDATE prepared SET n = 8");
                let other = cluster.database("other case");
                assert_ne!(place.url, other);
                assert!(cluster.try_query(&other, "SELECT n FROM prepared").is_err());
                cluster.drop_database(&other);
                assert!(cluster.try_query(&other, "SELECT 1").is_err());
            }
            None => assert!(std::fs::write(sqlite_file(place), "8").is_ok()),
        }
    }

    fn belong_to_a_role_that_row_level_security_binds(place: &Place) {
        let Some(cluster) = place.cluster() else { return };
        let sql = "SELECT 1, usename, usesuper, usebypassrls FROM pg_user \
                   WHERE usename = current_user";
        assert_eq!(cluster.query(&place.url, sql), "1|apportion|f|f");
        assert_eq!(cluster.query(&place.url, "SHOW fsync"), "on");
        assert!(cluster.pid() > 1);
    }

    fn come_with_a_directory(place: &Place) {
        let database_is_inside = place.url.contains(&place.directory().display().to_string());
        assert_eq!(database_is_inside, place.backend == Backend::Sqlite);
        assert!(std::fs::write(place.directory().join("export.csv"), "").is_ok());
    }

    fn backends_are_named_as_in_urls() {
        assert_eq!(Backend::Sqlite.to_string(), "sqlite");
        assert_eq!(Backend::Postgres.to_string(), "postgres");
    }

    fn sqlite_file(place: &Place) -> &Path {
        Path::new(place.url.trim_start_matches("sqlite://"))
    }
}

mod clusters {
    use apportion_testing::{Cluster, Place};

    apportion_testing::cases! { postgres: stop_in_order_and_leave_nothing }

    fn stop_in_order_and_leave_nothing(_: &Place) {
        let cluster =
            Cluster::start_with(&["fsync=off"]).unwrap_or_else(|error| unreachable!("{error}"));
        assert_eq!(cluster.query(&cluster.admin_url(), "SHOW fsync"), "off");
        let directory = cluster.query(&cluster.admin_url(), "SHOW data_directory");
        assert!(std::fs::exists(&directory).is_ok_and(|exists| exists), "{directory}");
        cluster.stop();
        assert!(std::fs::exists(&directory).is_ok_and(|exists| !exists), "{directory}");
        assert!(cluster.try_query(&cluster.admin_url(), "SELECT 1").is_err());
    }
}

mod lengths {
    use apportion_testing::{is_whole, rounds, thinned};

    apportion_testing::cases! { plain: short_runs_take_a_tenth_and_at_least_one }

    fn short_runs_take_a_tenth_and_at_least_one() {
        for (full, tenth) in [(0, 0), (1, 1), (10, 1), (11, 2), (10_000, 1_000)] {
            let expected = if is_whole() { full } else { tenth };
            assert_eq!(rounds(full), expected);
            assert_eq!(thinned((0..full).collect()).len(), expected);
        }
        assert_eq!(thinned(vec!["first", "second"]).first(), Some(&"first"));
    }
}

/// Prepares a database without a driver: by psql on PostgreSQL, and on SQLite by a file, which need
/// not be a database.
fn prepare(url: &str) {
    let done = match url.strip_prefix("sqlite://") {
        Some(file) => std::fs::write(file, "7").is_ok(),
        None => std::process::Command::new("psql")
            .args(["-X", "-q", "-d", url, "-c", "CREATE TABLE prepared AS SELECT 7 AS n"])
            .status()
            .is_ok_and(|status| status.success()),
    };
    assert!(done, "{url} is not prepared");
}

fn main() -> ExitCode {
    let modules = [
        ("databases", databases::CASES),
        ("clusters", clusters::CASES),
        ("lengths", lengths::CASES),
    ];
    Suite::new(&modules).prepared(prepare).run()
}
