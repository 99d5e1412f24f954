//! Judges of account, region and the services beside Bedrock.

use std::time::Duration;

use jiff::SignedDuration;

use super::not_mine;
use crate::bedrock::account::{ReadProblem, Trouble};
use crate::doctor::check::{Seen, check};
use crate::doctor::report::{State, Verdict};

/// The service refuses a signature that is older or newer than this (SigV4).
const REFUSED_SKEW: SignedDuration = SignedDuration::from_secs(5 * 60);
/// From here on it is worth a word. The header counts whole seconds.
const NOTED_SKEW: SignedDuration = SignedDuration::from_secs(30);
/// The role that examples carry: nobody's.
const EXAMPLE_ACCOUNT: &str = "123456789012";

pub fn credentials(seen: &Seen) -> Verdict {
    let Seen::Who {
        identity,
        bearer,
        show,
    } = seen
    else {
        return not_mine();
    };
    let problem = match identity {
        Ok(who) => {
            let account = if *show { who.account.clone() } else { who.masked() };
            return Verdict::ok(format!("{} of account {account}", who.principal()));
        }
        Err(problem) => problem,
    };
    let fail = |says: &str, todo: &str| Verdict::new(State::Fail, says, todo);
    match &problem.trouble {
        Trouble::NoCredentials if *bearer => Verdict::new(
            State::Warn,
            "a bearer key of Bedrock alone",
            "see the line of the bearer key; for the rest give --profile or sign in",
        ),
        Trouble::NoCredentials => fail(
            &none_found(&problem.message),
            "give --profile, sign in (aws sso login), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        Trouble::Expired => fail(
            "they have expired",
            "sign in again (aws sso login), or get new keys",
        ),
        Trouble::ClockSkew => fail("refused, as this machine's clock is off", "mend the clock first"),
        Trouble::Unknown if is_skew(problem) => {
            fail("refused, as this machine's clock is off", "mend the clock first")
        }
        Trouble::Unknown => fail("they are not taken", "check profile, keys and session token"),
        _ => check("credentials").missed(problem),
    }
}

/// The chain's last word says why, where a provider was asked and failed.
fn none_found(message: &str) -> String {
    match message {
        "" => "none were found".to_owned(),
        message => format!("none were found: {message}"),
    }
}

/// Whether a refused signature was refused for its date, in the service's words.
fn is_skew(problem: &ReadProblem) -> bool {
    let words = &problem.message;
    words.starts_with("Signature expired") || words.starts_with("Signature not yet current")
}

pub fn clock(seen: &Seen) -> Verdict {
    let Seen::Clock(ahead) = seen else {
        return not_mine();
    };
    let Some(ahead) = *ahead else {
        return Verdict::new(
            State::Unknown,
            "not looked at: no answer came that had a date",
            "mend what the lines of credentials and endpoint say",
        );
    };
    let off = ahead.abs();
    // The service's clock is ahead where this one is behind.
    let side = if ahead.is_negative() { "ahead" } else { "behind" };
    let words = format!("{} {side}", span(off.unsigned_abs()));
    if off >= REFUSED_SKEW {
        return Verdict::new(
            State::Fail,
            format!(
                "{words}: signatures more than 5 minutes off are refused, and but for retries of the SDK nothing would \
                 go through"
            ),
            "set this machine's clock, or let NTP do it (timedatectl set-ntp true)",
        );
    }
    if off >= NOTED_SKEW {
        return Verdict::new(State::Warn, words, "let NTP set this machine's clock");
    }
    Verdict::ok(format!("within {} s of the service's", off.as_secs().max(1)))
}

fn span(span: Duration) -> String {
    match span.as_secs() {
        secs @ 0..120 => format!("{secs} s"),
        secs => format!("{} min", (secs + 30) / 60),
    }
}

pub fn bearer(seen: &Seen) -> Verdict {
    let Seen::Bearer { set, others } = seen else {
        return not_mine();
    };
    match (set, others) {
        (false, _) => Verdict::ok("none is set"),
        (true, true) => Verdict::new(
            State::Warn,
            "one is set and goes before the other credentials in Bedrock's calls",
            "unset AWS_BEARER_TOKEN_BEDROCK if the drill is to be signed by the profile",
        ),
        (true, false) => Verdict::new(
            State::Warn,
            "nothing else is there: CloudWatch, Service Quotas, STS, S3 and batch jobs do not take one",
            "calls can be drilled; for figures of the service, quotas and batch give credentials as well",
        ),
    }
}

pub fn region(seen: &Seen) -> Verdict {
    let Seen::Region { name } = seen else {
        return not_mine();
    };
    match name {
        Some(name) => Verdict::ok(name.clone()),
        None => Verdict::new(
            State::Warn,
            "the catalogue does not know it: no prices, quotas or profiles",
            "check the spelling, or add it with --catalog",
        ),
    }
}

pub fn endpoint(seen: &Seen) -> Verdict {
    let Seen::Endpoint { answer, took } = seen else {
        return not_mine();
    };
    let reached = || Verdict::ok(format!("Bedrock answers after {} ms", took.as_millis()));
    let Err(problem) = answer else {
        return reached();
    };
    match &problem.trouble {
        Trouble::NoSuchHost => Verdict::new(
            State::Fail,
            "its host name does not resolve",
            "check DNS and the network; is there a Bedrock in this region?",
        ),
        Trouble::Unreachable => Verdict::new(
            State::Fail,
            "it cannot be reached",
            "check network, firewall, HTTPS_PROXY and VPC endpoints",
        ),
        Trouble::Late => Verdict::new(
            State::Fail,
            "it does not answer in time",
            "check network, firewall, HTTPS_PROXY and VPC endpoints",
        ),
        Trouble::NoCredentials => Verdict::new(
            State::Unknown,
            "not looked at: there are no credentials",
            "mend what the line of credentials says",
        ),
        Trouble::HeldBack | Trouble::Other => check("endpoint").missed(problem),
        // A refusal is an answer.
        _ => reached(),
    }
}

pub fn cloudwatch(seen: &Seen) -> Verdict {
    match seen {
        Seen::Metrics(0) => Verdict::ok("may be asked; there are no metrics of Bedrock yet"),
        Seen::Metrics(count) => {
            Verdict::ok(format!("may be asked; lists {count} metrics of Bedrock or more"))
        }
        _ => not_mine(),
    }
}

pub fn bucket(seen: &Seen) -> Verdict {
    let Seen::Bucket { name, found } = seen else {
        return not_mine();
    };
    match (name, found) {
        (Some(name), Ok(_)) => Verdict::ok(format!("{name} can be listed")),
        (None, Ok(count)) => Verdict::ok(format!("buckets can be listed: {count}")),
        (Some(name), Err(problem)) if matches!(&problem.trouble, Trouble::Service(code) if code.contains("NotFound") || code.contains("NoSuchBucket") || code == "404") => {
            Verdict::new(
                State::Fail,
                format!("there is no bucket {name}"),
                "make it, or name another in the scenario",
            )
        }
        (Some(name), Err(problem)) if matches!(problem.trouble, Trouble::Denied(_)) => Verdict::new(
            State::Fail,
            format!("{name} may not be listed"),
            "allow s3:ListBucket, s3:GetObject and s3:PutObject on it",
        ),
        (_, Err(problem)) => check("s3").missed(problem),
    }
}

pub fn batch(seen: &Seen) -> Verdict {
    let Seen::Batch { role, account, local } = seen else {
        return not_mine();
    };
    let Some(role) = role else {
        return Verdict::ok("jobs may be listed; none is used");
    };
    let mut parts = role.splitn(6, ':').skip(4);
    let (of, is_role) = (
        parts.next().unwrap_or_default(),
        parts.next().is_some_and(|name| name.starts_with("role/")),
    );
    let is_account = of.len() == EXAMPLE_ACCOUNT.len() && of.bytes().all(|digit| digit.is_ascii_digit());
    if !role.starts_with("arn:aws") || !is_account || !is_role {
        return Verdict::new(
            State::Fail,
            "the role is no ARN of a role",
            "write it as arn:aws:iam::ACCOUNT:role/NAME",
        );
    }
    if *local {
        return Verdict::ok("jobs may be listed; the emulator takes any role");
    }
    if of == EXAMPLE_ACCOUNT && account.as_deref() != Some(EXAMPLE_ACCOUNT) {
        return Verdict::new(
            State::Fail,
            "the role is the example's",
            "set the scenario's role to one of this account that trusts bedrock.amazonaws.com",
        );
    }
    if account.as_deref().is_some_and(|account| account != of) {
        return Verdict::new(
            State::Fail,
            "the role is of another account",
            "name a role of the account that submits the job",
        );
    }
    Verdict::new(
        State::Warn,
        "jobs may be listed; what the role may do cannot be seen from here",
        "it must trust bedrock.amazonaws.com and read and write the bucket; the caller needs iam:PassRole on it",
    )
}
