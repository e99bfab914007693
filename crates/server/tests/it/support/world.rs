//! A server on a fresh database with two organizations: ours, and another whose rows must stay
//! hidden.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::LazyLock;

use apportion_core::organization::OrganizationDraft;
use apportion_jsonapi::ResourceType;
use apportion_server::Config;
use apportion_server::admin::{self, TokenDraft};
use apportion_server::catalog::Resources;
use apportion_server::resources::{self, registry};
use apportion_server::serve::{Running, ServerConfig};
use apportion_server::store::{Address, Field, OrganizationId, Scope, Session};
use apportion_testing::Place;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use apportion_testing::http::{Answer, send};

/// The media type of requests and answers.
pub const JSON_API: &str = "application/vnd.api+json";

/// A running server.
pub struct World {
    pub database: Address,
    pub running: Running,
    /// Our organization: `Acme`, EUR, id 1.
    pub organization: i64,
    /// The other organization: `Other`, EUR, id 2.
    pub other: i64,
    /// Tokens of our organization, named by their rights, and `stranger`, which may do everything
    /// in the other one.
    pub token: String,
    pub reader: String,
    pub admin: String,
    pub stranger: String,
}

/// Migrates a template and closes every connection to it.
pub fn migrate(url: &str) {
    Session::open(&url.parse().unwrap()).unwrap().migrate().unwrap();
}

impl World {
    /// Starts a server without rate limits.
    pub fn start(place: &Place) -> Self {
        Self::configured(place, |_| {})
    }

    /// Starts a server whose configuration is changed first.
    pub fn configured(place: &Place, change: impl FnOnce(&mut ServerConfig)) -> Self {
        Self::at(&place.url, change)
    }

    /// Starts a server on the database of that URL.
    pub fn at(url: &str, change: impl FnOnce(&mut ServerConfig)) -> Self {
        Self::serving(url, resources::own(), change)
    }

    /// Starts a server with these types on the database of that URL.
    pub fn serving(
        url: &str,
        types: Arc<Resources>,
        change: impl FnOnce(&mut ServerConfig),
    ) -> Self {
        let database: Address = url.parse().unwrap();
        let organization = make_organization(&database, "Acme");
        let other = make_organization(&database, "Other");
        let mint = |organization, scope| {
            let draft = TokenDraft { organization, person: None, scope, label: None };
            admin::create_token(&database, draft).unwrap().reveal().to_owned()
        };
        let (token, reader) = (mint(organization, "write"), mint(organization, "read"));
        let (admin, stranger) = (mint(organization, "admin"), mint(other, "admin"));
        let mut config = config(&database);
        change(&mut config);
        let running = Running::serving(config, &types).unwrap();
        Self { database, running, organization, other, token, reader, admin, stranger }
    }

    /// Stops the server and starts another on the same database.
    pub fn restart(&mut self) {
        self.running = Running::start(config(&self.database)).unwrap();
    }

    /// Starts another server on the same database.
    pub fn start_beside(&self) -> Running {
        Running::start(config(&self.database)).unwrap()
    }

    /// Returns the address at which the server listens.
    pub fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// Sends a request with the token that the address needs; `path` follows `/api/v2`.
    #[track_caller]
    pub fn request(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.request_as(self.token_for(path), method, path, body)
    }

    /// Returns the token that an address needs: ours, or the administrator's for a restricted type.
    pub fn token_for(&self, path: &str) -> &str {
        let restricted = |kind: &ResourceType<Field>| kind.restricted && path.contains(kind.name);
        if registry().types().iter().any(restricted) { &self.admin } else { &self.token }
    }

    /// Sends a request with a token.
    #[track_caller]
    pub fn request_as(
        &self,
        token: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Answer {
        let body = body.map(|body| serde_json::to_vec(body).unwrap()).unwrap_or_default();
        let mut headers = vec![("X-Auth-Token", token)];
        if !body.is_empty() {
            headers.push(("Content-Type", JSON_API));
        }
        send(self.address(), method, &format!("/api/v2{path}"), &headers, &body)
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.request("GET", path, None)
    }

    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.request("POST", path, Some(body))
    }

    #[track_caller]
    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.request("PATCH", path, Some(body))
    }

    #[track_caller]
    pub fn delete(&self, path: &str) -> Answer {
        self.request("DELETE", path, None)
    }

    /// Checks that every law of conservation holds.
    #[track_caller]
    pub fn check_laws(&self) {
        let broken = self.get("/checks?filter[result][not_eq]=pass").expect(200).json();
        assert_eq!(broken["data"], json!([]));
    }

    /// Makes a resource from attributes and `(relationship, type, id)` links; returns its id.
    #[track_caller]
    pub fn create(&self, kind: &str, attributes: Value, links: &[(&str, &str, &str)]) -> String {
        let answer = self.post(&format!("/{kind}"), &document(kind, attributes, links)).expect(201);
        answer.json()["data"]["id"].as_str().unwrap().to_owned()
    }

    /// Makes a deal in EUR; returns its id.
    #[track_caller]
    pub fn deal(&self, name: &str, value: i64) -> String {
        self.create("deals", json!({"name": name, "value": value}), &[])
    }

    /// Distributes a percentage of a deal over days; returns the distribution's id.
    #[track_caller]
    pub fn spread(&self, deal: &str, start_on: &str, end_on: &str, percent: &str) -> String {
        let attributes = json!({"start_on": start_on, "end_on": end_on, "amount_percent": percent});
        self.create("revenue_distributions", attributes, &[("deal", "deals", deal)])
    }
}

/// Returns the configuration of a server without rate limits and without an engine.
pub fn config(database: &Address) -> ServerConfig {
    let service = Config { limit_rates: false, ..Config::of(database.clone()) };
    let bind = SocketAddr::from(([127, 0, 0, 1], 0));
    ServerConfig { bind, metrics_bind: None, engine_interval: None, service }
}

/// Returns the types whose rows are stored, with decimal ids, without their relationships to
/// computed rows, which have tests of their own.
pub fn stored_types() -> impl Iterator<Item = &'static ResourceType<Field>> {
    static STORED: LazyLock<Vec<ResourceType<Field>>> = LazyLock::new(|| {
        let stored =
            registry().types().iter().filter(|kind| kind.ids.decimal && kind.addressed).cloned();
        let plain = |mut kind: ResourceType<Field>| {
            kind.relationships.retain(|relationship| !relationship.computed);
            kind
        };
        stored.map(plain).collect()
    });
    STORED.iter()
}

/// Returns a request document.
pub fn document(kind: &str, attributes: Value, links: &[(&str, &str, &str)]) -> Value {
    let relationships: serde_json::Map<String, Value> = links
        .iter()
        .map(|(name, kind, id)| ((*name).to_owned(), json!({"data": {"type": kind, "id": id}})))
        .collect();
    json!({"data": {"type": kind, "attributes": attributes, "relationships": relationships}})
}

/// Runs SQL as our organization.
#[track_caller]
pub fn run_sql(world: &World, sql: &str) {
    let mut session = Session::open(&world.database).unwrap();
    let scope = Scope::of(OrganizationId(world.organization));
    session.tenant(&scope).unwrap().batch_execute(sql).unwrap();
}

fn make_organization(database: &Address, name: &str) -> i64 {
    let draft = OrganizationDraft {
        name: name.to_owned(),
        currency: "EUR".to_owned(),
        time_zone: "UTC".to_owned(),
    };
    admin::create_organization(database, &draft).unwrap()
}
