//! API tokens: `apt_`, 32 random base-62 characters, and 6 of a CRC-32, so that a mistyped one is
//! refused without a look-up and scanners can tell one. Only a SHA-256 is ever stored.

use std::fmt;

use sha2::{Digest, Sha256};

const PREFIX: &str = "apt_";
const RANDOM: usize = 32;
const CHECKSUM: usize = 6;
const BASE_62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A token in the clear. It can be shown once, by asking for it; it never prints by accident.
pub struct Token(String);

/// What is stored of a token.
pub type Hash = [u8; 32];

impl Token {
    /// A new token from the operating system's randomness.
    pub fn random() -> Result<Self, getrandom::Error> {
        let mut body = String::with_capacity(RANDOM);
        while body.len() < RANDOM {
            let mut bytes = [0_u8; 64];
            getrandom::fill(&mut bytes)?;
            // 248 is the largest multiple of 62: no character is likelier than another.
            let fair = bytes.iter().filter(|byte| **byte < 248);
            let characters = fair.filter_map(|byte| BASE_62.get(usize::from(*byte) % 62));
            body.extend(characters.map(|character| char::from(*character)).take(RANDOM));
            body.truncate(RANDOM);
        }
        Ok(Self::of(&body))
    }

    /// The token of a given body, which must be base 62.
    pub(crate) fn of(body: &str) -> Self {
        Self(format!("{PREFIX}{body}{}", checksum(body)))
    }

    /// Reads a token, unless it is malformed.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let at = rest.len().checked_sub(CHECKSUM).filter(|at| *at >= 30)?;
        let (body, sum) = rest.split_at_checked(at)?;
        let sound = body.len() <= 64 && body.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (sound && sum == checksum(body)).then(|| Self(text.to_owned()))
    }

    /// The token in the clear.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
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
