//! Calling through a prompt router that can be exchanged while traffic runs.
//!
//! No operation changes a router: another threshold is another router with another ARN. Somebody
//! else (the drill) makes it and announces it in the arm's [`RouterBook`]; shots that are fired from
//! then on call it. A shot that is on its way stays with the router it began with.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::watch;

use super::chain::{Chain, ChainPlan};
use super::plan::{ArmPlan, TunePlan};
use crate::clock::Moment;
use crate::event::{ArmId, FailureKind, Route, ShotEnd};
use crate::load::{Fire, Fired, Shot};
use crate::names::{ModelRef, Region};
use crate::units::{TokenUsage, Usd};

/// The key of the dial that moves the threshold.
pub const DIFFERENCE: &str = "quality-difference";

/// The dial of the threshold, in points of 100.
pub const fn difference_dial(start: f64) -> TunePlan {
    TunePlan {
        key: DIFFERENCE,
        label: "quality difference",
        unit: "%",
        least: 0.0,
        most: 100.0,
        step: 5.0,
        start,
    }
}

/// What pattern 2 needs beside its arms.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutingPlan {
    /// Where the routers live.
    pub region: Region,
    /// The two models, the smaller first.
    pub models: [RoutedModel; 2],
    /// Who calls what.
    pub arms: Vec<(ArmId, RoutingArm)>,
    /// The routers to be made, one for each arm that calls through one.
    pub routers: Vec<RouterPlan>,
}

/// One of the two models.
#[derive(Clone, Debug, PartialEq)]
pub struct RoutedModel {
    /// Its name.
    pub name: String,
    /// All that it is called by: the bare identifier and its profiles.
    pub targets: Vec<ModelRef>,
}

/// A router that is to be made for whatever difference the dial shows.
#[derive(Clone, Debug, PartialEq)]
pub struct RouterPlan {
    /// The arm that calls it.
    pub arm: ArmId,
    /// How its names begin; the difference is put behind.
    pub stem: String,
    /// Its models or profiles, the smaller first.
    pub models: [ModelRef; 2],
    /// Whether they are profiles.
    pub over_profiles: bool,
    /// Which of them is the fallback model: 0 or 1.
    pub fallback: usize,
}

impl RouterPlan {
    /// The router's name for a difference: letters, digits and single strokes.
    pub fn name(&self, difference: f64) -> String {
        let shown = difference.to_string().replace('.', "-");
        format!("{}-{shown}", self.stem)
    }
}

/// A way of calling within pattern 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RoutingArm {
    /// A router over two bare models.
    Router,
    /// A router over two profiles: patterns 1 and 2 together.
    ProfileRouter,
    /// The larger model for every prompt.
    AlwaysLarge,
    /// The smaller one for every prompt.
    AlwaysSmall,
}

impl RoutingArm {
    /// Every arm, in the order of the panel.
    pub const ALL: [Self; 4] = [
        Self::Router,
        Self::ProfileRouter,
        Self::AlwaysLarge,
        Self::AlwaysSmall,
    ];

    /// Its key in scenarios and reports.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Router => "router",
            Self::ProfileRouter => "profile router",
            Self::AlwaysLarge => "always large",
            Self::AlwaysSmall => "always small",
        }
    }
}

/// Which router an arm calls now. One value for all runtimes, in an `Arc`.
#[derive(Debug)]
pub struct RouterBook {
    standing: watch::Sender<Standing>,
}

#[derive(Clone, Debug)]
enum Standing {
    /// Nobody has made one yet.
    Awaited,
    /// This one.
    Ready(Arc<str>),
    /// There is none, and the service says why.
    Refused(FailureKind),
}

impl Default for RouterBook {
    fn default() -> Self {
        Self {
            standing: watch::Sender::new(Standing::Awaited),
        }
    }
}

impl RouterBook {
    /// Shots call this router from now on.
    pub fn announce(&self, arn: &str) {
        self.standing.send_replace(Standing::Ready(arn.into()));
    }

    /// No router could be made. One that was announced before stays in use.
    pub fn refuse(&self, why: FailureKind) {
        self.standing.send_if_modified(|standing| {
            let unready = !matches!(standing, Standing::Ready(_));
            if unready {
                *standing = Standing::Refused(why);
            }
            unready
        });
    }

    /// The router in use; waits for the first one to be made or refused.
    async fn router(&self) -> Result<Arc<str>, FailureKind> {
        let mut seen = self.standing.subscribe();
        let settled = seen.wait_for(|standing| !matches!(standing, Standing::Awaited));
        match settled.await.as_deref() {
            Ok(Standing::Ready(arn)) => Ok(Arc::clone(arn)),
            Ok(Standing::Refused(why)) => Err(*why),
            // The sender is ours: it cannot be gone.
            Ok(Standing::Awaited) | Err(_) => Err(FailureKind::Other),
        }
    }
}

/// Fires the shots of one arm through the router in its book.
#[derive(Debug)]
pub struct RouterCaller {
    plan: ChainPlan,
    book: Arc<RouterBook>,
    /// The router that was called last and the chain to it.
    current: RefCell<Option<(Arc<str>, Rc<Chain>)>>,
}

impl RouterCaller {
    /// A caller by the arm of `plan`, whose one route stands in for a router.
    pub const fn new(plan: ChainPlan, book: Arc<RouterBook>) -> Self {
        Self {
            plan,
            book,
            current: RefCell::new(None),
        }
    }

    /// The chain to a router; made once for each.
    fn chain(&self, arn: &Arc<str>) -> Rc<Chain> {
        let mut current = self.current.borrow_mut();
        if let Some((known, chain)) = &*current
            && known == arn
        {
            return Rc::clone(chain);
        }
        let called = |route: &Arc<Route>| {
            Arc::new(Route {
                target: ModelRef::from(&**arn),
                ..Route::clone(route)
            })
        };
        let arm = ArmPlan {
            chain: self.plan.arm.chain.iter().map(called).collect(),
            ..ArmPlan::clone(&self.plan.arm)
        };
        let chain = Rc::new(Chain::new(ChainPlan {
            arm: Arc::new(arm),
            ..self.plan.clone()
        }));
        *current = Some((Arc::clone(arn), Rc::clone(&chain)));
        chain
    }

    async fn ready(&self, deadline: Moment) -> Result<Rc<Chain>, FailureKind> {
        let router = self.plan.clock.until(deadline, self.book.router()).await;
        let arn = router.ok_or(FailureKind::Deadline)??;
        Ok(self.chain(&arn))
    }
}

impl Fire for RouterCaller {
    async fn fire(&self, shot: Shot) -> Fired {
        let deadline = shot.sent_at + self.plan.arm.policy.deadline;
        match self.ready(deadline).await {
            Ok(chain) => chain.fire(shot).await,
            Err(why) => Fired {
                end: ShotEnd::Failed(why),
                attempts: Vec::new(),
                first_token_at: None,
                usage: TokenUsage::default(),
                cost: Usd::ZERO,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_router_in_use_outlives_a_refusal() {
        let book = RouterBook::default();
        book.refuse(FailureKind::Denied);
        assert_eq!(book.router().await, Err(FailureKind::Denied));
        book.announce("arn:one");
        book.refuse(FailureKind::Connection);
        assert_eq!(book.router().await.as_deref(), Ok("arn:one"));
    }

    #[test]
    fn names_hold_nothing_that_the_service_refuses() {
        let plan = RouterPlan {
            arm: ArmId(0),
            stem: "bedrill-nova-lite-nova-pro-router".to_owned(),
            models: [ModelRef::from("a"), ModelRef::from("b")],
            over_profiles: false,
            fallback: 0,
        };
        assert_eq!(plan.name(10.0), "bedrill-nova-lite-nova-pro-router-10");
        assert_eq!(plan.name(0.5), "bedrill-nova-lite-nova-pro-router-0-5");
    }
}
