//! The faults of declarations: each is named, with its type and what would be right.

use apportion_jsonapi::resource::{Attribute, Relationship};
use apportion_jsonapi::{Declaration, Kind, Registry, Scalar};

use crate::library::registry;

type Type = Declaration<i64, &'static str>;

fn kind(name: &'static str) -> Type {
    Declaration::new(name, (|row: &i64| *row, "id"), |_| 1)
}

fn with(declaration: Type, name: &'static str) -> Type {
    declaration.attribute(Attribute::new(name, Kind::Text), |_| Scalar::Null)
}

fn faults(types: &[Type]) -> Vec<String> {
    Registry::new(types.iter().map(|it| it.resource().clone()).collect()).faults()
}

#[test]
fn good_ones_have_none() {
    assert_eq!(registry().faults(), [""; 0]);
    let good = with(with(with(kind("a-b_9"), "A"), "a1"), "links");
    let leads = good.to_one(Relationship::to_one("self", "a-b_9"), |_| None);
    assert_eq!(faults(&[leads]), [""; 0]);
}

#[test]
fn each_is_named() {
    let naming = "must begin and end with a letter or a digit, with '-' and '_' only between";
    let bad_names = ["", "-a", "a_", "a b", "a/b", "\u{e4}", "a.b", "a?"];
    for name in bad_names {
        assert_eq!(faults(&[kind(name)]), [format!("the type {name:?} {naming}")]);
        let said = format!("the type \"a\": the member {name:?} {naming}");
        assert_eq!(faults(&[with(kind("a"), name)]), [said]);
    }
    let cases: &[(&[Type], &str)] = &[
        (&[kind("a"), kind("a")], "two types have the name \"a\""),
        (
            &[with(kind("a"), "type")],
            "the type \"a\": no member may be called \"type\": every resource has that",
        ),
        (&[with(with(kind("a"), "x"), "x")], "the type \"a\": it has two members \"x\""),
        (
            &[with(kind("a"), "x").to_one(Relationship::to_one("x", "a"), |_| None)],
            "the type \"a\": it has two members \"x\"",
        ),
        (&[kind("a").filter("id", Kind::Id, "id")], "the type \"a\": it has two filters \"id\""),
        (&[kind("a").sort("id", "id")], "the type \"a\": it has two sorts \"id\""),
        (
            &[kind("a").filter("0", Kind::Id, "x")],
            "the type \"a\": no filter may be called \"0\": a name is no number and has no \
             brackets",
        ),
        (
            &[kind("a").to_one(Relationship::to_one("x", "b"), |_| None)],
            "the type \"a\": \"x\" leads to \"b\", which is no type; use one of: a",
        ),
        (
            &[
                kind("a").to_one(Relationship::to_one("x", "b"), |_| None),
                kind("b").restricted().to_one(Relationship::to_one("y", "b"), |_| None),
            ],
            "the type \"a\": \"x\" leads to \"b\", which is restricted: whoever may read the one \
             would read the other",
        ),
    ];
    for (types, said) in cases {
        assert_eq!(faults(types), [*said]);
    }
    // All of them at once.
    let two = with(with(kind("a"), "id"), "b c");
    assert_eq!(faults(&[two]).len(), 2);
}
