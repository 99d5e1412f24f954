//! Facts in words: the event log, and the vertical lines on the charts.

use std::sync::Arc;
use std::time::Duration;

use super::log::{Alike, Line, Log, spoken};
use super::snapshot::{LogEntry, LogKind, Marker, MarkerKind};
use crate::clock::Moment;
use crate::event::{
    ArmId, BreakerMove, BreakerState, Failover, FailureKind, FaultEndCause, ShotEnd, ShotRecord,
};
use crate::names::{ArmKey, PatternKey};

/// Markers kept; the oldest leave first.
const MARKERS: usize = 512;
/// Failovers of an arm closer than this belong to one run of failovers, which has one marker.
const RUN_GAP: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Chronicle {
    arms: Vec<(PatternKey, ArmKey)>,
    /// Each arm's newest failover.
    failed_over_at: Vec<Option<Moment>>,
    log: Log,
    markers: Arc<Vec<Marker>>,
}

impl Chronicle {
    /// `arms`: whose they are and what they are called, by their numbers.
    pub(super) fn new(arms: Vec<(PatternKey, ArmKey)>) -> Self {
        Self {
            failed_over_at: vec![None; arms.len()],
            arms,
            log: Log::default(),
            markers: Arc::default(),
        }
    }

    pub(super) fn markers(&self) -> Arc<Vec<Marker>> {
        Arc::clone(&self.markers)
    }

    pub(super) fn log(&mut self) -> Arc<Vec<LogEntry>> {
        self.log.shown()
    }

    pub(super) fn shot_ended(&mut self, record: Box<ShotRecord>) {
        let awaited = self.log.awaits(record.id);
        let (alike, kind) = match record.end {
            ShotEnd::Succeeded if !awaited => return,
            ShotEnd::Succeeded => {
                self.log.attach_awaited(&Arc::from(record));
                return;
            }
            ShotEnd::Failed(kind) => (Alike::Failed(record.id.arm, kind), LogKind::ShotFailed(kind)),
            ShotEnd::Shed => (Alike::Shed(record.id.arm), LogKind::Shed),
        };
        let folded = self.log.fold(&alike, record.ended_at);
        if folded && !awaited {
            return;
        }
        let record: Arc<ShotRecord> = Arc::from(record);
        if awaited {
            self.log.attach_awaited(&record);
        }
        if !folded {
            let arm = record.id.arm;
            let text = match record.end {
                ShotEnd::Failed(kind) => self.failure_in_words(&record, kind),
                _ => format!("{}: shed, the cap and its queue are full", self.arm(arm)),
            };
            let line = Line {
                at: record.ended_at,
                kind,
                pattern: self.pattern(arm),
                shot: Some(record.id),
                text,
            };
            let number = self.log.write_first(alike, line);
            self.log.attach(number, &record);
        }
    }

    pub(super) fn failed_over(&mut self, at: Moment, failover: &Failover) {
        let arm = failover.shot.arm;
        let (from, to) = (&failover.from.label, &failover.to.label);
        if let Some(last) = self.failed_over_at.get_mut(arm.index()) {
            let begins_a_run = last.is_none_or(|last| at.since(last) >= RUN_GAP);
            *last = Some(at);
            if begins_a_run {
                self.mark(at, MarkerKind::FailedOver, Some(arm), format!("{from} → {to}"));
            }
        }
        let alike = Alike::FailedOver(arm, Arc::clone(from), Arc::clone(to));
        if self.log.fold(&alike, at) {
            return;
        }
        let text = format!(
            "{}: {from} → {to}, {}, {}",
            self.arm(arm),
            failover.cause,
            spoken(failover.took)
        );
        let line = Line {
            at,
            kind: LogKind::Marker(MarkerKind::FailedOver),
            pattern: self.pattern(arm),
            shot: Some(failover.shot),
            text,
        };
        let number = self.log.write_first(alike, line);
        self.log.await_record(failover.shot, number);
    }

    pub(super) fn breaker_moved(&mut self, at: Moment, moved: &BreakerMove) {
        let (kind, verb) = match moved.to {
            BreakerState::Open => (MarkerKind::BreakerOpened, "opens"),
            BreakerState::HalfOpen => (MarkerKind::BreakerHalfOpened, "lets probes pass"),
            BreakerState::Closed => (MarkerKind::BreakerClosed, "closes"),
        };
        let route = &moved.route.label;
        self.mark(at, kind, Some(moved.arm), format!("breaker {route}"));
        let text = format!(
            "{}: breaker {route} {verb}: {}",
            self.arm(moved.arm),
            moved.reason
        );
        self.write(at, LogKind::Marker(kind), self.pattern(moved.arm), text);
    }

    pub(super) fn fault_began(&mut self, at: Moment, label: &str, ends_at: Moment) {
        self.mark(at, MarkerKind::FaultBegan, None, label.to_owned());
        let text = format!("{label} begins, for {}", spoken(ends_at.since(at)));
        self.write(at, LogKind::Marker(MarkerKind::FaultBegan), None, text);
    }

    pub(super) fn fault_ended(&mut self, at: Moment, label: &str, cause: FaultEndCause, verified: bool) {
        self.mark(at, MarkerKind::FaultEnded, None, label.to_owned());
        let how = match cause {
            FaultEndCause::Expired => "has run out",
            FaultEndCause::Lifted => "is lifted",
            FaultEndCause::RunEnded => "is lifted with the run's end",
        };
        let proof = if verified {
            ""
        } else {
            ", but it could not be verified that it is gone"
        };
        self.write(
            at,
            LogKind::Marker(MarkerKind::FaultEnded),
            None,
            format!("{label} {how}{proof}"),
        );
    }

    pub(super) fn dial_turned(&mut self, at: Moment, dial: &str, from: &str, to: &str) {
        let text = format!("{dial} {from} → {to}");
        self.mark(at, MarkerKind::DialTurned, None, text.clone());
        self.write(at, LogKind::Marker(MarkerKind::DialTurned), None, text);
    }

    pub(super) fn phase_began(&mut self, at: Moment, phase: &str) {
        self.mark(at, MarkerKind::Phase, None, phase.to_owned());
        self.write(
            at,
            LogKind::Marker(MarkerKind::Phase),
            None,
            format!("phase: {phase}"),
        );
    }

    pub(super) fn noted(&mut self, at: Moment, text: String) {
        self.write(at, LogKind::Note, None, text);
    }

    fn failure_in_words(&self, record: &ShotRecord, kind: FailureKind) -> String {
        let took = spoken(record.latency_from_intended());
        let arm = self.arm(record.id.arm);
        match record.attempts.len() {
            0 => format!("{arm}: shot failed, {kind}, nothing sent, {took}"),
            1 => format!("{arm}: shot failed, {kind}, 1 attempt, {took}"),
            attempts => format!("{arm}: shot failed, {kind}, {attempts} attempts, {took}"),
        }
    }

    fn write(&mut self, at: Moment, kind: LogKind, pattern: Option<PatternKey>, text: String) {
        self.log.write(Line {
            at,
            kind,
            pattern,
            shot: None,
            text,
        });
    }

    fn mark(&mut self, at: Moment, kind: MarkerKind, arm: Option<ArmId>, label: String) {
        let markers = Arc::make_mut(&mut self.markers);
        if markers.len() >= MARKERS {
            markers.remove(0);
        }
        markers.push(Marker { at, kind, arm, label });
    }

    fn pattern(&self, arm: ArmId) -> Option<PatternKey> {
        self.arms.get(arm.index()).map(|(pattern, _)| pattern.clone())
    }

    fn arm(&self, arm: ArmId) -> &str {
        self.arms.get(arm.index()).map_or("?", |(_, key)| key.as_str())
    }
}

#[cfg(test)]
mod tests;
