//! Buys units while the drill runs, waits for them, and tries to delete them: the life of a purchase
//! for everybody to see, on the embedded emulator alone.

use std::time::Duration;

use crate::bedrock::Clients;
use crate::bedrock::control::Control;
use crate::bedrock::control::provisioned::{Purchase, UnitPurchases};
use crate::clock::{Clock, Moment};
use crate::event::{Event, Fact};
use crate::measure::EventSink;
use crate::measure::special::provisioned::{BuyPlan, ProvisionedTrack};
use crate::names::ModelRef;

/// Between two looks at a purchase.
const EVERY: Duration = Duration::from_secs(1);

/// Whoever buys.
pub(super) struct Buyer {
    purchases: UnitPurchases,
    control: Control,
    clock: Clock,
    sink: EventSink,
}

impl Buyer {
    /// A buyer; `None` where units would cost money.
    pub(super) fn new(
        track: &ProvisionedTrack,
        clock: &Clock,
        clients: &Clients,
        sink: &EventSink,
    ) -> Option<Self> {
        Some(Self {
            purchases: clients.unit_purchases(&track.region)?,
            control: clients.control(&track.region),
            clock: clock.clone(),
            sink: sink.clone(),
        })
    }

    /// Buys as planned and tells each step.
    pub(super) async fn live(self, plan: BuyPlan, model: String) {
        self.clock.sleep_until(Moment::ZERO + plan.at).await;
        let order = Purchase {
            name: "bought-in-the-drill".to_owned(),
            model,
            units: plan.units,
            commitment: plan.commitment,
        };
        let begun = self.clock.now();
        match self.purchases.buy(&order).await {
            Err(why) => self.tell(format!("buying {} is refused: {why}", order.name)),
            Ok(arn) => {
                self.tell(format!("{} is bought and created", order.name));
                if self.comes(&arn, &order.name, begun).await {
                    let told = match self.purchases.delete(arn.as_str()).await {
                        Ok(()) => format!("{} is deleted at once: no term", order.name),
                        Err(why) => format!("deleting {} is refused: {why}", order.name),
                    };
                    self.tell(told);
                }
            }
        }
    }

    /// Waits until a purchase is in service; `false` if it never comes.
    async fn comes(&self, arn: &ModelRef, name: &str, begun: Moment) -> bool {
        loop {
            self.clock.sleep(EVERY).await;
            // A look that fails is told by those who list; the next one may not.
            let Ok(unit) = self.control.unit(arn.as_str()).await else {
                continue;
            };
            match unit.status.as_str() {
                "InService" => {
                    let took = self.clock.now().since(begun).as_secs();
                    self.tell(format!("{name} is in service after {took}s"));
                    return true;
                }
                "Failed" => {
                    let why = unit.failure.unwrap_or_default();
                    self.tell(format!("{name} has failed: {why}"));
                    return false;
                }
                _ => {}
            }
        }
    }

    fn tell(&self, words: String) {
        self.sink.tell(Event::new(self.clock.now(), Fact::Noted(words)));
    }
}
