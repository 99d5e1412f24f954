//! The faults of a run: numbered, handed to whoever can cause them, told when they begin and end,
//! and lifted for certain.
//!
//! Pure but for the handing over, which goes through [`Inject`]: the emulator's world, or the
//! client's transport.

use std::time::Duration;

use thiserror::Error;

use crate::clock::Moment;
use crate::event::{Asker, Event, Fact, FaultEndCause, FaultId};
use crate::fault::{FaultKind, FaultPlan, FaultShape, Scope};
use crate::units::Share;

/// Something that can break things.
pub trait Inject {
    /// Takes a fault on; it strikes from `begins_at` to `ends_at` by itself.
    fn inject(&self, plan: FaultPlan);
    /// Lets go of a fault; `false` if it had none of that number.
    fn lift(&self, id: FaultId) -> bool;
    /// Whether it still has a fault of that number.
    fn has(&self, id: FaultId) -> bool;
}

/// What is asked for when somebody breaks something now.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultWish {
    /// What.
    pub kind: FaultKind,
    /// Where.
    pub scope: Scope,
    /// How much.
    pub share: Share,
    /// Its course.
    pub shape: FaultShape,
    /// How long.
    pub lasts: Duration,
}

/// Why a fault was not taken on.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FaultRefusal {
    /// No client can cause it.
    #[error(
        "{kind} cannot be injected at the client: only the emulator can take a region's capacity or a quota away"
    )]
    ClientCannot {
        /// The kind's key.
        kind: &'static str,
    },
    /// A fault without a length would never be lifted.
    #[error("a fault must last longer than nothing")]
    NoTime,
}

/// The faults of a run. `W` breaks the emulator's world (none when the target is not embedded),
/// `C` breaks the client's transport.
#[derive(Debug)]
pub struct FaultDesk<W, C> {
    world: Option<W>,
    client: C,
    next: u32,
    standing: Vec<Standing>,
}

#[derive(Clone, Debug)]
struct Standing {
    plan: FaultPlan,
    by: Asker,
    begun: bool,
}

impl<W: Inject, C: Inject> FaultDesk<W, C> {
    /// A desk without faults.
    pub fn new(world: Option<W>, client: C) -> Self {
        Self {
            world,
            client,
            next: 1,
            standing: Vec::new(),
        }
    }

    /// Takes on a fault from the scenario's time line. It gets the run's next number.
    pub fn schedule(&mut self, plan: FaultPlan) -> Result<(), FaultRefusal> {
        self.take_on(plan, Asker::Scenario)
    }

    /// Breaks something from now on.
    pub fn inject(&mut self, now: Moment, wish: FaultWish) -> Result<Vec<Event>, FaultRefusal> {
        let plan = FaultPlan {
            id: FaultId(0),
            kind: wish.kind,
            scope: wish.scope,
            share: wish.share,
            shape: wish.shape,
            begins_at: now,
            lasts: wish.lasts,
            at_client: false,
        };
        self.take_on(plan, Asker::Hand)?;
        Ok(self.tick(now))
    }

    /// Tells what began and ended up to now. Facts carry the planned moment, not that of the look.
    pub fn tick(&mut self, now: Moment) -> Vec<Event> {
        let mut events = Vec::new();
        for fault in &mut self.standing {
            if !fault.begun && fault.plan.begins_at <= now {
                fault.begun = true;
                events.push(began(&fault.plan, fault.by));
            }
        }
        let (over, standing): (Vec<_>, Vec<_>) = std::mem::take(&mut self.standing)
            .into_iter()
            .partition(|fault| fault.plan.ends_at() <= now);
        self.standing = standing;
        for fault in over {
            let at = fault.plan.ends_at();
            events.push(self.end(&fault, at, FaultEndCause::Expired));
        }
        events
    }

    /// Lifts one fault; nothing if there is none of that number.
    pub fn lift(&mut self, now: Moment, id: FaultId) -> Vec<Event> {
        self.end_where(now, FaultEndCause::Lifted, |fault| fault.plan.id == id)
    }

    /// Lifts every fault, those to come included.
    pub fn lift_all(&mut self, now: Moment, cause: FaultEndCause) -> Vec<Event> {
        self.end_where(now, cause, |_| true)
    }

    /// The next moment at which a fault begins or ends, if any stands.
    pub fn next_edge(&self) -> Option<Moment> {
        self.standing
            .iter()
            .map(|fault| {
                if fault.begun {
                    fault.plan.ends_at()
                } else {
                    fault.plan.begins_at
                }
            })
            .min()
    }

    /// Whether a fault is in force.
    pub fn any_active(&self) -> bool {
        self.standing.iter().any(|fault| fault.begun)
    }

    /// The faults in force or to come.
    pub fn plans(&self) -> Vec<FaultPlan> {
        self.standing.iter().map(|fault| fault.plan.clone()).collect()
    }

    fn take_on(&mut self, mut plan: FaultPlan, by: Asker) -> Result<(), FaultRefusal> {
        if plan.lasts.is_zero() {
            return Err(FaultRefusal::NoTime);
        }
        // Only a client knows which pattern calls; only a foreign target leaves no other place.
        plan.at_client |= self.world.is_none() || plan.scope.pattern.is_some();
        if plan.at_client && !plan.kind.client_can() {
            return Err(FaultRefusal::ClientCannot {
                kind: plan.kind.key(),
            });
        }
        plan.id = FaultId(self.next);
        self.next += 1;
        self.injector(&plan).inject(plan.clone());
        self.standing.push(Standing {
            plan,
            by,
            begun: false,
        });
        Ok(())
    }

    fn end_where(
        &mut self,
        now: Moment,
        cause: FaultEndCause,
        which: impl Fn(&Standing) -> bool,
    ) -> Vec<Event> {
        let (over, standing): (Vec<_>, Vec<_>) = std::mem::take(&mut self.standing)
            .into_iter()
            .partition(|fault| which(fault));
        self.standing = standing;
        over.iter()
            .filter_map(|fault| {
                let event = self.end(fault, now, cause);
                // One that never began leaves no trace on the charts.
                fault.begun.then_some(event)
            })
            .collect()
    }

    /// Lets go of a fault, then asks whether it is really gone.
    fn end(&self, fault: &Standing, at: Moment, cause: FaultEndCause) -> Event {
        let injector = self.injector(&fault.plan);
        injector.lift(fault.plan.id);
        Event::new(
            at,
            Fact::FaultEnded {
                id: fault.plan.id,
                label: fault.plan.label(),
                cause,
                verified: !injector.has(fault.plan.id),
            },
        )
    }

    fn injector(&self, plan: &FaultPlan) -> &dyn Inject {
        match &self.world {
            Some(world) if !plan.at_client => world,
            _ => &self.client,
        }
    }
}

fn began(plan: &FaultPlan, by: Asker) -> Event {
    Event::new(
        plan.begins_at,
        Fact::FaultBegan {
            id: plan.id,
            label: plan.label(),
            kind: plan.kind.key().to_owned(),
            ends_at: plan.ends_at(),
            by,
            plan: Box::new(plan.clone()),
        },
    )
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::fault::FaultSet;

    #[derive(Clone, Default)]
    struct Broken(Rc<RefCell<FaultSet>>);

    impl Inject for Broken {
        fn inject(&self, plan: FaultPlan) {
            self.0.borrow_mut().insert(plan);
        }
        fn lift(&self, id: FaultId) -> bool {
            self.0.borrow_mut().remove(id).is_some()
        }
        fn has(&self, id: FaultId) -> bool {
            self.0.borrow().plans().iter().any(|plan| plan.id == id)
        }
    }

    fn wish(kind: FaultKind) -> FaultWish {
        FaultWish {
            kind,
            scope: Scope::default(),
            share: Share::ALL,
            shape: FaultShape::Step,
            lasts: Duration::from_secs(30),
        }
    }

    #[test]
    fn a_fault_ends_by_itself_and_its_end_is_verified() {
        let world = Broken::default();
        let mut desk = FaultDesk::new(Some(world.clone()), Broken::default());
        let began = desk
            .inject(Moment::from_secs(5), wish(FaultKind::CapacityOutage))
            .expect("taken on");
        assert!(matches!(
            &began[..],
            [Event {
                fact: Fact::FaultBegan { id: FaultId(1), .. },
                ..
            }]
        ));
        assert!(world.has(FaultId(1)));
        assert_eq!(desk.next_edge(), Some(Moment::from_secs(35)));
        assert_eq!(desk.tick(Moment::from_millis(34_999)), []);
        let ended = desk.tick(Moment::from_secs(36));
        assert_eq!(
            ended[0].at,
            Moment::from_secs(35),
            "told for when it ended, not for when we looked"
        );
        assert!(matches!(
            ended[0].fact,
            Fact::FaultEnded {
                cause: FaultEndCause::Expired,
                verified: true,
                ..
            }
        ));
        assert!(!world.has(FaultId(1)));
    }

    #[test]
    fn a_pattern_is_struck_at_the_client_and_a_region_in_the_world() {
        let (world, client) = (Broken::default(), Broken::default());
        let mut desk = FaultDesk::new(Some(world.clone()), client.clone());
        let mut at_pattern = wish(FaultKind::Throttle);
        at_pattern.scope.pattern = Some("fallback".into());
        desk.inject(Moment::ZERO, at_pattern).expect("taken on");
        desk.inject(Moment::ZERO, wish(FaultKind::Throttle))
            .expect("taken on");
        assert!(client.has(FaultId(1)) && !world.has(FaultId(1)));
        assert!(world.has(FaultId(2)) && !client.has(FaultId(2)));
        let lifted = desk.lift_all(Moment::from_secs(1), FaultEndCause::RunEnded);
        assert_eq!(lifted.len(), 2);
        assert!(!client.has(FaultId(1)) && !world.has(FaultId(2)));
    }

    #[test]
    fn a_client_is_not_asked_for_what_it_cannot_do() {
        let mut desk: FaultDesk<Broken, _> = FaultDesk::new(None, Broken::default());
        assert_eq!(
            desk.inject(Moment::ZERO, wish(FaultKind::CapacityOutage)),
            Err(FaultRefusal::ClientCannot {
                kind: "capacity-outage"
            })
        );
    }

    #[test]
    fn a_fault_to_come_is_told_when_it_begins_and_not_when_it_is_lifted_before() {
        let mut desk = FaultDesk::new(Some(Broken::default()), Broken::default());
        let later = FaultPlan {
            id: FaultId(0),
            kind: FaultKind::Throttle,
            scope: Scope::default(),
            share: Share::ALL,
            shape: FaultShape::Step,
            begins_at: Moment::from_secs(60),
            lasts: Duration::from_secs(30),
            at_client: false,
        };
        desk.schedule(later.clone()).expect("taken on");
        assert_eq!(desk.tick(Moment::from_secs(59)), []);
        assert_eq!(desk.next_edge(), Some(Moment::from_secs(60)));
        assert_eq!(desk.lift(Moment::from_secs(59), FaultId(1)), []);
        desk.schedule(later).expect("taken on");
        assert_eq!(desk.tick(Moment::from_secs(60)).len(), 1);
    }
}
