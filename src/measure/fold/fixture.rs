//! What tests of the fold and of the engine are made from.

use std::collections::BTreeMap;

use super::*;
use crate::catalog::Catalog;
use crate::event::{ArmId, Attempt, AttemptEnd, Failure, FailureKind, Route, ShotEnd, ShotId};
use crate::measure::{ArmTrack, EventFeed};
use crate::units::TokenUsage;

/// A route in a region.
pub(crate) fn route(region: &str) -> Arc<Route> {
    Arc::new(Route {
        region: region.into(),
        target: "m".into(),
        model: "m".into(),
        provider: "Maker".into(),
        label: region.into(),
    })
}

/// A plan of one pattern whose arms go to two regions, with breakers.
pub(crate) fn plan(arms: u16) -> FoldPlan {
    let arm = |id| ArmTrack {
        id: ArmId(id),
        key: format!("arm {id}").into(),
        about: "two regions".to_owned(),
        chain: vec![route("east"), route("west")],
        breakers: true,
    };
    FoldPlan {
        run: RunInfo {
            scenario: "test".to_owned(),
            description: String::new(),
            target: "nothing".to_owned(),
            seed: 7,
            virtual_time: true,
            duration: None,
            assumptions: Vec::new(),
        },
        patterns: vec![PatternTrack {
            key: "fallback".into(),
            arms: (0..arms).map(arm).collect(),
            special: None,
        }],
        catalog: Arc::new(Catalog {
            regions: BTreeMap::new(),
            models: BTreeMap::new(),
            profiles: BTreeMap::new(),
            offers: crate::catalog::Offers::default(),
            provenance: crate::catalog::provenance::Provenance::default(),
            fingerprint: 0,
        }),
        budget: None,
        evidence: crate::measure::evidence::EvidencePlan::default(),
    }
}

/// An attempt at a hop of that plan.
pub(crate) fn attempt(hop: u8, sent_at: Moment, ended_at: Moment, failure: Option<FailureKind>) -> Attempt {
    let route = route(["east", "west"][usize::from(hop)]);
    Attempt {
        hop,
        number: 1,
        backoff: Duration::ZERO,
        sent_at,
        first_token_at: None,
        ended_at,
        end: failure.map_or(AttemptEnd::Served, |kind| {
            AttemptEnd::Failed(Failure::local(kind, ""))
        }),
        usage: None,
        served_in: failure.is_none().then(|| route.region.clone()),
        injected: false,
        invoked: None,
        route,
    }
}

/// A shot of one attempt, sent when it was intended.
pub(crate) fn shot(arm: u16, index: u64, intended_ms: u64, took_ms: u64, end: ShotEnd) -> ShotRecord {
    let intended_at = Moment::from_millis(intended_ms);
    let ended_at = Moment::from_millis(intended_ms + took_ms);
    let failure = match end {
        ShotEnd::Failed(kind) => Some(kind),
        _ => None,
    };
    let attempts = match end {
        ShotEnd::Shed => Vec::new(),
        _ => vec![attempt(0, intended_at, ended_at, failure)],
    };
    ShotRecord {
        id: ShotId {
            arm: ArmId(arm),
            index,
        },
        class: crate::event::PromptClass::Simple,
        intended_at,
        started_at: intended_at,
        sent_at: intended_at,
        first_token_at: None,
        ended_at,
        end,
        attempts,
        usage: TokenUsage::default(),
        cost: Usd::from_picos(1),
    }
}

/// The fact of a finished shot.
pub(crate) fn ended(record: ShotRecord) -> Event {
    Event::new(record.ended_at, Fact::ShotEnded(Box::new(record)))
}

/// Folds a feed to its end, taking a snapshot ten times a second, and gives back the last one.
pub(crate) async fn follow(mut feed: EventFeed, clock: crate::clock::Clock, arms: u16) -> Snapshot {
    let mut fold = Fold::new(plan(arms));
    let mut tick = Moment::ZERO;
    loop {
        tokio::select! {
            biased;
            batch = feed.recv() => match batch {
                Some(batch) => batch.into_iter().for_each(|event| fold.take(event)),
                None => break,
            },
            () = clock.sleep_until(tick) => {
                fold.snapshot(tick, &Gauges::default());
                tick += Duration::from_millis(100);
            }
        }
    }
    let gauges = Gauges {
        finished: true,
        lost_events: feed.lost(),
        ..Gauges::default()
    };
    fold.snapshot(clock.now(), &gauges)
}
