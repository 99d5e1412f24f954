//! Looks at the account's units every two seconds, as a person with the console would.

mod purchase;

use std::time::Duration;

use tokio::task::{AbortHandle, spawn_local};

use crate::bedrock::Clients;
use crate::bedrock::control::Control;
use crate::bedrock::control::provisioned::UnitFailure;
use crate::clock::Clock;
use crate::event::sighting::Seen;
use crate::event::sighting::provisioned::{UnitSeen, UnitsSeen};
use crate::event::{Event, Fact, Sighting};
use crate::measure::EventSink;
use crate::measure::special::provisioned::ProvisionedTrack;
use crate::names::PatternKey;
use purchase::Buyer;

const EVERY: Duration = Duration::from_secs(2);

/// Looks until it is aborted, and buys where the scenario says so and nothing is charged.
pub fn ask(track: &ProvisionedTrack, clock: &Clock, clients: &Clients, sink: &EventSink) -> Vec<AbortHandle> {
    let buyer = track.buys.zip(Buyer::new(track, clock, clients, sink));
    let buying = buyer.map(|(plan, buyer)| spawn_local(buyer.live(plan, track.variant.clone())));
    let looking = look_on(track, clock, clients, sink);
    let buying = buying.map(|task| task.abort_handle());
    buying.into_iter().chain([looking]).collect()
}

fn look_on(track: &ProvisionedTrack, clock: &Clock, clients: &Clients, sink: &EventSink) -> AbortHandle {
    let control = clients.control(&track.region);
    let (clock, sink) = (clock.clone(), sink.clone());
    let task = spawn_local(async move {
        loop {
            let of = match look(&control).await {
                Ok(units) => Seen::Units(UnitsSeen { units }),
                Err(why) => Seen::Failed {
                    what: "units".to_owned(),
                    why: why.to_string(),
                },
            };
            let pattern = PatternKey::from("provisioned");
            let sighting = Box::new(Sighting { pattern, of });
            sink.tell(Event::new(clock.now(), Fact::Seen(sighting)));
            clock.sleep(EVERY).await;
        }
    });
    task.abort_handle()
}

/// Lists the units; those that failed are asked why.
async fn look(control: &Control) -> Result<Vec<UnitSeen>, UnitFailure> {
    let mut units = control.units().await?;
    for unit in units.iter_mut().filter(|unit| unit.status == "Failed") {
        *unit = control.unit(unit.arn.as_str()).await?;
    }
    Ok(units)
}

#[cfg(test)]
mod tests;
