//! Looks once a second at what the outside world saw of a gateway.

use std::sync::Arc;

use crate::clock::{Clock, Moment};
use crate::drill::gateway::GatewayRig;
use crate::drill::rig::Rig;
use crate::emulator::service::WorldControl;
use crate::event::sighting::Seen;
use crate::event::{Event, Fact, Sighting};
use crate::measure::EventSink;
use crate::names::PatternKey;

/// Tells what the emulator's book says of a gateway's calls.
#[derive(Clone, Debug)]
pub struct GatewayWatch {
    gateway: Arc<GatewayRig>,
    pattern: PatternKey,
    world: WorldControl,
    clock: Clock,
}

impl GatewayWatch {
    /// A watch that has told how the gateway passed its check; `None` for a run without one.
    pub fn new(rig: &Rig, pattern: PatternKey, sink: &EventSink) -> Option<Self> {
        let watch = Self {
            gateway: rig.gateway.clone()?,
            pattern,
            world: rig.world.clone(),
            clock: rig.clock.clone(),
        };
        if let Some(check) = watch.gateway.check.clone() {
            watch.tell(sink, Seen::GatewayCheck(check));
        }
        Some(watch)
    }

    /// At the end of each whole second, so that what is seen is of that second.
    pub async fn every_second(self, sink: EventSink) {
        let mut second = self.clock.now().as_secs();
        loop {
            second += 1;
            self.clock.sleep_until(Moment::from_secs(second)).await;
            self.look(&sink);
        }
    }

    /// Looks now.
    pub fn look(&self, sink: &EventSink) {
        self.tell(sink, Seen::Gateway(self.gateway.look(&self.world)));
    }

    fn tell(&self, sink: &EventSink, of: Seen) {
        let pattern = self.pattern.clone();
        let fact = Fact::Seen(Box::new(Sighting { pattern, of }));
        sink.tell(Event::new(self.clock.now(), fact));
    }
}
