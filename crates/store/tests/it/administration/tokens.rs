//! Tokens: inserted for tenants and people that there are, found by their hash, used, listed and
//! revoked.

use apportion_store::token::{Missing, accepted, find, insert, list, record_use, revoke};
use apportion_store::{Error, OrganizationId, PersonId, Tenant};
use apportion_testing::Place;

use crate::support::rows::{insert_person, new_token};
use crate::support::{World, instant, texts};

apportion_testing::cases! {
    inserted_and_found, refused, revoked_once, used, listed, each_write_is_an_event,
    ended_by_others
}

fn inserted_and_found(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let person = insert_person(&mut Tenant::new(world.ours, &mut session), "P").unwrap();
    let new = new_token(world.ours.organization, Some(person), 1);
    let id = insert(&mut session, &new, instant(5)).unwrap().unwrap();
    let found = find(&mut session, &[1; 32]).unwrap().unwrap();
    assert_eq!((found.id, found.organization_id), (id, world.ours.organization));
    assert_eq!(found.person_id, Some(PersonId(person)));
    assert_eq!((found.hash.as_slice(), found.scope.as_str()), ([1; 32].as_slice(), "write"));
    assert_eq!((found.label.as_deref(), found.created_at), (Some("token 1"), instant(5)));
    let unset = (found.last_used_at, found.expires_at, found.revoked_at);
    assert_eq!(unset, (None, None, None));
    // The hash as a whole.
    let mut close = [1; 32];
    close[31] = 2;
    assert!(find(&mut session, &close).unwrap().is_none());
    assert!(find(&mut session, &[0; 32]).unwrap().is_none());
}

/// The end of a token comes nearer, and never goes away, by a tenant of its own only.
fn ended_by_others(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let mut new = new_token(world.ours.organization, None, 1);
    let lasting = insert(&mut session, &new, instant(0)).unwrap().unwrap();
    (new.hash, new.expires_at) = ([2; 32], Some(instant(100)));
    let passing = insert(&mut session, &new, instant(0)).unwrap().unwrap();
    let mut theirs = Tenant::new(world.theirs, &mut session);
    assert!(accepted(&mut theirs, lasting, instant(1)).unwrap().is_none());
    let mut ours = Tenant::new(world.ours, &mut session);
    let mut is_accepted =
        |id, at| accepted(&mut ours, id, instant(at)).unwrap().map(|row| row.expires_at).is_some();
    assert!(is_accepted(lasting, 1_000) && is_accepted(passing, 99) && !is_accepted(passing, 100));
    revoke(&mut session, lasting, instant(2)).unwrap();
    let mut ours = Tenant::new(world.ours, &mut session);
    assert!(accepted(&mut ours, lasting, instant(3)).unwrap().is_none());
}

fn refused(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let stranger = insert_person(&mut Tenant::new(world.theirs, &mut session), "P").unwrap();
    let ours = world.ours.organization;
    for (new, missing) in [
        (new_token(OrganizationId(99), None, 1), Missing::Organization),
        (new_token(OrganizationId(99), Some(stranger), 1), Missing::Organization),
        (new_token(ours, Some(99), 1), Missing::Person),
        (new_token(ours, Some(stranger), 1), Missing::Person),
    ] {
        assert_eq!(insert(&mut session, &new, instant(0)).unwrap(), Err(missing), "{new:?}");
    }
    assert!(list(&mut session, None).unwrap().is_empty());
    insert(&mut session, &new_token(ours, None, 1), instant(0)).unwrap().unwrap();
    let twice = new_token(world.theirs.organization, None, 1);
    let twice = insert(&mut session, &twice, instant(0));
    assert!(matches!(twice, Err(Error::Duplicate)), "{twice:?}");
    let mut odd = new_token(ours, None, 2);
    odd.scope = "owner";
    let odd = insert(&mut session, &odd, instant(0));
    assert!(matches!(odd, Err(Error::Query(_))), "{odd:?}");
    assert_eq!(list(&mut session, None).unwrap().len(), 1);
}

fn revoked_once(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let ids = [1, 2].map(|hash| {
        let new = new_token(world.ours.organization, None, hash);
        insert(&mut session, &new, instant(0)).unwrap().unwrap()
    });
    assert!(revoke(&mut session, ids[0], instant(10)).unwrap());
    assert!(revoke(&mut session, ids[0], instant(20)).unwrap(), "there is one of that id");
    assert!(!revoke(&mut session, 99.into(), instant(20)).unwrap());
    // It is found all the same: whether it counts is not the store's to say.
    let revoked = find(&mut session, &[1; 32]).unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(instant(10)), "since the first time");
    assert_eq!(find(&mut session, &[2; 32]).unwrap().unwrap().revoked_at, None);
}

fn used(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let ids = [1, 2].map(|hash| {
        let new = new_token(world.ours.organization, None, hash);
        insert(&mut session, &new, instant(0)).unwrap().unwrap()
    });
    for now in [10, 20] {
        record_use(&mut Tenant::new(world.ours, &mut session), ids[1], instant(now)).unwrap();
    }
    assert_eq!(find(&mut session, &[1; 32]).unwrap().unwrap().last_used_at, None);
    assert_eq!(find(&mut session, &[2; 32]).unwrap().unwrap().last_used_at, Some(instant(20)));
}

fn listed(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let (ours, theirs) = (world.ours.organization, world.theirs.organization);
    let mut ids = Vec::new();
    for (hash, organization) in [(1, theirs), (2, ours), (3, theirs)] {
        let new = new_token(organization, None, hash);
        ids.push(insert(&mut session, &new, instant(0)).unwrap().unwrap());
    }
    revoke(&mut session, ids[2], instant(0)).unwrap();
    for (organization, expected) in
        [(None, ids.clone()), (Some(ours), vec![ids[1]]), (Some(theirs), vec![ids[0], ids[2]])]
    {
        let listed = list(&mut session, organization).unwrap();
        assert_eq!(listed.iter().map(|token| token.id).collect::<Vec<_>>(), expected);
    }
    assert!(list(&mut session, Some(OrganizationId(99))).unwrap().is_empty());
}

/// The events belong to the tenant of the token. Using a token writes no event.
fn each_write_is_an_event(place: &Place) {
    let world = World::make(place);
    let mut session = world.session();
    let new = new_token(world.theirs.organization, None, 1);
    let id = insert(&mut session, &new, instant(0)).unwrap().unwrap();
    record_use(&mut Tenant::new(world.theirs, &mut session), id, instant(1)).unwrap();
    for now in [2, 3] {
        revoke(&mut session, id, instant(now)).unwrap();
    }
    let story = |session: &mut _, scope: apportion_store::Scope| {
        let query = "SELECT action || ' ' || subject_id || ' ' || version_after FROM events \
                     WHERE subject_type = 'tokens' AND organization_id = ";
        let query = format!("{query}{} ORDER BY id", scope.organization);
        texts(&mut Tenant::new(scope, session), &query)
    };
    let expected = [format!("create {id} 1"), format!("update {id} 2")];
    assert_eq!(story(&mut session, world.theirs), expected);
    assert!(story(&mut session, world.ours).is_empty());
}
