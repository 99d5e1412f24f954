//! What `bedrill serve --tui` shows, gathered twice a second from the journal and the world.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::catalog::QuotaFamily;
use crate::cli::signals::Interrupt;
use crate::clock::{Clock, Moment};
use crate::emulator::journal::{CallRecord, CallerCountsLine, CallerId, Journal};
use crate::emulator::service::WorldControl;
use crate::emulator::world::hand::QuotaLevel;
use crate::event::FailureKind;
use crate::seed::Seed;
use crate::tui::arrivals::{Arrivals, ArrivalsPage, CallerRow, QuotaRow, Recent};
use crate::tui::theme::{Theme, ThemeName};

/// Between two pictures.
const FRAME: Duration = Duration::from_millis(500);
/// What is called recent.
const WINDOW: Duration = Duration::from_secs(10);
/// Quotas shown.
const MOST_QUOTAS: usize = 12;

/// Gathers what the page shows.
pub struct View {
    control: WorldControl,
    journal: Arc<Journal>,
    url: String,
    seed: u64,
}

impl View {
    /// Of a server at an address.
    pub fn new(control: WorldControl, journal: Arc<Journal>, (addr, seed): (SocketAddr, Seed)) -> Self {
        Self {
            control,
            journal,
            url: format!("http://{addr}"),
            seed: seed.number(),
        }
    }

    /// Shows the page until somebody leaves it or a signal comes.
    pub async fn show(&self, clock: &Clock, interrupt: &Interrupt) -> color_eyre::Result<()> {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let name = if plain { ThemeName::Plain } else { ThemeName::Dark };
        let mut page = ArrivalsPage::open(Theme::named(name))?;
        while !interrupt.came() && !page.show(&self.arrivals(clock.now()))? {
            clock.sleep(FRAME).await;
        }
        Ok(())
    }

    fn arrivals(&self, now: Moment) -> Arrivals {
        let log = self.journal.log();
        let recent: Vec<&CallRecord> = (log.iter().rev())
            .take_while(|record| now.since(record.ended_at) < WINDOW)
            .map(AsRef::as_ref)
            .collect();
        let faults = self.control.faults();
        let mut quotas: Vec<QuotaRow> = self.control.quota_levels().iter().map(quota).collect();
        let spent = |row: &QuotaRow| row.requests.unwrap_or(0.0).max(row.tokens.unwrap_or(0.0));
        quotas.sort_by(|one, other| spent(other).total_cmp(&spent(one)));
        quotas.truncate(MOST_QUOTAS);
        let span = WINDOW.min(now.since_start()).as_secs_f64().max(0.1);
        let callers = self.journal.callers();
        Arrivals {
            url: self.url.clone(),
            up: now.since_start(),
            seed: self.seed,
            callers: callers.iter().map(|line| caller(line, &recent, span)).collect(),
            recent: summed(&recent, span),
            quotas,
            faults: (faults.iter())
                .filter(|plan| plan.begins_at <= now)
                .map(|plan| (plan.label(), plan.ends_at().since(now)))
                .collect(),
        }
    }
}

fn summed(recent: &[&CallRecord], span: f64) -> Recent {
    let all = recent.len() as f64;
    let share = |wanted: fn(FailureKind) -> bool| {
        let found = recent
            .iter()
            .filter(|record| record.end.failure().is_some_and(wanted));
        (all > 0.0).then(|| found.count() as f64 / all)
    };
    let is_throttle = |kind| matches!(kind, FailureKind::Throttled | FailureKind::NotReady);
    let mut took: Vec<Duration> = (recent.iter())
        .filter(|record| record.end.failure().is_none())
        .map(|record| record.ended_at.since(record.head.arrived))
        .collect();
    took.sort_unstable();
    let quantile =
        |share: f64| took.get(((took.len() as f64 * share) as usize).min(took.len().saturating_sub(1)));
    Recent {
        rate: all / span,
        throttled: share(is_throttle),
        failed: share(|kind| !matches!(kind, FailureKind::Throttled | FailureKind::NotReady)),
        p50: quantile(0.5).copied(),
        p99: quantile(0.99).copied(),
    }
}

fn caller(line: &CallerCountsLine, recent: &[&CallRecord], span: f64) -> CallerRow {
    let CallerId { name, access_key } = &line.caller;
    let calls = recent
        .iter()
        .filter(|record| record.head.caller == line.caller)
        .count();
    let counts = &line.counts;
    CallerRow {
        name: format!("{name} {}", access_key.as_deref().unwrap_or("bearer key")),
        agent: line.user_agent.to_string(),
        counts: [
            counts.calls,
            counts.in_flight,
            counts.served,
            counts.throttled,
            counts.failed,
        ],
        rate: calls as f64 / span,
    }
}

fn quota(level: &QuotaLevel) -> QuotaRow {
    let family = match level.family {
        QuotaFamily::OnDemand => "",
        QuotaFamily::CrossRegion => " profile",
        QuotaFamily::Global => " global",
    };
    QuotaRow {
        name: format!("{} {}{family}", level.region, level.model),
        requests: level.requests,
        tokens: level.tokens,
    }
}
