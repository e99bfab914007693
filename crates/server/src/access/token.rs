//! API tokens: `apt_`, 32 random base-62 characters, and a CRC-32 in 6 more. Because of the prefix,
//! scanners for leaked secrets can recognize one; because of the checksum, a mistyped one is
//! refused without a look-up. Only the SHA-256 of a token is stored.

use std::fmt;

use sha2::{Digest, Sha256};

const PREFIX: &str = "apt_";
const RANDOM: usize = 32;
const CHECKSUM: usize = 6;
const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A token in the clear. Its `Debug` form hides it, so that it is never printed by accident.
pub struct Token(String);

/// The SHA-256 of a token, which is stored in its place.
pub type Hash = [u8; 32];

impl Token {
    /// Makes a new token from the operating system's randomness.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut body = String::with_capacity(RANDOM);
        while body.len() < RANDOM {
            let mut bytes = [0_u8; 64];
            getrandom::fill(&mut bytes)?;
            // 248 is the largest multiple of 62 that fits a byte. Larger bytes are dropped, so that
            // all characters are equally likely.
            let fair = bytes.iter().filter(|byte| **byte < 248);
            let characters = fair.filter_map(|byte| BASE_62.get(usize::from(*byte) % 62));
            body.extend(characters.map(|character| char::from(*character)).take(RANDOM));
            body.truncate(RANDOM);
        }
        Ok(Self::from_body(&body))
    }

    /// Makes the token with this body, which must be base 62.
    pub(crate) fn from_body(body: &str) -> Self {
        Self(format!("{PREFIX}{body}{}", checksum(body)))
    }

    /// Parses a token. Returns `None` if it is malformed or its checksum is wrong. The body may
    /// have from 30 to 64 characters; those that are made here have 32.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let at = rest.len().checked_sub(CHECKSUM).filter(|at| *at >= 30)?;
        let (body, sum) = rest.split_at_checked(at)?;
        let sound = body.len() <= 64 && body.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (sound && sum == checksum(body)).then(|| Self(text.to_owned()))
    }

    /// Returns the token in the clear.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Returns the hash that is stored in place of the token.
    pub fn hash(&self) -> Hash {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

fn checksum(body: &str) -> String {
    let mut rest = crc32fast::hash(body.as_bytes());
    let mut sum = [b'0'; CHECKSUM];
    for place in sum.iter_mut().rev() {
        let digit = usize::try_from(rest.checked_rem(62).unwrap_or(0)).unwrap_or(0);
        *place = BASE_62.get(digit).copied().unwrap_or(b'0');
        rest = rest.checked_div(62).unwrap_or(0);
    }
    sum.iter().map(|byte| char::from(*byte)).collect()
}
