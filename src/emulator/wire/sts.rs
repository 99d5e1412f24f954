//! STS: who one is, and credentials that end by themselves.
//!
//! Roles and identity providers are not modelled: any role can be assumed by anybody, and a web
//! identity is believed as far as its token can be read.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use super::rpc::{Malformed, Members, RpcCall, RpcError, Value, structure};
use super::services::{error, invalid, malformed};
use crate::emulator::principal::{Principal, Session, SessionKeys};
use crate::seed::Seed;

/// The longest session of a role that was itself assumed from a session, in seconds.
const LONGEST_CHAINED: i64 = 3_600;

/// Who asks, when, and where the credentials' letters come from.
#[derive(Clone, Copy, Debug)]
pub struct Counter<'a> {
    /// Who asks.
    pub caller: &'a Principal,
    /// The service's time.
    pub now: Timestamp,
    /// For access keys and secrets.
    pub seed: Seed,
}

impl Counter<'_> {
    /// Answers a call.
    ///
    /// # Errors
    ///
    /// The call breaks a constraint, or its operation is not modelled.
    pub fn answer(self, call: &RpcCall) -> Result<Value, RpcError> {
        let members = Members::of(&call.input).map_err(malformed)?;
        match call.operation.as_str() {
            "GetCallerIdentity" => Ok(structure([
                ("UserId", Value::text(self.caller.id.as_ref())),
                ("Account", Value::text(self.caller.account.as_ref())),
                ("Arn", Value::text(self.caller.arn.as_ref())),
            ])),
            "AssumeRole" => self.assume(&members),
            "AssumeRoleWithWebIdentity" => self.assume_with_web_identity(&members),
            "GetSessionToken" => self.session_token(&members),
            other => Err(RpcError {
                status: 400,
                ..RpcError::unknown(other)
            }),
        }
    }

    fn assume(self, members: &Members<'_>) -> Result<Value, RpcError> {
        let role = Role::read(members)?;
        let span = duration(members, 900..=43_200, 3_600)?;
        if self.caller.is_assumed() && span > LONGEST_CHAINED {
            return Err(invalid(
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
            ));
        }
        Ok(structure([
            ("Credentials", self.credentials(role.principal(), span)?),
            ("AssumedRoleUser", role.user()),
            ("PackedPolicySize", Value::Integer(0)),
        ]))
    }

    fn assume_with_web_identity(self, members: &Members<'_>) -> Result<Value, RpcError> {
        let role = Role::read(members)?;
        let span = duration(members, 900..=43_200, 3_600)?;
        let token = members.need_text("WebIdentityToken").map_err(malformed)?;
        let claims = claims(token).ok_or_else(|| error("InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)"))?;
        if let Some(expires) = claims["exp"].as_i64()
            && expires <= self.now.as_second()
        {
            let said = format!(
                "Token expired: current date/time {} must be before the expiration date/time {expires}",
                self.now.as_second()
            );
            return Err(RpcError {
                code: "ExpiredTokenException",
                ..error("ExpiredTokenException", said)
            });
        }
        let claim = |name: &str| Value::text(claims[name].as_str().unwrap_or_default());
        Ok(structure([
            ("Credentials", self.credentials(role.principal(), span)?),
            ("SubjectFromWebIdentityToken", claim("sub")),
            ("AssumedRoleUser", role.user()),
            ("PackedPolicySize", Value::Integer(0)),
            ("Provider", claim("iss")),
            ("Audience", claim("aud")),
        ]))
    }

    fn session_token(self, members: &Members<'_>) -> Result<Value, RpcError> {
        if self.caller.is_assumed() {
            return Err(RpcError {
                status: 403,
                ..error(
                    "AccessDenied",
                    "Cannot call GetSessionToken with session credentials",
                )
            });
        }
        let span = duration(members, 900..=129_600, 43_200)?;
        let credentials = self.credentials(self.caller.clone(), span)?;
        Ok(structure([("Credentials", credentials)]))
    }

    fn credentials(self, principal: Principal, seconds: i64) -> Result<Value, RpcError> {
        let expires = self.now.checked_add(SignedDuration::from_secs(seconds));
        let expires = expires.map_err(|_| invalid("The session would end after the end of time."))?;
        let SessionKeys {
            access_key,
            secret,
            token,
            expires,
        } = Session::grant(principal, expires, self.seed);
        Ok(structure([
            ("AccessKeyId", Value::text(access_key)),
            ("SecretAccessKey", Value::text(secret)),
            ("SessionToken", Value::text(token)),
            ("Expiration", Value::Time(expires.as_second() as f64)),
        ]))
    }
}

/// A role and the session's name.
struct Role<'a> {
    account: &'a str,
    name: &'a str,
    session: &'a str,
}

impl<'a> Role<'a> {
    fn read(members: &Members<'a>) -> Result<Self, RpcError> {
        let arn = members.need_text("RoleArn").map_err(malformed)?;
        let session = members.need_text("RoleSessionName").map_err(malformed)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        if !(2..=64).contains(&session.len()) || !session.chars().all(allowed) {
            return Err(invalid(
                "1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint: Member must \
                 satisfy regular expression pattern: [\\w+=,.@-]*",
            ));
        }
        let parts = arn
            .strip_prefix("arn:aws:iam::")
            .and_then(|rest| rest.split_once(":role/"));
        let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        let name = |path: &'a str| path.rsplit('/').next().filter(|name| !name.is_empty());
        let is_plain = |name: &&str| name.len() <= 64 && name.chars().all(allowed);
        match parts {
            Some((account, path)) if is_account(account) => match name(path).filter(is_plain) {
                Some(name) => Ok(Self {
                    account,
                    name,
                    session,
                }),
                None => Err(not_an_arn(arn)),
            },
            _ => Err(not_an_arn(arn)),
        }
    }

    fn principal(&self) -> Principal {
        Principal::session(&self.account.into(), self.name, self.session)
    }

    fn user(&self) -> Value {
        let principal = self.principal();
        structure([
            ("AssumedRoleId", Value::text(principal.id.as_ref())),
            ("Arn", Value::text(principal.arn.as_ref())),
        ])
    }
}

fn not_an_arn(arn: &str) -> RpcError {
    invalid(&format!("{arn:.100} is invalid"))
}

fn duration(
    members: &Members<'_>,
    range: std::ops::RangeInclusive<i64>,
    usual: i64,
) -> Result<i64, RpcError> {
    let asked = members
        .whole("DurationSeconds")
        .map_err(|problem| match problem {
            Malformed::Type(told) => invalid(&told),
            missing @ Malformed::Missing(_) => malformed(missing),
        })?;
    let span = asked.unwrap_or(usual);
    let (least, most) = (*range.start(), *range.end());
    if span < least || span > most {
        let (bound, limit) = if span < least {
            ("greater than or equal to", least)
        } else {
            ("less than or equal to", most)
        };
        return Err(invalid(&format!(
            "1 validation error detected: Value '{span}' at 'durationSeconds' failed to satisfy constraint: Member \
             must have value {bound} {limit}"
        )));
    }
    Ok(span)
}

/// The claims of a JWT, whose signature nobody looks at.
fn claims(token: &str) -> Option<Json> {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let decoded = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&decoded).ok().filter(Json::is_object)
}
