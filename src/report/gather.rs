//! From a recording to its [`Account`], in one pass: every step is done again to a fold that keeps
//! the detail. Memory is what the fold has and one batch of steps.

use std::sync::Arc;

use super::account::{Account, Source};
use crate::clock::Moment;
use crate::drill::recorded::Recorded;
use crate::measure::{Fold, Gauges, Snapshot};
use crate::recording::Step;

/// Reads a recording whole. One that is damaged or ends before its run did gives what there is, and
/// the account says so.
pub fn gather(recorded: &Recorded) -> Account {
    let mut fold = recorded.fold().with_detail();
    let mut gauges = Box::<Gauges>::default();
    let mut last = fold.snapshot(Moment::ZERO, &gauges);
    let mut broken_off = None;
    for step in recorded.recording.steps() {
        match step {
            Ok(Step::Tick { at, gauges: stood }) => {
                last = fold.snapshot(at, &stood);
                gauges = stood;
            }
            Ok(step) => {
                step.replay(&mut fold);
            }
            Err(problem) => broken_off = Some(problem.to_string()),
        }
    }
    if !last.finished {
        last = ended(&mut fold, &last, &mut gauges);
        broken_off.get_or_insert_with(|| {
            format!(
                "the recording ends after {:.1?}, before the run did",
                last.at.since_start()
            )
        });
    } else if !recorded.recording.is_complete() {
        broken_off
            .get_or_insert_with(|| "the recorder could not keep up: some of the run is missing".to_owned());
    }
    let source = source(recorded, broken_off);
    let caveat = recorded.caveat();
    let mut account = Account::new(
        source,
        Arc::new(last),
        &recorded.scenario.judging,
        fold.into_detail(),
    );
    account.verdict.caveats.extend(caveat);
    account
}

/// The run as it would have ended where its recording breaks off.
fn ended(fold: &mut Fold, last: &Snapshot, gauges: &mut Gauges) -> Snapshot {
    gauges.finished = true;
    fold.snapshot(last.at, gauges)
}

fn source(recorded: &Recorded, broken_off: Option<String>) -> Source {
    let header = recorded.recording.header();
    let stem = recorded.recording.path().file_stem();
    Source {
        run: stem.map_or_else(String::new, |stem| stem.to_string_lossy().into_owned()),
        scenario_text: header.source.clone(),
        version: header.bedrill.clone(),
        catalog_hash: format!("{:016x}", header.catalog),
        began: header.epoch,
        broken_off,
    }
}
