//! Who keeps the routers of pattern 2: makes one for each setting of the dial and announces it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::bedrock::{Clients, Control, RouterAsk, RouterFound};
use crate::clock::Clock;
use crate::drill::rig::Rig;
use crate::event::sighting::{RouterInUse, Seen, Sighting};
use crate::event::{Event, Fact, Failure};
use crate::measure::EventSink;
use crate::measure::special::{ModelTrack, RoutingTrack, Way};
use crate::names::{ModelRef, PatternKey};
use crate::patterns::plan::RoutingPlan;
use crate::patterns::routing::{DIFFERENCE, RouterBook, RouterPlan, RoutingArm};
use crate::patterns::tunes::Tunes;

/// How often the dial is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// After a refusal it is tried again this much later.
const RETRY: Duration = Duration::from_secs(2);
/// Routers that were made and are no longer called stay for so many turns of the dial: a shot that
/// is on its way may still be retried. Older ones are taken away.
const KEPT: usize = 8;

/// What is to be measured of a plan.
pub fn track(plan: &RoutingPlan) -> RoutingTrack {
    let models = plan.models.clone().map(|model| ModelTrack {
        name: model.name,
        targets: model.targets,
    });
    let ways = plan.arms.iter().map(|(id, arm)| {
        let way = match arm {
            RoutingArm::Router | RoutingArm::ProfileRouter => Way::Router,
            RoutingArm::AlwaysLarge => Way::Large,
            RoutingArm::AlwaysSmall => Way::Small,
        };
        (*id, way)
    });
    RoutingTrack {
        models,
        ways: ways.collect(),
    }
}

/// Keeps the routers of one pattern.
pub struct Steward {
    control: Control,
    clock: Clock,
    sink: EventSink,
    pattern: PatternKey,
    tunes: Tunes,
    keeps: Vec<Keep>,
}

/// One arm's routers.
struct Keep {
    plan: RouterPlan,
    book: Arc<RouterBook>,
    /// The difference of the router in use.
    in_use: Option<f64>,
    /// ARNs of the routers this run made, the one used last at the end.
    made: Vec<String>,
}

impl Steward {
    /// The steward of the pattern at this place of the scenario.
    pub fn new(rig: &Rig, place: usize, plan: &RoutingPlan, (clients, sink): (&Clients, &EventSink)) -> Self {
        let keeps = plan.routers.iter().filter_map(|router| {
            Some(Keep {
                book: rig.router_book(router.arm)?,
                plan: router.clone(),
                in_use: None,
                made: Vec::new(),
            })
        });
        Self {
            control: clients.control(&plan.region),
            clock: rig.clock.clone(),
            sink: sink.clone(),
            pattern: rig.scenario.patterns[place].plan.key.clone(),
            tunes: rig.tunes[place].clone(),
            keeps: keeps.collect(),
        }
    }

    /// Follows the dial until it is told that the run ends; then takes away the routers that this run
    /// made, and no others.
    pub async fn run(mut self, mut ending: watch::Receiver<bool>) {
        loop {
            let wanted = self.tunes.get(DIFFERENCE).map(hundredths);
            let mut pause = LOOK;
            for place in 0..self.keeps.len() {
                let Some(wanted) = wanted.filter(|wanted| self.keeps[place].in_use != Some(*wanted)) else {
                    continue;
                };
                if self.install(place, wanted).await.is_none() {
                    pause = RETRY;
                }
            }
            tokio::select! {
                biased;
                // An error means that the run is gone.
                _ = ending.wait_for(|ending| *ending) => break,
                () = self.clock.sleep(pause) => {}
            }
        }
        for keep in &mut self.keeps {
            keep.tidy(&self.control, 0).await;
        }
    }

    /// Puts the router of a difference to use; tells what came of it. `None`: there is none.
    async fn install(&mut self, place: usize, difference: f64) -> Option<()> {
        let keep = &mut self.keeps[place];
        let found = keep.router(&self.control, difference).await;
        let at = self.clock.now();
        let (seen, installed) = match found {
            Ok(router) => {
                keep.book.announce(&router.arn);
                keep.in_use = Some(difference);
                let id = router.fallback.rsplit('/').next().unwrap_or_default();
                let seen = Seen::Router(RouterInUse {
                    arm: keep.plan.arm,
                    fallback: ModelRef::from(id),
                    name: router.name,
                    arn: router.arn,
                    difference: router.difference,
                });
                (seen, Some(()))
            }
            Err(failure) => {
                keep.book.refuse(failure.kind);
                let seen = Seen::Failed {
                    what: format!("the router {}", keep.plan.name(difference)),
                    why: failure.to_string(),
                };
                (seen, None)
            }
        };
        let sighting = Sighting {
            pattern: self.pattern.clone(),
            of: seen,
        };
        self.sink.tell(Event::new(at, Fact::Seen(Box::new(sighting))));
        installed?;
        self.keeps[place].tidy(&self.control, KEPT).await;
        Some(())
    }
}

impl Keep {
    /// The router of a difference: one of that name and kind which is there already, or a new one.
    async fn router(&mut self, control: &Control, difference: f64) -> Result<RouterFound, Failure> {
        let [small, large] = &self.plan.models;
        let over_profiles = self.plan.over_profiles;
        let ask = RouterAsk {
            name: self.plan.name(difference),
            models: [
                control.model_arn(small, over_profiles).await?,
                control.model_arn(large, over_profiles).await?,
            ],
            fallback: self.plan.fallback,
            difference,
        };
        let there = control.custom_routers().await?;
        if let Some(found) = there.into_iter().find(|router| router.is(&ask)) {
            if let Some(own) = self.made.iter().position(|arn| *arn == found.arn) {
                let own = self.made.remove(own);
                self.made.push(own);
            }
            return Ok(found);
        }
        let arn = control.create_router(&ask).await?;
        self.made.push(arn.clone());
        // What counts is what the service made of it.
        control.router(&arn).await
    }

    /// Takes away the oldest of too many routers that this run made.
    async fn tidy(&mut self, control: &Control, kept: usize) {
        while self.made.len() > kept {
            let oldest = self.made.remove(0);
            if let Err(failure) = control.delete_router(&oldest).await {
                tracing::warn!(%failure, oldest, "a router of this run could not be deleted");
            }
        }
    }
}

/// To the second decimal: a name and a rule need no more.
fn hundredths(difference: f64) -> f64 {
    (difference * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests;
