//! The words of a confirmation: everything a person must know before saying yes.

use std::fmt::Write as _;

use super::claims::{Claim, Limit};
use super::{Request, Said};

/// Models that are named; the others are counted.
const NAMED: usize = 6;

/// What is shown before anything is sent.
pub fn confirmation(request: &Request, said: Said) -> String {
    let mut text = format!(
        "{} leaves the embedded emulator: from here on real money and real quotas may be used.\n\n",
        request.scenario
    );
    let mut line = |name: &str, words: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<10} {words}");
    };
    line("target", request.target.clone());
    line("account", account(request));
    for detour in &request.detours {
        line("goes to", detour.clone());
    }
    line("regions", request.regions.join(", "));
    if request.leaves.is_empty() {
        line("data", "stays in its geography".to_owned());
    }
    for leaves in &request.leaves {
        line("data", leaves.clone());
    }
    line("models", some(&request.models));
    line("sends", sends(request));
    line(
        "tokens",
        format!(
            "at most {} of prompts and {} generated",
            count(request.tokens.0),
            count(request.tokens.1)
        ),
    );
    line("cost", cost(request));
    for unbounded in &request.unbounded {
        line("not in it", unbounded.clone());
    }
    for makes in &request.makes {
        line("makes", makes.clone());
    }
    if request.faults > 0 {
        let words = format!(
            "{}, injected at this client and marked as ours: AWS never sees them",
            request.faults
        );
        line("faults", words);
    }
    let share = format!(
        "each at its peak, beside what is in use; refused above {:.0}%",
        said.max_share * 100.0
    );
    line("quotas", share);
    for claim in &request.claims {
        line("", self::claim(claim));
    }
    if request.claims.is_empty() {
        line("", "none is known for what is called".to_owned());
    }
    for unseen in &request.unseen {
        line("not seen", unseen.clone());
    }
    text
}

fn account(request: &Request) -> String {
    let who = match &request.identity {
        Some(Ok(who)) => who.clone(),
        Some(Err(why)) => format!("not known ({why})"),
        None => "not asked".to_owned(),
    };
    if request.dummy_credentials {
        format!("{who}; dummy credentials are sent, not yours (--send-credentials sends yours)")
    } else {
        who
    }
}

fn some(models: &[String]) -> String {
    let named = models.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>();
    match models.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

fn sends(request: &Request) -> String {
    let repeats = match request.repeats {
        1 => String::new(),
        many => format!(", {many} times"),
    };
    match request.runs_secs {
        Some(secs) => format!(
            "about {} requests, at most {}, over {secs:.0}s{repeats}",
            count(request.requests.0),
            count(request.requests.1)
        ),
        None => "requests until it is stopped: only the cap bounds them".to_owned(),
    }
}

fn cost(request: &Request) -> String {
    let cap = request.cap.map_or_else(
        || "without a cap".to_owned(),
        |cap| format!("cut off before {}", dollars(cap.dollars())),
    );
    if request.runs_secs.is_none() {
        return cap;
    }
    format!(
        "about {}, at most {}; {cap}",
        dollars(request.dollars.0),
        dollars(request.dollars.1)
    )
}

fn claim(claim: &Claim) -> String {
    let percent = |share: Option<f64>| share.map_or("?".to_owned(), |share| format!("{:.1}%", share * 100.0));
    let limit = match claim.limit {
        Limit::Applied(limit) => format!("{} (applied)", count(limit)),
        Limit::Default(limit) => format!("{} (catalogue default)", count(limit)),
        Limit::Unknown => "no known quota".to_owned(),
    };
    let in_use = match claim.in_use {
        Some(_) => format!("{} in use", percent(claim.used())),
        None => "use not seen".to_owned(),
    };
    let code = claim
        .code
        .as_ref()
        .map(|code| format!(", {code}"))
        .unwrap_or_default();
    format!(
        "{:>6} of {limit}, {in_use}: {}, {}{code}",
        percent(claim.share()),
        claim.quota,
        claim.region
    )
}

/// `950`, `12.3k`, `4.56M`.
fn count(number: f64) -> String {
    match number {
        n if n < 9_999.5 => format!("{n:.0}"),
        n if n < 999_950.0 => format!("{:.1}k", n / 1e3),
        n => format!("{:.2}M", n / 1e6),
    }
}

fn dollars(amount: f64) -> String {
    if amount > 0.0 && amount < 0.01 {
        format!("${amount:.4}")
    } else {
        format!("${amount:.2}")
    }
}
