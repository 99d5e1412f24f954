//! The tables `[[fault]]`.

use std::time::Duration;

use super::{DAY, FaultSpec, NameBook, duration_of};
use crate::clock::Moment;
use crate::event::FaultId;
use crate::fault::{Cut, FaultKind, FaultPlan, FaultShape, Outage, Scope};
use crate::names::PatternKey;
use crate::patterns;
use crate::toml::{Item, Table};
use crate::units::Share;

const OUTAGES: [(&str, Outage); 2] = [("refused", Outage::Refused), ("silent", Outage::Silent)];
const CUTS: [(&str, Cut); 2] = [("exception", Cut::Exception), ("reset", Cut::Reset)];
const PLACES: [(&str, bool); 2] = [("emulator", false), ("client", true)];
const MILLI: Duration = Duration::from_millis(1);

/// Reads a fault, the `number`-th of the file; `None` if something it cannot be without is wrong.
pub fn read<'d>(table: Table<'d>, number: u32, names: NameBook<'_>) -> Option<FaultSpec<'d>> {
    let kind = table.need("kind").and_then(|kind| {
        let kinds = FaultKind::ALL.map(|kind| (kind.key(), kind));
        let kinds: Vec<(&str, FaultKind)> = kinds.iter().map(|(key, kind)| (*key, *kind)).collect();
        kind.choice(&kinds)
    });
    let begins = table
        .need("begins")
        .and_then(|begins| begins.duration(Duration::ZERO..=DAY));
    let lasts = table.need("lasts").and_then(|lasts| lasts.duration(MILLI..=DAY));
    let struck = table.take("share");
    let struck = struck.map_or(Some(Share::ALL), |share| share.share());
    let shape = table.take("shape");
    let shape = shape.map_or(Some(FaultShape::Step), |shape| read_shape(&shape));
    let scope = table.take("scope");
    let scope = scope.map_or_else(|| Some(Scope::default()), |scope| read_scope(&scope, names));
    let at_client = table.take("at").and_then(|at| at.choice(&PLACES));
    let kind = with_options(&table, kind?);
    table.finish();
    let plan = FaultPlan {
        id: FaultId(number),
        kind: kind?,
        scope: scope?,
        share: struck?,
        shape: shape?,
        begins_at: Moment::ZERO + begins?,
        lasts: lasts?,
        at_client: at_client.unwrap_or(false),
    };
    Some(FaultSpec { plan, table })
}

/// The kind with its own options; what the file leaves out is of the usual strength.
fn with_options(table: &Table<'_>, kind: FaultKind) -> Option<FaultKind> {
    Some(match kind {
        FaultKind::Latency { added, sigma } => {
            let wanted = duration_of(table, "added", MILLI..=DAY);
            let spread = table.take("sigma");
            FaultKind::Latency {
                added: wanted.unwrap_or(added),
                sigma: spread.map_or(Some(sigma), |sigma| sigma.number(0.0..=3.0))?,
            }
        }
        FaultKind::SlowStream { factor } => {
            let wanted = table.take("factor");
            FaultKind::SlowStream {
                factor: wanted.map_or(Some(factor), |factor| factor.number(1.0..=1_000.0))?,
            }
        }
        FaultKind::CutStream { after_tokens, how } => {
            let after = table.take("after_tokens");
            let wanted = table.take("how");
            FaultKind::CutStream {
                after_tokens: after.map_or(Some(after_tokens), |after| after.integer(0..=1_000_000))?,
                how: wanted.map_or(Some(how), |how| how.choice(&CUTS))?,
            }
        }
        FaultKind::EndpointOutage(usual) => {
            let outage = table.take("outage");
            FaultKind::EndpointOutage(outage.map_or(Some(usual), |outage| outage.choice(&OUTAGES))?)
        }
        FaultKind::Throttle
        | FaultKind::LoweredQuota
        | FaultKind::Unavailable
        | FaultKind::Internal
        | FaultKind::ModelTimeout
        | FaultKind::NotReady
        | FaultKind::CapacityOutage
        | FaultKind::Denied
        | FaultKind::InvalidModel
        | FaultKind::Poisoned => kind,
    })
}

/// `"step"`, `"ramp"` or `{ on = "5s", off = "10s" }`.
fn read_shape(item: &Item<'_>) -> Option<FaultShape> {
    if item.is_table() {
        let table = item.table()?;
        let span = |key| table.need(key).and_then(|span| span.duration(MILLI..=DAY));
        let (on, off) = (span("on"), span("off"));
        table.finish();
        return Some(FaultShape::Pulse { on: on?, off: off? });
    }
    item.choice(&[("step", FaultShape::Step), ("ramp", FaultShape::Ramp)])
}

fn read_scope(item: &Item<'_>, names: NameBook<'_>) -> Option<Scope> {
    let table = item.table()?;
    let region = table.take("region").and_then(|item| names.region(&item));
    let model = table.take("model").and_then(|item| names.model(&item));
    let target = table.take("target").and_then(|item| names.target(&item));
    let provider = table.take("provider").and_then(|item| names.provider(&item));
    let keys = patterns::TABLE.map(|row| (row.key, row.key));
    let pattern = table.take("pattern").and_then(|item| item.choice(&keys));
    table.finish();
    Some(Scope {
        region,
        model,
        target,
        provider,
        pattern: pattern.map(PatternKey::from),
    })
}
