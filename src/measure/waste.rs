//! What a shot cost beyond its answer: money, tokens, and work that was done twice.

use crate::catalog::Catalog;
use crate::event::{Attempt, AttemptEnd, FailureKind, ShotRecord};
use crate::units::Usd;

/// What was spent on a shot and did not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Waste {
    /// Money beyond the answer that counted: all of it for a lost shot.
    pub(super) cost: Usd,
    /// Output tokens of failed attempts, where the service said so.
    pub(super) tokens: u64,
    /// Whether more than one attempt was, or may have been, served or billed.
    pub(super) served_twice: bool,
}

impl Waste {
    /// Of a finished shot.
    pub(super) fn of(record: &ShotRecord, catalog: &Catalog) -> Self {
        let failed = record
            .attempts
            .iter()
            .filter(|attempt| attempt.failure().is_some());
        Self {
            cost: extra_cost(record, catalog),
            tokens: failed
                .filter_map(|attempt| attempt.usage)
                .map(|usage| usage.output)
                .sum(),
            served_twice: record
                .attempts
                .iter()
                .filter(|attempt| took_work(attempt))
                .count()
                > 1,
        }
    }
}

fn extra_cost(record: &ShotRecord, catalog: &Catalog) -> Usd {
    if !record.succeeded() {
        return record.cost;
    }
    let Some(last) = record.attempts.last().filter(|_| record.attempts.len() > 1) else {
        return Usd::ZERO;
    };
    // Without a price nothing can be called extra.
    let answered = last.invoked.as_ref().unwrap_or(&last.route.target);
    catalog.resolve(answered.as_str()).map_or(Usd::ZERO, |resolved| {
        record.cost - resolved.model().cost(resolved.quota_family(), record.usage)
    })
}

/// Whether the service worked on an attempt, as far as its caller can tell: it was answered, a part
/// of an answer came, or the caller gave it up with no word from the service. Of the last nobody at
/// this end knows: a silent endpoint did nothing, a slow one went on and bills it.
fn took_work(attempt: &Attempt) -> bool {
    match &attempt.end {
        AttemptEnd::Served => true,
        AttemptEnd::Failed(failure) => {
            let left_in_silence = matches!(
                failure.kind,
                FailureKind::Timeout
                    | FailureKind::StreamIdle
                    | FailureKind::StreamCut
                    | FailureKind::Deadline
            );
            attempt.first_token_at.is_some()
                || attempt.usage.is_some_and(|usage| usage.output > 0)
                || (left_in_silence && !attempt.injected)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Moment;
    use crate::event::ShotEnd;
    use crate::measure::fold::fixture::{attempt, plan, shot};
    use crate::units::TokenUsage;

    /// A shot whose first attempt ended so, and whose second was served.
    fn after(first: Option<FailureKind>, change: impl FnOnce(&mut Attempt)) -> bool {
        let mut record = shot(0, 0, 0, 900, ShotEnd::Succeeded);
        let mut given_up = attempt(0, Moment::ZERO, Moment::from_millis(400), first);
        change(&mut given_up);
        record.attempts.insert(0, given_up);
        Waste::of(&record, &plan(1).catalog).served_twice
    }

    #[test]
    fn a_shot_is_served_twice_where_the_service_went_on_after_its_caller_had_given_up() {
        assert!(after(Some(FailureKind::Timeout), |_| {}));
        assert!(after(Some(FailureKind::StreamIdle), |_| {}));
        assert!(after(Some(FailureKind::Internal), |attempt| {
            attempt.usage = Some(TokenUsage {
                output: 3,
                ..TokenUsage::default()
            });
        }));
        for refused in [
            FailureKind::Throttled,
            FailureKind::Unavailable,
            FailureKind::Connection,
            FailureKind::ModelTimeout,
        ] {
            assert!(!after(Some(refused), |_| {}), "{refused}");
        }
        assert!(
            !after(Some(FailureKind::Timeout), |attempt| attempt.injected = true),
            "what was held back at the client never reached the service"
        );
        let once = shot(0, 0, 0, 900, ShotEnd::Failed(FailureKind::Timeout));
        assert!(!Waste::of(&once, &plan(1).catalog).served_twice);
    }
}
