//! PgBouncer before PostgreSQL: in session mode it makes no difference, and in transaction mode a
//! version that does not keep prepared statements is refused, with the reason.

use apportion_store::{Address, Error, Session, Store};
use apportion_testing::pooler::Pooler;
use apportion_testing::{Place, suite};

use crate::support::requester::block_on;
use crate::support::rows::{deal_names, insert_deal};
use crate::support::{USUAL, World};

apportion_testing::cases! {
    ;
    postgres: in_session_mode, in_transaction_mode
}

/// Starts PgBouncer, and returns the address of the database behind it.
fn behind(place: &Place, mode: &str) -> (Pooler, Address) {
    let pooler = Pooler::pgbouncer(place.cluster().unwrap(), mode);
    let pooler = pooler.unwrap_or_else(|error| suite::lacks(error));
    let address = pooler.url(&place.url).parse().unwrap();
    (pooler, address)
}

fn in_session_mode(place: &Place) {
    let world = World::make(place);
    let (_pooler, address) = behind(place, "session");
    writes_and_reads(&Store::open(&address, USUAL).unwrap(), &world);
}

fn writes_and_reads(store: &Store, world: &World) {
    for at in 1..=20 {
        block_on(store.write(world.ours, |tenant| insert_deal(tenant, "D"))).unwrap();
        assert_eq!(block_on(store.read(world.ours, deal_names)).unwrap().len(), at);
        assert!(block_on(store.read(world.theirs, deal_names)).unwrap().is_empty());
    }
}

/// Debian 12 has 1.18; 1.21 keeps them.
fn in_transaction_mode(place: &Place) {
    let world = World::make(place);
    let (_pooler, address) = behind(place, "transaction");
    let store = Store::open(&address, USUAL);
    assert_eq!(Session::open_checked(&address).is_ok(), store.is_ok(), "a command as a server");
    match store {
        Ok(store) => writes_and_reads(&store, &world),
        Err(Error::Open { reason, .. }) => {
            assert!(reason.contains("PgBouncer 1.21 or later"), "{reason}");
        }
        Err(other) => panic!("{other}"),
    }
}
