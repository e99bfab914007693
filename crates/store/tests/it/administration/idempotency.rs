//! Keys of requests: the first claim is to be answered, the same request again gets that answer,
//! another request with the key is refused, and an answer is kept for its lifetime.

use apportion_store::idempotency::{
    Answer, Claim, LIFETIME, PURGED_AT_ONCE, claim, purge, save_answer,
};
use apportion_store::{Error, Tenant};
use apportion_testing::{Backend, Place};
use chrono::TimeDelta;

use crate::support::requester::{answers, block_on, enqueue};
use crate::support::rows::{deal_names, insert_deal, keyed_request};
use crate::support::{World, count, instant};

apportion_testing::cases! {
    first_then_answered, another_request, before_it_is_answered, undone_with_the_effect, expiry,
    expired_answers_of_all_are_purged, one_of_many_at_once;
    postgres: a_claim_beside_another
}

fn answer() -> Answer {
    Answer {
        status: Some(201),
        location: Some("/deals/7".to_owned()),
        etag: None,
        body: Some(vec![0, 159, 146, 150]),
    }
}

fn first_then_answered(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut ours = Tenant::new(world.ours, &mut session);
    let request = keyed_request("key", 1);
    let done = ours.transaction(|tenant| {
        assert_eq!(claim(tenant, &request, instant(0))?, Claim::First);
        save_answer(tenant, &request, &answer())
    });
    done.unwrap();
    for later in [0, 1, 60_000] {
        let known = claim(&mut ours, &request, instant(later)).unwrap();
        assert_eq!(known, Claim::Answered(answer()));
    }
    assert_eq!(count(&mut ours, "idempotency_keys"), 1);
}

/// All that makes it this request: the tenant, method, path and key find it, and the hash is of
/// the rest.
fn another_request(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut ours = Tenant::new(world.ours, &mut session);
    let request = keyed_request("key", 1);
    assert_eq!(claim(&mut ours, &request, instant(0)).unwrap(), Claim::First);
    save_answer(&mut ours, &request, &answer()).unwrap();
    let other = keyed_request("key", 2);
    assert_eq!(claim(&mut ours, &other, instant(0)).unwrap(), Claim::Other);
    let mut changed = [request.clone(), request.clone(), request.clone()];
    changed[0].key = "KEY".to_owned();
    changed[1].path = "/people".to_owned();
    changed[2].method = "PATCH".to_owned();
    for changed in changed {
        assert_eq!(claim(&mut ours, &changed, instant(0)).unwrap(), Claim::First, "{changed:?}");
    }
    let mut theirs = Tenant::new(world.theirs, &mut session);
    assert_eq!(claim(&mut theirs, &request, instant(0)).unwrap(), Claim::First);
    let nothing = Answer { status: None, location: None, etag: None, body: None };
    let known = claim(&mut theirs, &request, instant(0)).unwrap();
    assert_eq!(known, Claim::Answered(nothing), "not the answer of the other tenant");
}

/// Within its own transaction, which is the only one to see it.
fn before_it_is_answered(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut ours = Tenant::new(world.ours, &mut session);
    let request = keyed_request("key", 1);
    let done = ours.transaction(|tenant| {
        assert_eq!(claim(tenant, &request, instant(0))?, Claim::First);
        let nothing = Answer { status: None, location: None, etag: None, body: None };
        assert_eq!(claim(tenant, &request, instant(0))?, Claim::Answered(nothing));
        Ok::<_, Error>(())
    });
    done.unwrap();
}

fn undone_with_the_effect(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut ours = Tenant::new(world.ours, &mut session);
    let request = keyed_request("key", 1);
    for _ in 0..2 {
        let undone = ours.transaction(|tenant| {
            assert_eq!(claim(tenant, &request, instant(0))?, Claim::First);
            save_answer(tenant, &request, &answer())?;
            Err::<(), _>(Error::Duplicate)
        });
        assert!(matches!(undone, Err(Error::Duplicate)));
    }
    assert_eq!(count(&mut ours, "idempotency_keys"), 0);
}

fn expiry(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut ours = Tenant::new(world.ours, &mut session);
    assert_eq!(LIFETIME, TimeDelta::hours(24));
    let kept = LIFETIME.num_milliseconds();
    let request = keyed_request("key", 1);
    assert_eq!(claim(&mut ours, &request, instant(0)).unwrap(), Claim::First);
    save_answer(&mut ours, &request, &answer()).unwrap();
    let known = claim(&mut ours, &request, instant(kept)).unwrap();
    assert_eq!(known, Claim::Answered(answer()), "to the last millisecond");
    // From then on the key is free again, for any request.
    let other = keyed_request("key", 2);
    assert_eq!(claim(&mut ours, &other, instant(kept + 1)).unwrap(), Claim::First);
    assert_eq!(claim(&mut ours, &request, instant(kept + 1)).unwrap(), Claim::Other);
    assert_eq!(count(&mut ours, "idempotency_keys"), 1);
}

/// The oldest first, of whichever tenant, and not all at once.
fn expired_answers_of_all_are_purged(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let many = PURGED_AT_ONCE as i64;
    for (scope, from) in [(world.theirs, 0), (world.ours, many)] {
        let mut tenant = Tenant::new(scope, &mut session);
        for at in from..from + many {
            claim(&mut tenant, &keyed_request(&at.to_string(), 1), instant(at)).unwrap();
        }
    }
    let later = instant(LIFETIME.num_milliseconds() + 2 * many - 1);
    let mut purge = || session.transaction(|session| purge(session, later)).unwrap();
    assert_eq!([purge(), purge(), purge()], [PURGED_AT_ONCE, PURGED_AT_ONCE - 1, 0]);
    assert_eq!(count(&mut Tenant::new(world.theirs, &mut session), "idempotency_keys"), 0);
    assert_eq!(count(&mut Tenant::new(world.ours, &mut session), "idempotency_keys"), 1);
}

/// The first claim has the effect, and all others get its answer, or learn that it is being made.
fn one_of_many_at_once(place: &Place) {
    let world = World::make(place);
    let store = world.store();
    block_on(async {
        let mut requests = Vec::new();
        for _ in 0..16 {
            let work = |tenant: &mut Tenant<'_>| {
                let request = keyed_request("key", 1);
                let known = claim(tenant, &request, instant(0))?;
                if known == Claim::First {
                    insert_deal(tenant, "D")?;
                    save_answer(tenant, &request, &answer())?;
                }
                Ok::<_, Error>(known)
            };
            requests.push(enqueue(store.write(world.ours, work)).await);
        }
        let claims = answers(requests).await;
        let claims: Vec<Claim> = claims.into_iter().map(Result::unwrap).collect();
        assert_eq!(claims.iter().filter(|claim| **claim == Claim::First).count(), 1);
        let others = [Claim::Answered(answer()), Claim::Running];
        assert_eq!(claims.iter().filter(|claim| others.contains(claim)).count(), 15);
        assert!(place.backend == Backend::Postgres || !claims.contains(&Claim::Running));
    });
    let mut session = world.session();
    assert_eq!(deal_names(&mut Tenant::new(world.ours, &mut session)).unwrap(), ["D"]);
}

/// A claim is answered at once while another transaction has the key: it waits neither for its end
/// nor for a time-out. After the end it is answered by what the other has left.
fn a_claim_beside_another(place: &Place) {
    let world = World::make(place);
    assert_eq!(place.backend, Backend::Postgres);
    for kept in [true, false] {
        let request = keyed_request(if kept { "kept" } else { "undone" }, 1);
        let (mut session, mut other) = (world.session(), world.session());
        let mut second = || {
            let mut tenant = Tenant::new(world.ours, &mut other);
            tenant.transaction(|tenant| claim(tenant, &request, instant(0))).unwrap()
        };
        let first = Tenant::new(world.ours, &mut session).transaction(|tenant| {
            assert_eq!(claim(tenant, &request, instant(0))?, Claim::First);
            for _ in 0..3 {
                assert_eq!(second(), Claim::Running);
            }
            save_answer(tenant, &request, &answer())?;
            assert_eq!(second(), Claim::Running);
            if kept { Ok(()) } else { Err(Error::Duplicate) }
        });
        assert_eq!(first.is_ok(), kept);
        let expected = if kept { Claim::Answered(answer()) } else { Claim::First };
        assert_eq!(second(), expected);
    }
    // Keys of another tenant, method, path or name are others.
    let (mut session, mut other) = (world.session(), world.session());
    let request = keyed_request("key", 1);
    let mut ours = Tenant::new(world.ours, &mut session);
    let done = ours.transaction(|tenant| {
        assert_eq!(claim(tenant, &request, instant(0))?, Claim::First);
        let mut others = [request.clone(), request.clone(), request.clone()];
        others[0].key = "KEY".to_owned();
        others[1].path = "/people".to_owned();
        others[2].method = "PATCH".to_owned();
        for changed in others {
            let mut ours = Tenant::new(world.ours, &mut other);
            assert_eq!(claim(&mut ours, &changed, instant(0))?, Claim::First, "{changed:?}");
        }
        let mut theirs = Tenant::new(world.theirs, &mut other);
        assert_eq!(claim(&mut theirs, &request, instant(0))?, Claim::First);
        Ok::<_, Error>(())
    });
    done.unwrap();
}
