//! Lets the people of an identity provider into a mounted service by their JWTs. Signature, issuer,
//! audience and times are checked; claims say the organization, the right and the person.
//!
//! The algorithm follows from the key in the provider's set, never from the token: so a token that
//! is not signed (`alg: none`), or signed with a public key as if that were a secret, is refused.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::dev::RequestHead;
use actix_web::http::header::AUTHORIZATION;
use apportion_server::{Authenticator, Identity, Refusal, Right};
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Map, Value};

/// An identity provider, as far as this program believes it.
pub struct Provider {
    /// The claim `iss` of its tokens, such as `https://example.eu.auth0.com/`.
    pub issuer: String,
    /// The claim `aud` that tokens for this program have.
    pub audience: String,
    /// The claim with the id of the organization, such as `https://example.com/organization`.
    pub organization_claim: String,
    /// The claim with the id of the person; whoever has none acts as nobody in particular.
    pub person_claim: String,
    /// The keys of the provider.
    pub keys: Keys,
}

/// A file with a set of keys (JWKS, RFC 7517), which another program keeps up to date. It is read
/// again after a second, and for a key that is not known, so that the provider may rotate its keys.
pub struct Keys {
    file: PathBuf,
    read: Mutex<Option<(Instant, JwkSet)>>,
}

impl Keys {
    /// Names the file, which is read at the first request.
    pub fn of(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into(), read: Mutex::new(None) }
    }

    /// Returns the key with this id, or the only one if a token names none.
    fn find(&self, id: Option<&str>) -> std::io::Result<Option<Jwk>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = read.as_ref().filter(|(at, _)| at.elapsed() < Duration::from_secs(1));
        if let Some(key) = fresh.and_then(|(_, set)| pick(set, id)) {
            return Ok(Some(key));
        }
        let set = serde_json::from_slice(&std::fs::read(&self.file)?)?;
        Ok(pick(&read.insert((Instant::now(), set)).1, id))
    }
}

fn pick(set: &JwkSet, id: Option<&str>) -> Option<Jwk> {
    let key = match (id, set.keys.as_slice()) {
        (Some(id), keys) => keys.iter().find(|key| key.common.key_id.as_deref() == Some(id)),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    key.cloned()
}

impl Authenticator for Provider {
    async fn authenticate(&self, request: &RequestHead) -> Result<Identity, Refusal> {
        let token = bearer(request).ok_or_else(|| unknown("Send 'Authorization: Bearer JWT'"))?;
        let head = decode_header(token).map_err(|_| unknown("The token is no signed JWT"))?;
        let key = self.keys.find(head.kid.as_deref()).map_err(|error| {
            eprintln!("the keys of the identity provider cannot be read: {error}");
            Refusal::Unavailable("The keys of the identity provider cannot be read".to_owned())
        })?;
        let key = key.ok_or_else(|| unknown("The token is signed with an unknown key"))?;
        let algorithm = algorithm(&key).ok_or_else(|| unknown("The key signs no tokens"))?;
        let claims = self.claims(token, &key, algorithm)?;
        self.identity(&claims)
    }
}

impl Provider {
    fn claims(
        &self,
        token: &str,
        key: &Jwk,
        algorithm: Algorithm,
    ) -> Result<Map<String, Value>, Refusal> {
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[&self.issuer]);
        validation.set_audience(&[&self.audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.validate_nbf = true;
        let key = DecodingKey::from_jwk(key).map_err(|_| unknown("The key signs no tokens"))?;
        let decoded = decode::<Map<String, Value>>(token, &key, &validation);
        decoded.map(|decoded| decoded.claims).map_err(|error| {
            unknown(match error.kind() {
                ErrorKind::ExpiredSignature => "The token has expired",
                ErrorKind::ImmatureSignature => "The token is not valid yet",
                ErrorKind::InvalidIssuer => "The token is of another issuer",
                ErrorKind::InvalidAudience => "The token is for another audience",
                ErrorKind::MissingRequiredClaim(_) => "The token lacks exp, iss, aud or sub",
                _ => "The signature of the token is wrong",
            })
        })
    }

    /// Maps claims to an identity. A right is a word of `scope`, or an element of `roles` or
    /// `permissions`: `apportion:read`, `apportion:write` or `apportion:admin`.
    fn identity(&self, claims: &Map<String, Value>) -> Result<Identity, Refusal> {
        let denied = |what: &str| Refusal::Denied(format!("The token names no {what}"));
        let organization = claims.get(&self.organization_claim).and_then(id);
        let organization = organization.ok_or_else(|| denied("organization"))?;
        let scopes = claims.get("scope").and_then(Value::as_str).unwrap_or_default();
        let lists =
            ["roles", "permissions"].iter().filter_map(|name| claims.get(*name)?.as_array());
        let words = lists.flatten().filter_map(Value::as_str).chain(scopes.split(' '));
        let rights = words.filter_map(|word| match word.strip_prefix("apportion:")? {
            "admin" => Some(Right::Admin),
            "write" => Some(Right::Write),
            "read" => Some(Right::Read),
            _ => None,
        });
        Ok(Identity {
            organization: organization.into(),
            person: claims.get(&self.person_claim).and_then(id).map(Into::into),
            right: rights.max().ok_or_else(|| denied("right"))?,
            actor: claims.get("sub").and_then(Value::as_str).unwrap_or_default().to_owned(),
        })
    }
}

fn unknown(why: &str) -> Refusal {
    Refusal::Unauthenticated(why.to_owned())
}

fn bearer(request: &RequestHead) -> Option<&str> {
    let (scheme, token) = request.headers().get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn id(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// Returns the algorithm that a key signs with: the one that it names, or the usual one of its
/// kind. A secret that both sides know is no key of a provider.
fn algorithm(key: &Jwk) -> Option<Algorithm> {
    if !matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
        return None;
    }
    let usual = match &key.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) => match curve.curve {
            EllipticCurve::P256 => Algorithm::ES256,
            EllipticCurve::P384 => Algorithm::ES384,
            _ => return None,
        },
        AlgorithmParameters::OctetKeyPair(_) => Algorithm::EdDSA,
        _ => return None,
    };
    Some(match (usual, key.common.key_algorithm) {
        (Algorithm::RS256, Some(KeyAlgorithm::RS384)) => Algorithm::RS384,
        (Algorithm::RS256, Some(KeyAlgorithm::RS512)) => Algorithm::RS512,
        (Algorithm::RS256, Some(KeyAlgorithm::PS256)) => Algorithm::PS256,
        (usual, _) => usual,
    })
}
