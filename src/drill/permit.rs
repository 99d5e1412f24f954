//! Whether a drill may leave the embedded emulator. Pure: what is known goes in, a decision and its text
//! come out.
//!
//! Everything that may cost money or take somebody's quota passes here first, whatever it is called:
//! AWS, a gateway, another emulator. [`Pass`] is the only key to such a target, and [`decide`]'s yes the
//! only way to one.

pub mod claims;
pub mod live;
mod text;

use std::sync::Arc;

use crate::bedrock::{SpendGuard, Target};
use crate::names::Region;
use crate::units::Usd;

pub use self::claims::{Claim, Counted, Limit};
pub use self::text::confirmation;

/// The share of a live quota that a drill may take, unless somebody says otherwise.
pub const USUAL_SHARE: f64 = 0.5;

/// What is to be permitted, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The scenario.
    pub scenario: String,
    /// What it is sent to, in words.
    pub target: String,
    /// The account and who asks; `Err`: why that is not known.
    pub identity: Option<Result<String, String>>,
    /// Whether calls are signed with credentials that open nothing.
    pub dummy_credentials: bool,
    /// Where calls go, if not to the service's own hosts.
    pub detours: Vec<String>,
    /// Regions that are called.
    pub regions: Vec<String>,
    /// Data that can leave its geography, a way of calling in each line.
    pub leaves: Vec<String>,
    /// Models, profiles and routers that are called.
    pub models: Vec<String>,
    /// How long arrivals go on, in seconds; `None`: until it is stopped.
    pub runs_secs: Option<f64>,
    /// How often it is run.
    pub repeats: u32,
    /// Requests: expected, and at most.
    pub requests: (f64, f64),
    /// Prompt and generated tokens at most.
    pub tokens: (f64, f64),
    /// Dollars: expected, and at most.
    pub dollars: (f64, f64),
    /// What no bound could be found for.
    pub unbounded: Vec<String>,
    /// The cap, from the scenario's `budget` or `--max-spend`.
    pub cap: Option<Usd>,
    /// What it takes of each quota at its peak.
    pub claims: Vec<Claim>,
    /// What could not be looked at, and what is taken instead.
    pub unseen: Vec<String>,
    /// What it makes in the account, and takes away again.
    pub makes: Vec<String>,
    /// Faults that it injects, all at the client.
    pub faults: usize,
}

/// What was said on the command line, and whether anybody can be asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Said {
    /// `--yes`.
    pub yes: bool,
    /// `--max-spend`.
    pub max_spend: bool,
    /// `--max-quota-share`, from 0 to 1.
    pub max_share: f64,
    /// Whether there is a terminal to ask at.
    pub terminal: bool,
}

/// Whether it may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may.
    Go,
    /// Somebody must say yes first.
    Ask,
    /// It may not, whatever anybody says now; each reason with what would mend it.
    Refuse(Vec<String>),
}

/// Decides.
pub fn decide(request: &Request, said: Said) -> Decision {
    let mut reasons = Vec::new();
    if let Some(Err(why)) = &request.identity
        && !request.dummy_credentials
    {
        reasons.push(format!("nobody can say whose account this is: {why}"));
    }
    if request.cap.is_none() {
        reasons.push(
            "it has no cap: give --max-spend 5, or the scenario a budget; without one nothing is sent to a target \
             that may cost money"
                .to_owned(),
        );
    }
    for claim in &request.claims {
        reasons.extend(claim.too_much(said.max_share));
    }
    if said.yes && !said.max_spend {
        reasons
            .push("--yes needs --max-spend: nobody looks at the figures, so a cap must be said".to_owned());
    }
    if !said.yes && !said.terminal {
        reasons.push(
            "there is no terminal to ask at: say --yes together with --max-spend, and it is sent without asking"
                .to_owned(),
        );
    }
    match (reasons.is_empty(), said.yes) {
        (false, _) => Decision::Refuse(reasons),
        (true, true) => Decision::Go,
        (true, false) => Decision::Ask,
    }
}

/// Leave to be sent to a target that is not embedded, beneath a cap. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Pass(Arc<Leave>);

#[derive(Debug)]
struct Leave {
    target: Target,
    label: String,
    spend: SpendGuard,
    watched: Vec<Watched>,
}

/// What is looked at while a drill runs, so that it starves nobody.
#[derive(Clone, Debug, PartialEq)]
pub struct Watched {
    /// The region that is called.
    pub region: Region,
    /// The identifier that is called, as CloudWatch has it.
    pub id: String,
    /// Requests a minute that its quota allows, where that is known.
    pub requests: Option<f64>,
    /// Tokens a minute, likewise.
    pub tokens: Option<f64>,
    /// Tokens that a call of ours takes of it.
    pub tokens_each: f64,
}

impl Watched {
    /// What is to be watched for a drill's claims.
    pub fn of(claims: &[Claim]) -> Vec<Self> {
        let mut found: Vec<Self> = Vec::new();
        for claim in claims {
            for id in &claim.ids {
                let known = found
                    .iter()
                    .position(|watched| watched.region == claim.region && watched.id == *id);
                let place = known.unwrap_or_else(|| {
                    found.push(Self {
                        region: claim.region.clone(),
                        id: id.clone(),
                        requests: None,
                        tokens: None,
                        tokens_each: 0.0,
                    });
                    found.len() - 1
                });
                let of = &mut found[place];
                match claim.counted {
                    Counted::Requests => of.requests = claim.limit.value(),
                    Counted::Tokens => {
                        of.tokens = claim.limit.value();
                        of.tokens_each = claim.each;
                    }
                }
            }
        }
        found
    }

    /// The share of its quota that so many calls in a minute take; `None`: no quota is known.
    pub fn share_of(&self, calls: u64) -> Option<f64> {
        let calls = calls as f64;
        let share =
            |limit: Option<f64>, used: f64| limit.filter(|limit| *limit > 0.0).map(|limit| used / limit);
        let shares = [
            share(self.requests, calls),
            share(self.tokens, calls * self.tokens_each),
        ];
        shares.into_iter().flatten().reduce(f64::max)
    }
}

impl Pass {
    /// A pass for what was decided to go, with what is to be looked at meanwhile.
    ///
    /// `None` for what was not.
    pub fn of(
        decision: &Decision,
        (target, label): (Target, String),
        spend: SpendGuard,
        watched: Vec<Watched>,
    ) -> Option<Self> {
        (*decision == Decision::Go).then(|| {
            Self(Arc::new(Leave {
                target,
                label,
                spend,
                watched,
            }))
        })
    }

    /// Where it may go.
    pub fn target(&self) -> &Target {
        &self.0.target
    }

    /// What it is called on the screen: `aws ****9012`.
    pub fn label(&self) -> &str {
        &self.0.label
    }

    /// The cap.
    pub fn cap(&self) -> Usd {
        self.0.spend.view().cap
    }

    /// What keeps the cap; every run of one command has the same.
    pub fn spend(&self) -> &SpendGuard {
        &self.0.spend
    }

    /// What is to be looked at.
    pub fn watched(&self) -> &[Watched] {
        &self.0.watched
    }
}

#[cfg(test)]
mod tests;
