//! Whatever a step holds comes back to the last bit: through the writer, the file and the reader.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bedrill::clock::Moment;
use bedrill::event::{
    ArmId, Attempt, AttemptEnd, Event, Fact, Failure, FailureKind, PromptClass, Route, ShotEnd, ShotId,
    ShotRecord,
};
use bedrill::measure::snapshot::TuneView;
use bedrill::measure::{ArmGauge, Gauges};
use bedrill::recording::{Header, Judgement, Place, Plan, Recorder, Recording, Step};
use bedrill::seed::{Seed, Stream};
use bedrill::units::{TokenUsage, Usd};
use jiff::Timestamp;

use super::fresh;

#[test]
fn every_step_comes_back_as_it_was() {
    let path = fresh("exact");
    let header = Header {
        scenario: "exact".to_owned(),
        source: "# äöü\n\0\"'".to_owned(),
        seed: u64::MAX,
        duration: Some(Duration::from_nanos(1)),
        virtual_time: true,
        target: "nothing".to_owned(),
        bedrill: "0".to_owned(),
        catalog: u64::MAX,
        overlay: Some(String::new()),
        started: Timestamp::UNIX_EPOCH,
        epoch: Timestamp::UNIX_EPOCH + Duration::from_nanos(5),
    };
    let plan = Plan::at(Place::File(path.clone()));
    let mut recorder = Recorder::begin(&plan, header.clone()).expect("a recorder");
    let mut draws = Seed::new(1).stream();
    let steps: Vec<Step> = (0..20_000).map(|number| step(number, &mut draws)).collect();
    for step in &steps {
        match step {
            Step::Event(event) => recorder.event(event),
            Step::Tick { at, gauges } => recorder.tick(*at, gauges),
            Step::Evidence { at } => recorder.evidence(*at),
        }
    }
    let verdict = Judgement {
        outcome: "pass".to_owned(),
        reasons: vec!["because".to_owned()],
        caveats: Vec::new(),
    };
    recorder.finish(Some(verdict.clone()));

    let recording = Recording::open(&path).expect("a recording");
    assert_eq!(*recording.header(), header);
    let ending = recording.ending().expect("an ending");
    assert_eq!(
        (ending.verdict.as_ref(), recording.is_complete()),
        (Some(&verdict), true)
    );
    let read: Vec<Step> = recording.steps().collect::<Result<_, _>>().expect("every step");
    let differs = steps.iter().zip(&read).find(|(written, read)| written != read);
    assert_eq!((differs, read.len()), (None, steps.len()));

    // From any moment on the rest is the same, and begins soon before it.
    for at in [0, 1, 700, 1_999].map(Moment::from_secs) {
        let mut cursor = recording.cursor_at(at).expect("a place");
        let mut rest = Vec::new();
        while let Some(step) = recording.next_step(&mut cursor).expect("a step") {
            rest.push(step);
        }
        let skipped = &steps[..steps.len() - rest.len()];
        assert!(
            skipped.iter().all(|step| step.at() < at),
            "nothing from {at:?} on is skipped"
        );
        assert!(rest.iter().eq(&steps[skipped.len()..]), "the rest from {at:?} on");
    }
    fs::remove_file(&path).expect("the recording");
}

fn step(number: u64, draws: &mut Stream) -> Step {
    let at = Moment::from_nanos(number * 100_000_000);
    match draws.below(20) {
        0 => Step::Evidence { at },
        1 => Step::Event(Event::new(at, Fact::Noted(format!("{number} äöü \u{0} \"")))),
        2..5 => Step::Tick {
            at,
            gauges: Box::new(gauges(draws)),
        },
        _ => Step::Event(Event::new(at, Fact::ShotEnded(Box::new(shot(number, at, draws))))),
    }
}

/// Mostly small, at times as large as can be.
fn any(draws: &mut Stream) -> u64 {
    match draws.below(12) {
        0 => u64::MAX - draws.below(3) as u64,
        1 => 1 << draws.below(64),
        2..5 => 0,
        _ => draws.below(2_000_000_000) as u64,
    }
}

fn moment(draws: &mut Stream) -> Moment {
    Moment::from_nanos(any(draws))
}

fn usage(draws: &mut Stream) -> TokenUsage {
    TokenUsage {
        input: any(draws),
        output: any(draws),
        cache_read: any(draws),
        cache_write: any(draws),
        cache_write_1h: any(draws),
    }
}

fn kind(draws: &mut Stream) -> FailureKind {
    FailureKind::TABLE[draws.below(FailureKind::TABLE.len())].kind
}

fn shot(number: u64, ended_at: Moment, draws: &mut Stream) -> ShotRecord {
    let usage = usage(draws);
    ShotRecord {
        id: ShotId {
            arm: ArmId(draws.below(65_536) as u16),
            index: number,
        },
        class: if draws.chance(0.5) {
            PromptClass::Simple
        } else {
            PromptClass::Complex
        },
        intended_at: moment(draws),
        started_at: moment(draws),
        sent_at: moment(draws),
        first_token_at: draws.chance(0.5).then(|| moment(draws)),
        ended_at,
        end: match draws.below(4) {
            0 => ShotEnd::Shed,
            1 => ShotEnd::Failed(kind(draws)),
            _ => ShotEnd::Succeeded,
        },
        attempts: (0..draws.below(4)).map(|_| attempt(usage, draws)).collect(),
        usage,
        cost: Usd::from_picos(any(draws)),
    }
}

fn attempt(of_shot: TokenUsage, draws: &mut Stream) -> Attempt {
    // More routes and messages than the dictionaries remember.
    let label = format!("route {}", draws.below(6_000));
    Attempt {
        route: Arc::new(Route {
            region: "us-east-1".into(),
            target: "a".into(),
            model: "b".into(),
            provider: "C".into(),
            label: label.into(),
        }),
        hop: draws.below(256) as u8,
        number: draws.below(256) as u8,
        backoff: Duration::from_nanos(any(draws)),
        sent_at: moment(draws),
        first_token_at: draws.chance(0.5).then(|| moment(draws)),
        ended_at: moment(draws),
        end: if draws.chance(0.5) {
            AttemptEnd::Served
        } else {
            AttemptEnd::Failed(Failure {
                kind: kind(draws),
                status: draws.chance(0.5).then_some(503),
                code: draws.chance(0.5).then(|| "Code".to_owned()),
                message: format!("request {} was refused", draws.below(9_000)),
            })
        },
        usage: match draws.below(3) {
            0 => None,
            1 => Some(of_shot),
            _ => Some(usage(draws)),
        },
        served_in: draws.chance(0.5).then(|| "eu-west-1".into()),
        injected: draws.chance(0.5),
        invoked: draws.chance(0.5).then(|| "amazon.nova".into()),
    }
}

fn gauges(draws: &mut Stream) -> Gauges {
    let arms = draws.below(3);
    Gauges {
        wall: Timestamp::UNIX_EPOCH + Duration::from_secs(draws.below(3) as u64),
        finished: draws.chance(0.1),
        queued: draws.below(3) as u64,
        concurrency_cap: draws.below(3) as u64,
        lost_events: draws.below(3) as u64,
        recording: bedrill::measure::snapshot::Recording::On,
        patterns_on: vec![draws.chance(0.5); draws.below(3)],
        tunes: vec![
            vec![TuneView {
                key: "k".into(),
                label: "l".into(),
                unit: "%".into(),
                least: 0.1,
                most: 1.0 / 3.0,
                step: f64::MIN_POSITIVE,
                value: draws.unit(),
            }];
            draws.below(2)
        ],
        arms: (0..arms)
            .map(|_| ArmGauge {
                asked_rate: draws.unit() * 1e9,
                in_flight: any(draws),
            })
            .collect(),
        faults: Vec::new(),
        settled: Usd::from_picos(draws.below(3) as u64),
        reserved: Usd::from_picos(draws.below(3) as u64),
    }
}
