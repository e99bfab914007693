//! The commit of an import, and what fails with it or after it: an error never says that nothing
//! was kept when something was.

use apportion_server::import::{ImportError, Options};
use apportion_testing::Place;

use super::{count, import};
use crate::support::world::World;

apportion_testing::cases! {
    postgres: what_fails_afterwards_is_no_error, a_commit_without_an_answer_is_said
}

const DEALS: [(&str, &str); 1] = [("deals", "name\nA\nB\n")];

/// Makes a trigger that runs a statement.
fn on_write(place: &Place, made: &str, run: &str) {
    let function = format!(
        "CREATE FUNCTION fails() RETURNS TRIGGER LANGUAGE plpgsql AS \
         $$ BEGIN {run}; RETURN NULL; END $$; {made} EXECUTE FUNCTION fails()"
    );
    place.cluster().unwrap().query(&place.url, &function);
}

/// The totals cannot be folded once the rows are in.
fn what_fails_afterwards_is_no_error(place: &Place) {
    let world = World::start(place);
    let made = "CREATE TRIGGER fails AFTER INSERT OR UPDATE ON row_counts FOR EACH STATEMENT";
    on_write(place, made, "RAISE EXCEPTION 'not now'");
    let done = import(&world, Options::default(), &DEALS).unwrap();
    assert_eq!(done[0].rows, 2);
    assert_eq!(count(&world, "deals"), 2);
}

fn a_commit_without_an_answer_is_said(place: &Place) {
    let world = World::start(place);
    let made = "CREATE CONSTRAINT TRIGGER fails AFTER INSERT ON deals \
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW";
    on_write(place, made, "PERFORM pg_terminate_backend(pg_backend_pid())");
    let error = import(&world, Options::default(), &DEALS).unwrap_err();
    assert!(matches!(error, ImportError::Unsure(_)), "{error}");
    // As the message says, the same files tell: here they were not kept.
    place.cluster().unwrap().query(&place.url, "DROP TRIGGER fails ON deals");
    import(&world, Options::default(), &DEALS).unwrap();
    assert_eq!(count(&world, "deals"), 2);
}
