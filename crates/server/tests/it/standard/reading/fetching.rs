//! J45 to J48: GET of every address. Not here: queries.

use std::collections::BTreeSet;

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::support::refusal::complaints;
use crate::support::rows::sample::Sample;
use crate::support::standard::addresses::{Shows, addresses};
use crate::support::standard::document_parts::{href, members, several};
use crate::support::standard::every_answer::reads;
use crate::support::world::stored_types;
use apportion_testing::http::send;

apportion_testing::cases! {
    j45_every_link_answers,
    j46_success_is_200_with_what_the_address_stands_for,
    j47_a_missing_resource_is_404,
    j48_linkage_is_200_also_when_empty_and_404_without_its_parent,
}

fn j45_every_link_answers(place: &Place) {
    let sample = Sample::make(place);
    let mut targets = BTreeSet::new();
    for (_, answer) in reads(&sample.world) {
        let document = answer.json();
        let mut objects = Vec::new();
        members(&document, "links", &mut objects);
        let links = objects.iter().flat_map(|object| object.as_object().unwrap().values());
        targets.extend(links.filter_map(href).map(str::to_owned));
    }
    assert!(targets.len() > 150, "{}", targets.len());
    let origin = format!("http://{}", sample.world.address());
    for target in &targets {
        let path = target.strip_prefix(&origin).unwrap_or(target);
        let token = [("X-Auth-Token", sample.world.token_for(path))];
        let answer = send(sample.world.address(), "GET", path, &token, b"");
        assert_eq!(answer.status, 200, "{target}");
        // The link of a document to itself is its address.
        let own = answer.json()["links"]["self"].clone();
        let same = |own: &str| own.split('?').next() == path.split('?').next();
        let own = href(&own).map(|own| same(own.strip_prefix(&origin).unwrap_or(own)));
        assert_ne!(own, Some(false), "{target}");
    }
}

fn j46_success_is_200_with_what_the_address_stands_for(place: &Place) {
    let sample = Sample::make(place);
    for address in addresses(&sample.world) {
        let data = sample.world.get(&address.path).expect(200).json()["data"].clone();
        let fits = match address.shows {
            Shows::Collection | Shows::RelatedMany | Shows::LinkageMany => data.is_array(),
            Shows::Resource => data.is_object(),
            Shows::RelatedOne | Shows::LinkageOne => data.is_object() || data.is_null(),
        };
        assert!(fits, "{}: {data}", address.path);
        // A related resource is the one that the linkage names, as at its own address.
        if address.shows == Shows::RelatedOne {
            let (relationship, row) = address.of.as_ref().unwrap();
            let path = format!("{row}/relationships/{}", relationship.name);
            let linkage = sample.world.get(&path).expect(200).json()["data"].clone();
            assert_eq!((&data["type"], &data["id"]), (&linkage["type"], &linkage["id"]), "{path}");
            for identifier in several(&linkage) {
                let (kind, id) = (&identifier["type"], &identifier["id"]);
                let own = format!("/{}/{}", kind.as_str().unwrap(), id.as_str().unwrap());
                assert_eq!(sample.world.get(&own).expect(200).json()["data"], data, "{path}");
            }
        }
    }
}

fn j47_a_missing_resource_is_404(place: &Place) {
    let sample = Sample::make(place);
    for kind in stored_types() {
        for id in ["987654321", "0", "x", "-1", "01", "1.0", "9223372036854775808"] {
            let answer = sample.world.get(&format!("/{}/{id}", kind.name)).expect(404);
            assert_eq!(complaints(&answer), ["404"], "{}/{id}", kind.name);
            for relationship in &kind.relationships {
                let path = format!("/{}/{id}/{}", kind.name, relationship.name);
                assert_eq!(complaints(&sample.world.get(&path).expect(404)), ["404"], "{path}");
            }
        }
    }
    sample.world.get("/nothing").expect(404);
    sample.world.get("/nothing/1").expect(404);
}

fn j48_linkage_is_200_also_when_empty_and_404_without_its_parent(place: &Place) {
    let sample = Sample::make(place);
    let world = &sample.world;
    let mut empty = 0;
    for address in addresses(world).iter().filter(|address| !address.has_resources()) {
        let (relationship, row) = address.of.as_ref().unwrap();
        let linkage = world.get(&address.path).expect(200).json()["data"].clone();
        let shown = world.get(&format!("{row}?include={}", relationship.name)).expect(200).json();
        let within = &shown["data"]["relationships"][relationship.name]["data"];
        assert_eq!(linkage, *within, "{}", address.path);
        empty += usize::from(linkage.is_null());
        let kind = row.split('/').nth(1).unwrap();
        for lost in [
            format!("/{kind}/987654321/relationships/{}", relationship.name),
            format!("/{kind}/x/relationships/{}", relationship.name),
            format!("{row}/relationships/nothing"),
            format!("{row}/relationships"),
        ] {
            assert_eq!(complaints(&world.get(&lost).expect(404)), ["404"], "{lost}");
        }
    }
    assert!(empty > 0);
    let bare = format!("/deals/{}/relationships/revenue_distributions", world.deal("Bare", 1));
    let none: Value = world.get(&bare).expect(200).json()["data"].clone();
    assert_eq!(none, json!([]));
}
