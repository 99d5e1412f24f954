//! Who calls: a user, or a session that STS handed out.
//!
//! A session's token carries all that is known of it, as the service's own does, so nothing is kept of
//! it and nothing can fill up. Tokens are not verified: this is no place for secrets.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::seed::Seed;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// What every token begins with, decoded.
const MARK: &str = "bedrill:session:";

/// Who calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// The ARN: of a user, or of an assumed role with its session.
    pub arn: Arc<str>,
    /// The identifier that `GetCallerIdentity` tells: of an assumed role with its session.
    pub id: Arc<str>,
    /// The account.
    pub account: Arc<str>,
}

impl Principal {
    /// The one user of an account, whom every access key of a user stands for.
    pub fn user(account: &Arc<str>) -> Self {
        Self {
            arn: format!("arn:aws:iam::{account}:user/bedrill").into(),
            id: "AIDABEDRILLEMULATOR00".into(),
            account: Arc::clone(account),
        }
    }

    /// A session of a role. `name` is the role's without its path.
    pub fn session(account: &Arc<str>, name: &str, session: &str) -> Self {
        let id = letters(Seed::new(0).derive("role").derive(account).derive(name), 17);
        Self {
            arn: format!("arn:aws:sts::{account}:assumed-role/{name}/{session}").into(),
            id: format!("AROA{id}:{session}").into(),
            account: Arc::clone(account),
        }
    }

    /// The last part of the ARN: what CloudTrail calls the user's name.
    pub fn name(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or_default()
    }

    /// Whether it is a session of a role.
    pub fn is_assumed(&self) -> bool {
        self.arn.contains(":assumed-role/")
    }
}

/// Credentials that end by themselves.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKeys {
    /// The access key; its letters carry the account, as the service's own do.
    pub access_key: String,
    /// The secret: any would do, unless signatures are verified.
    pub secret: String,
    /// The token.
    pub token: String,
    /// When they end.
    pub expires: Timestamp,
}

impl fmt::Debug for SessionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionKeys")
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who it is.
    pub principal: Principal,
    access_key: String,
    expires: i64,
}

impl Session {
    /// Hands out credentials for a principal. The same seed gives the same ones.
    pub fn grant(principal: Principal, expires: Timestamp, seed: Seed) -> SessionKeys {
        let access_key = access_key(&principal.account, seed);
        let session = Self {
            principal,
            access_key: access_key.clone(),
            expires: expires.as_second(),
        };
        // Plain text members: serializing into memory cannot fail.
        let said = serde_json::to_string(&session).unwrap_or_default();
        SessionKeys {
            secret: Self::secret_of(&access_key),
            access_key,
            token: URL_SAFE_NO_PAD.encode(format!("{MARK}{said}")),
            expires,
        }
    }

    /// The secret of a session's key: it follows from the key, so that nothing is kept. No secret at
    /// all to who knows that; this guards nothing.
    pub fn secret_of(access_key: &str) -> String {
        letters(Seed::new(0).derive("session secret").derive(access_key), 40)
    }

    /// Reads the token that came with an access key; `None`: it is none of ours, or of another key.
    pub fn read(token: &str, access_key: &str) -> Option<Self> {
        let decoded = URL_SAFE_NO_PAD.decode(token).ok()?;
        let said = std::str::from_utf8(&decoded).ok()?.strip_prefix(MARK)?;
        let session: Self = serde_json::from_str(said).ok()?;
        (session.access_key == access_key).then_some(session)
    }

    /// Whether a token was handed out here, to whatever key.
    pub fn is_ours(token: &str) -> bool {
        let decoded = URL_SAFE_NO_PAD.decode(token).unwrap_or_default();
        decoded.starts_with(MARK.as_bytes())
    }

    /// Whether it is over.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now.as_second() >= self.expires
    }
}

/// `ASIA` and sixteen letters, of which the first ten carry the account.
fn access_key(account: &str, seed: Seed) -> String {
    let number: u64 = account.parse().unwrap_or_default();
    let bits = number << 9;
    let of_account = (0..10)
        .rev()
        .map(|place| BASE32[((bits >> (5 * place)) & 31) as usize]);
    let of_account: String = of_account.map(char::from).collect();
    format!("ASIA{of_account}{}", letters(seed.derive("access key"), 6))
}

/// So many letters of base32.
fn letters(seed: Seed, count: usize) -> String {
    let draws = (0..count as u64).map(|at| seed.keyed(at).number());
    draws
        .map(|draw| char::from(BASE32[(draw % 32) as usize]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emulator::route::account_of;

    #[test]
    fn a_token_tells_who_it_is_of_to_its_own_key_alone() {
        let account: Arc<str> = "210987654321".into();
        let principal = Principal::session(&account, "Ops", "night");
        let expires = Timestamp::from_second(1_000).expect("a time");
        let keys = Session::grant(principal.clone(), expires, Seed::new(3));
        assert_eq!(account_of(&keys.access_key).as_deref(), Some("210987654321"));
        let read = Session::read(&keys.token, &keys.access_key).expect("ours");
        assert_eq!(read.principal, principal);
        assert!(!read.is_expired(Timestamp::from_second(999).expect("a time")));
        assert!(read.is_expired(expires));
        assert_eq!(Session::read(&keys.token, "ASIAOTHER"), None);
        assert_eq!(Session::read("rubbish", &keys.access_key), None);
    }
}
