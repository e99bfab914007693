//! A tenant's client of a running server: documents in, documents out.

use std::net::SocketAddr;

use apportion_testing::Place;
use serde_json::{Value, json};

use crate::program::run;
use apportion_testing::http::{Answer, send};

/// The media type of requests and answers.
pub const JSON_API: &str = "application/vnd.api+json";

/// A tenant: its organization, and a token that may write.
#[derive(Clone)]
pub struct Tenant {
    pub organization: String,
    pub token: String,
}

impl Tenant {
    /// Makes an organization in EUR and a token, by the commands that a person would use.
    #[track_caller]
    pub fn make(place: &Place, name: &str) -> Self {
        let create = ["organization", "create", "--name", name, "--currency", "EUR"];
        let organization = run(place, &create).ok().trim_end().to_owned();
        let create = ["token", "create", "--organization", &organization];
        let token = run(place, &create).ok().trim_end().to_owned();
        Self { organization, token }
    }

    /// Sends a request; `path` follows `/api/v2`.
    #[track_caller]
    pub fn request(&self, to: SocketAddr, method: &str, path: &str, body: &[u8]) -> Answer {
        let mut headers = vec![("X-Auth-Token", self.token.as_str())];
        if !body.is_empty() {
            headers.push(("Content-Type", JSON_API));
        }
        send(to, method, &format!("/api/v2{path}"), &headers, body)
    }

    /// A document that is there.
    #[track_caller]
    pub fn get(&self, to: SocketAddr, path: &str) -> Value {
        self.request(to, "GET", path, b"").expect(200).json()
    }

    /// Every row of a collection in order of id, and what the first page says their number is.
    #[track_caller]
    pub fn all(&self, to: SocketAddr, kind: &str) -> (Vec<Value>, i64) {
        let page = |number| {
            self.get(to, &format!("/{kind}?sort=id&page%5Bsize%5D=200&page%5Bnumber%5D={number}"))
        };
        let mut document = page(1);
        let total = document["meta"]["total_count"].as_i64().unwrap();
        let pages = document["meta"]["total_pages"].as_i64().unwrap();
        let mut rows = Vec::new();
        for number in 2..=pages + 1 {
            rows.append(document["data"].as_array_mut().unwrap());
            document = page(number);
        }
        assert_eq!(document["data"], json!([]), "a page past the end is empty");
        (rows, total)
    }
}

/// A request document; links are `(relationship, type, id)`.
pub fn document(kind: &str, attributes: Value, links: &[(&str, &str, &str)]) -> Vec<u8> {
    let relationships: serde_json::Map<String, Value> = links
        .iter()
        .map(|(name, kind, id)| ((*name).to_owned(), json!({"data": {"type": kind, "id": id}})))
        .collect();
    let data = json!({"type": kind, "attributes": attributes, "relationships": relationships});
    serde_json::to_vec(&json!({ "data": data })).unwrap()
}
