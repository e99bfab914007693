//! Complete documents: pages, included resources, fieldsets.

use apportion_jsonapi::DeclaredRows;
use apportion_jsonapi::Query;
use apportion_jsonapi::document::{Compound, Document, Links, PageEnd};
use apportion_jsonapi::query::{Allowed, NumberedPage, QueryOptions};
use serde_json::{Value, json};

use crate::library::{Author, Book, authors, books, registry};

fn book(id: i64, author: Option<i64>) -> Book {
    Book {
        id,
        title: format!("Book {id}"),
        price: 999,
        printed_on: None,
        made_at: "2025-01-01T00:00:00".parse().unwrap(),
        author,
    }
}

/// Writes the first page of three books, the third of which has no author.
fn page(query: &str, included: bool) -> Value {
    let registry = registry();
    let (books, authors) = (books(), authors());
    let query = Query::parse(
        query,
        &registry,
        books.resource(),
        &QueryOptions { allowed: Allowed::Collection, foreign: &[], walks: false, linkage: None },
    )
    .unwrap();
    let rows = vec![book(1, Some(7)), book(2, Some(7)), book(3, None)];
    let rows = DeclaredRows { declaration: &books, rows };
    let authors: &'static _ = Box::leak(Box::new(authors));
    let mut compound = Compound::default();
    if included {
        compound.mark_primary(0, &rows);
        for id in 1..=3 {
            compound.mark_followed(0, id, 0, None);
        }
        let ada = || vec![Author { id: 7, name: "Ada".to_owned() }];
        compound.add(1, std::rc::Rc::new(DeclaredRows { declaration: authors, rows: ada() }));
        compound.add(1, std::rc::Rc::new(DeclaredRows { declaration: authors, rows: ada() }));
    }
    let links =
        Links { address: "http://host/books".to_owned(), parameters: query.parameters.clone() };
    let document = Document {
        registry: &registry,
        root: "",
        fields: &query.fields,
        compound: included.then_some(&compound),
    };
    let page = PageEnd::numbered(&links, NumberedPage { number: 1, size: 3 }, 7);
    serde_json::from_slice(&document.collection((0, &rows), &page)).unwrap()
}

#[test]
fn a_page() {
    let page = page("filter[title][contains]=B%26k&page[size]=3", false);
    assert_eq!(
        page["data"][0],
        json!({
            "id": "1",
            "type": "books",
            "attributes": {
                "title": "Book 1", "price": "9.99", "printed_on": null, "binding": "hard", "lent": false,
                "tags": []
            },
            "relationships": {"author": {
                "links": {"self": "/books/1/relationships/author", "related": "/books/1/author"},
                "meta": {"included": false},
                "data": {"type": "authors", "id": "7"},
            }},
            "links": {"self": "/books/1"},
        })
    );
    assert_eq!(page["data"][2]["relationships"]["author"]["data"], Value::Null);
    let at = |number| {
        format!(
            "http://host/books?filter%5Btitle%5D%5Bcontains%5D=B%26k&page%5Bnumber%5D={number}&page%5Bsize%5D=3"
        )
    };
    let links = json!({
        "self": at(1), "first": at(1), "last": at(3), "prev": null, "next": at(2),
        "describedby": "/openapi.json",
    });
    assert_eq!(page["links"], links);
    assert_eq!(
        page["meta"],
        json!({
            "current_page": 1, "total_pages": 3, "total_count": 7, "page_size": 3, "max_page_size": 200
        })
    );
    assert_eq!(page["jsonapi"], json!({"version": "1.1"}));
    assert!(page.get("included").is_none());
}

#[test]
fn included_once_however_often_reached() {
    let page = page("include=author", true);
    let included = page["included"].as_array().unwrap();
    assert_eq!(included.len(), 1);
    assert_eq!(included[0]["id"], "7");
    assert!(page["data"][0]["relationships"]["author"].get("meta").is_none());
}

#[test]
fn fieldsets_restrict_both_families() {
    let page = page("fields[books]=made_at", false);
    assert_eq!(page["data"][0]["attributes"], json!({"made_at": "2025-01-01T00:00:00.000Z"}));
    assert_eq!(page["data"][0]["relationships"], json!({}));
}
