//! A small service for the tests: books and their authors. Its fields are plain words.

use apportion_jsonapi::resource::{Attribute, Relationship};
use apportion_jsonapi::{Declaration, Kind, Registry, Scalar};
use chrono::{NaiveDate, NaiveDateTime};

pub(crate) type Field = &'static str;

pub(crate) struct Book {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) price: i64,
    pub(crate) printed_on: Option<NaiveDate>,
    pub(crate) made_at: NaiveDateTime,
    pub(crate) author: Option<i64>,
}

pub(crate) struct Author {
    pub(crate) id: i64,
    pub(crate) name: String,
}

/// A price in cents.
const PRICE: Kind = Kind::Decimal { scale: 2, read: price };

fn price(text: &str) -> Result<i64, String> {
    let (whole, cents) = text.split_once('.').unwrap_or((text, "00"));
    let digits = format!("{whole}{cents:0<2}");
    digits.parse().map_err(|_| "must be a price".to_owned())
}

pub(crate) fn books() -> Declaration<Book, Field> {
    Declaration::new("books", (|book: &Book| book.id, "id"), |_| 1)
        .writable()
        .attribute(Attribute::new("title", Kind::Text).required().field("title"), |book| {
            Scalar::Text(&book.title)
        })
        .attribute(Attribute::new("price", PRICE).writable().field("price"), |book| {
            Scalar::Decimal { units: book.price, scale: 2 }
        })
        .attribute(
            Attribute::new("printed_on", Kind::Date).nullable().writable().field("printed_on"),
            |book| book.printed_on.into(),
        )
        .attribute(
            Attribute::new("binding", Kind::Enumeration(&["hard", "soft"])).field("binding"),
            |_| Scalar::Text("hard"),
        )
        .attribute(Attribute::new("tags", Kind::Json(r#"{"type": "array"}"#)).writable(), |_| {
            Scalar::Json("[]".into())
        })
        .attribute(Attribute::new("lent", Kind::Boolean).field("lent"), |_| Scalar::Boolean(false))
        .attribute(Attribute::new("made_at", Kind::Instant).on_request().field("made_at"), |book| {
            Scalar::Instant(book.made_at)
        })
        .to_one(Relationship::to_one("author", "authors").required().field("author_id"), |book| {
            book.author
        })
        .filter("author.name", Kind::Text, "author.name")
        .sort("author", "author.name")
}

pub(crate) fn authors() -> Declaration<Author, Field> {
    Declaration::new("authors", (|author: &Author| author.id, "id"), |_| 1)
        .attribute(Attribute::new("name", Kind::Text), |author| Scalar::Text(&author.name))
        .to_many(Relationship::to_many("books", "books", "author_id"))
}

pub(crate) fn registry() -> Registry<Field> {
    Registry::new(vec![books().resource().clone(), authors().resource().clone()])
}
