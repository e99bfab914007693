//! JWTs of a provider, as Keycloak, Auth0 and Entra make them, against a mounted service: who gets
//! in, and who does not.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actix_web::http::header::AUTHORIZATION;
use actix_web::{App, test};
use apportion_core::organization::OrganizationDraft;
use apportion_server::store::Address;
use apportion_server::{Apportion, Authentication, Config, admin};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use jwt::{Keys, Provider};
use p256::elliptic_curve::Generate as _;
use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};
use serde_json::{Value, json};

const ISSUER: &str = "https://id.example/";
const AUDIENCE: &str = "https://books.example";
const ORGANIZATION: &str = "https://books.example/organization";

/// A key of the provider, with the id that its tokens name.
struct Key {
    id: &'static str,
    algorithm: Algorithm,
    private: EncodingKey,
    /// The public key as text, which is no secret.
    public: String,
}

impl Key {
    fn elliptic(id: &'static str) -> Self {
        let key = p256::SecretKey::generate();
        let private =
            EncodingKey::from_ec_pem(key.to_pkcs8_pem(LineEnding::LF).unwrap().as_bytes());
        let public = key.public_key().to_public_key_pem(LineEnding::LF).unwrap();
        Self { id, algorithm: Algorithm::ES256, private: private.unwrap(), public }
    }

    fn rsa(id: &'static str) -> Self {
        let key = rsa::PrivateKey::new(&mut rand::rng(), 2048).unwrap();
        let private =
            EncodingKey::from_rsa_pem(key.to_pkcs8_pem(LineEnding::LF).unwrap().as_bytes());
        let public = key.to_public_key().to_public_key_pem(LineEnding::LF).unwrap();
        Self { id, algorithm: Algorithm::RS256, private: private.unwrap(), public }
    }

    fn header(&self) -> Header {
        Header { kid: Some(self.id.to_owned()), ..Header::new(self.algorithm) }
    }

    fn sign(&self, claims: &Value) -> String {
        encode(&self.header(), claims, &self.private).unwrap()
    }

    /// The public key as providers publish it: with `use`, and with `alg` or, as Entra, without.
    fn published(&self, with_algorithm: bool) -> Value {
        let mut key = Jwk::from_encoding_key(&self.private, self.algorithm).unwrap();
        key.common.key_id = Some(self.id.to_owned());
        let mut key = serde_json::to_value(&key).unwrap();
        key["use"] = json!("sig");
        if !with_algorithm {
            key.as_object_mut().unwrap().remove("alg");
        }
        key
    }
}

fn publish(file: &Path, keys: &[Value]) {
    let set = json!({"keys": keys});
    serde_json::from_value::<JwkSet>(set.clone()).unwrap();
    // A file that takes the place of another, so that nobody reads half of one.
    let new = file.with_extension("new");
    fs::write(&new, set.to_string()).unwrap();
    fs::rename(new, file).unwrap();
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
}

/// Claims that get in, with those of `more` in their place.
fn claims(more: Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "aud": [AUDIENCE, "https://other.example"], "sub": "auth0|5f7c8e",
        "exp": now() + 300, "iat": now(), "scope": "openid apportion:write",
        ORGANIZATION: 1,
    });
    for (name, value) in more.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

fn open(directory: &Path, keys: Keys) -> Apportion {
    let file = directory.join("books.db");
    let database: Address = format!("sqlite://{}", file.display()).parse().unwrap();
    let draft = OrganizationDraft {
        name: "Acme".to_owned(),
        currency: "EUR".to_owned(),
        time_zone: "UTC".to_owned(),
    };
    admin::create_organization(&database, &draft).unwrap();
    let provider = Provider {
        issuer: ISSUER.to_owned(),
        audience: AUDIENCE.to_owned(),
        organization_claim: ORGANIZATION.to_owned(),
        person_claim: "person".to_owned(),
        keys,
    };
    let authentication = Authentication::by(provider);
    let config = Config { authentication, limit_rates: false, ..Config::of(database) };
    Apportion::open(&config).unwrap()
}

/// Asks for deals with a token; returns the status and the detail of the refusal.
macro_rules! ask {
    ($service:expr, $token:expr) => {{
        let request = test::TestRequest::get().uri("/money/api/v2/deals");
        let request = request.insert_header((AUTHORIZATION, format!("Bearer {}", $token)));
        let answer = test::call_service(&$service, request.to_request()).await;
        let status = answer.status().as_u16();
        let document: Value = test::read_body_json(answer).await;
        (status, document["errors"][0]["detail"].as_str().unwrap_or_default().to_owned())
    }};
}

#[actix_web::test]
async fn who_gets_in() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("jwks.json");
    let (old, new) = (Key::rsa("old"), Key::elliptic("new"));
    publish(&file, &[old.published(false)]);
    let apportion = open(directory.path(), Keys::of(&file));
    let service = test::init_service(App::new().service(apportion.scope("/money"))).await;
    let ok = (200, String::new());
    assert_eq!(ask!(service, old.sign(&claims(json!({})))), ok);
    // Keycloak has roles, Auth0 permissions, and an id may be a text.
    for more in [
        json!({"scope": "openid", "roles": ["apportion:read"]}),
        json!({"scope": null, "permissions": ["other", "apportion:admin"]}),
        json!({"aud": AUDIENCE, ORGANIZATION: "1"}),
    ] {
        assert_eq!(ask!(service, old.sign(&claims(more))), ok);
    }
    let refused = |status: u16, said: &str| (status, said.to_owned());
    for (more, status, said) in [
        (json!({"exp": now() - 3_600}), 401, "The token has expired"),
        (json!({"nbf": now() + 3_600}), 401, "The token is not valid yet"),
        (json!({"iss": "https://evil.example/"}), 401, "The token is of another issuer"),
        (json!({"aud": "https://other.example"}), 401, "The token is for another audience"),
        (json!({"exp": null}), 401, "The token lacks exp, iss, aud or sub"),
        (json!({"sub": null}), 401, "The token lacks exp, iss, aud or sub"),
        (json!({ORGANIZATION: null}), 403, "The token names no organization"),
        (json!({"scope": "openid"}), 403, "The token names no right"),
        (json!({ORGANIZATION: 2}), 403, "The organization 2 of whoever asks does not exist here"),
        (json!({"person": 9}), 403, "The person 9 of whoever asks does not exist here"),
    ] {
        assert_eq!(ask!(service, old.sign(&claims(more))), refused(status, said));
    }
    // The provider rotates its keys: the new one is known at once, and the old one is forgotten
    // within a second.
    let token = new.sign(&claims(json!({})));
    assert_eq!(ask!(service, token), refused(401, "The token is signed with an unknown key"));
    publish(&file, &[old.published(true), new.published(true)]);
    assert_eq!(ask!(service, token), ok);
    publish(&file, &[new.published(true)]);
    sleep(Duration::from_millis(1_100));
    let token = old.sign(&claims(json!({})));
    assert_eq!(ask!(service, token), refused(401, "The token is signed with an unknown key"));
    fs::remove_file(&file).unwrap();
    let said = "The keys of the identity provider cannot be read";
    assert_eq!(ask!(service, token), refused(503, said));
}

#[actix_web::test]
async fn forged_tokens() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("jwks.json");
    let keys = [Key::elliptic("a"), Key::elliptic("b")];
    publish(&file, &keys.each_ref().map(|key| key.published(true)));
    let apportion = open(directory.path(), Keys::of(&file));
    let service = test::init_service(App::new().service(apportion.scope("/money"))).await;
    let [first, second] = &keys;
    let good = first.sign(&claims(json!({})));
    assert_eq!(ask!(service, good).0, 200);
    let parts: Vec<&str> = good.split('.').collect();
    // Not signed: `{"alg":"none"}`, and the same with the id of a key.
    for head in ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJub25lIiwia2lkIjoiYSJ9"] {
        assert_eq!(ask!(service, format!("{head}.{}.", parts[1])).0, 401);
    }
    // The public key as if it were a secret that both sides know.
    let secret = EncodingKey::from_secret(first.public.as_bytes()).unwrap();
    let header = Header { kid: Some("a".to_owned()), ..Header::new(Algorithm::HS256) };
    let confused = encode(&header, &claims(json!({})), &secret).unwrap();
    assert_eq!(ask!(service, confused).0, 401);
    // The signature of another key, of another token, and none.
    let header = Header { kid: Some("b".to_owned()), ..first.header() };
    let other = encode(&header, &claims(json!({})), &first.private).unwrap();
    let richer = second.sign(&claims(json!({"scope": "apportion:admin"})));
    let richer: Vec<&str> = richer.split('.').collect();
    for token in [
        other,
        format!("{}.{}.{}", parts[0], richer[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        String::new(),
        "a.b.c".to_owned(),
    ] {
        assert_eq!(ask!(service, token).0, 401, "{token}");
    }
}
