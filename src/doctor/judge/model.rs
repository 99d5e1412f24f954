//! Judges of a model or profile in a region.

use super::not_mine;
use crate::doctor::check::Seen;
use crate::doctor::report::{State, Verdict};
use crate::units::grouped;

pub fn access(seen: &Seen) -> Verdict {
    let Seen::Access(access) = seen else {
        return not_mine();
    };
    let steps = [
        (
            access.in_region,
            "the region does not offer it",
            "choose another region, or a profile that leads elsewhere",
        ),
        (
            access.agreed,
            "its agreement is not accepted",
            "accept it: console of Bedrock, Model access; or aws bedrock create-foundation-model-agreement",
        ),
        (
            access.authorized,
            "the account is not authorised for it",
            "ask for access in the console of Bedrock; an organisation's policy may forbid it",
        ),
        (
            access.entitled,
            "the account is not entitled to it",
            "ask for access in the console of Bedrock, or of AWS Support",
        ),
    ];
    let missing = steps.into_iter().find(|(is_taken, ..)| !is_taken);
    missing.map_or_else(
        || Verdict::ok("the account has access"),
        |(_, says, todo)| Verdict::new(State::Fail, says, todo),
    )
}

pub fn on_demand(seen: &Seen) -> Verdict {
    let Seen::OnDemand { listed, profiles } = seen else {
        return not_mine();
    };
    let instead = match profiles.first() {
        Some(profile) => format!("call it as {profile}"),
        None => "choose another region or model".to_owned(),
    };
    match listed {
        None => Verdict::new(State::Fail, "the region does not list this model", instead),
        Some(false) => Verdict::new(
            State::Fail,
            "its bare identifier cannot be called: a profile only",
            instead,
        ),
        Some(true) => Verdict::ok("the bare identifier can be called"),
    }
}

pub fn profile(seen: &Seen) -> Verdict {
    let Seen::Profile { listed, others } = seen else {
        return not_mine();
    };
    match listed {
        None => {
            let others = match others.as_slice() {
                [] => "call the bare identifier, or choose another region".to_owned(),
                others => format!("the region has {}", others.join(", ")),
            };
            Verdict::new(State::Fail, "the region does not have this profile", others)
        }
        Some(false) => Verdict::new(State::Fail, "it is not active", "choose another profile"),
        Some(true) => Verdict::ok("there and active"),
    }
}

pub fn quota(seen: &Seen) -> Verdict {
    let Seen::Quotas { rows, region } = seen else {
        return not_mine();
    };
    if rows.is_empty() {
        return Verdict::new(
            State::Warn,
            "Service Quotas lists none of its own",
            "its name there may have changed: look for it in the console of Service Quotas",
        );
    }
    // A quota of nothing: applied quotas are whole numbers.
    if let Some(zero) = rows.iter().find(|row| row.value < 1.0) {
        return Verdict::new(
            State::Fail,
            format!("{} ({}) is 0: every call is throttled", zero.name, zero.code),
            format!(
                "ask for more: aws service-quotas request-service-quota-increase --region {region} --service-code \
                 bedrock --quota-code {} --desired-value N",
                zero.code
            ),
        );
    }
    let shown = rows.iter().map(|row| {
        let of = ["requests per minute", "tokens per minute", "tokens per day"]
            .into_iter()
            .find(|of| row.name.contains(of))
            .unwrap_or("of another kind");
        format!("{} {of}", grouped(row.value))
    });
    Verdict::ok(shown.collect::<Vec<_>>().join(", "))
}

pub fn probe(seen: &Seen) -> Verdict {
    let Seen::Probe { end, took } = seen else {
        return not_mine();
    };
    match end {
        Ok(()) => Verdict::ok(format!("answered after {} ms", took.as_millis())),
        Err(failure) => Verdict::new(
            State::Fail,
            format!("{}: {}", failure.kind.label(), failure.message),
            "`bedrill explain` with this message says what to do",
        ),
    }
}
