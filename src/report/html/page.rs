//! What the template is filled with: words and drawings, every figure with its unit.

mod tables;

use serde::Serialize;

use self::tables::{Card, Survival, Table, Totals};
use super::percentiles::{self, Axes};
use super::timeline::{self, PALETTE, Scale, Shape};
use super::tree::{self, Tree};
use crate::drill::Outcome;
use crate::drill::expectation::{Judged, Standing};
use crate::drill::verdict;
use crate::drill::wording::{amount, metric_name, range};
use crate::event::Phase;
use crate::names::PatternKey;
use crate::report::account::{Account, ArmAccount};
use crate::report::format::{at, count, glyph, money, span};
use crate::report::special::specials;
use crate::scenario::judging::Bound;

/// The page.
#[derive(Debug, Serialize)]
pub(super) struct Page<'a> {
    style: &'static str,
    scenario: &'a str,
    description: &'a str,
    outcome: &'static str,
    /// `pass`, `fail`, `inconclusive` or `stopped`.
    class: &'static str,
    sign: &'static str,
    reasons: &'a [String],
    caveats: &'a [String],
    facts: Vec<(&'static str, String)>,
    doubts: Vec<String>,
    expectations: Vec<Line>,
    steady: Vec<Line>,
    comparisons: Vec<&'a str>,
    course: Drawings,
    phases: Vec<(&'static str, String)>,
    lanes: Vec<Lane>,
    has_throttles: bool,
    has_first_token: bool,
    markers: Vec<Mark>,
    spectra: Vec<Spectra>,
    arms: Vec<Totals>,
    cards: Vec<Card>,
    survival: Survival,
    specials: Vec<Table>,
    slowest: Vec<Tree>,
    lost: Vec<Tree>,
    assumptions: &'a [String],
    command: String,
    first: Option<String>,
    scenario_text: &'a str,
    version: &'a str,
    catalog_hash: &'a str,
    run: &'a str,
}

/// One drawing for a wide page and one for a narrow.
type Drawings = [String; 2];

#[derive(Debug, Serialize)]
struct Lane {
    name: String,
    about: String,
    place: usize,
    drawings: Drawings,
}

/// Something judged.
#[derive(Debug, Serialize)]
struct Line {
    of: String,
    metric: String,
    phase: &'static str,
    bound: String,
    value: String,
    interval: String,
    samples: String,
    /// `held`, `broken` or `unsure`.
    class: &'static str,
    sign: &'static str,
    remark: Option<String>,
}

/// Drawings of percentiles with one legend.
#[derive(Debug, Serialize)]
struct Spectra {
    /// The pattern; empty: all.
    title: String,
    /// Colours and names.
    arms: Vec<(usize, String)>,
    /// Stages and their drawings.
    stages: Vec<(&'static str, String)>,
}

#[derive(Debug, Serialize)]
struct Mark {
    at: String,
    sign: &'static str,
    arm: String,
    label: String,
}

impl<'a> Page<'a> {
    pub(super) fn of(account: &'a Account, style: &'static str) -> Self {
        let (run, verdict, source) = (&account.last.run, &account.verdict, &account.source);
        let (class, sign) = look(verdict.outcome);
        let scales = Shape::ALL.map(|shape| Scale::of(account, shape));
        let repeat = account.repeat();
        let worst = &account.detail.worst;
        Self {
            style,
            scenario: &run.scenario,
            description: &run.description,
            outcome: verdict.outcome.word(),
            class,
            sign,
            reasons: &verdict.reasons,
            caveats: &verdict.caveats,
            facts: facts(account),
            doubts: verdict::doubts(&account.last),
            expectations: verdict.expectations.iter().map(Line::of).collect(),
            steady: verdict.steady.iter().map(Line::of).collect(),
            comparisons: verdict
                .comparisons
                .iter()
                .map(|compared| compared.sentence.as_str())
                .collect(),
            course: Shape::ALL.map(|shape| timeline::course(account, shape)),
            phases: shaded(account),
            lanes: account.arms().map(|arm| Lane::of(account, arm, scales)).collect(),
            has_throttles: account
                .arms()
                .any(|arm| arm.snapshot.total.throttled_attempts > 0),
            has_first_token: account
                .arms()
                .any(|arm| arm.snapshot.overall.first_token.count > 0),
            markers: marks(account),
            spectra: spectra(account),
            arms: account.arms().map(Totals::of).collect(),
            cards: account.cards.iter().map(|card| Card::of(card, account)).collect(),
            survival: Survival::of(account),
            specials: specials(account)
                .into_iter()
                .map(|special| Table {
                    title: special.pattern,
                    columns: special.columns,
                    rows: special.rows,
                })
                .collect(),
            slowest: tree::trees(worst.slowest(), account),
            lost: tree::trees(worst.lost(), account),
            assumptions: &run.assumptions,
            command: repeat.command,
            first: repeat.first,
            scenario_text: &source.scenario_text,
            version: &source.version,
            catalog_hash: &source.catalog_hash,
            run: &source.run,
        }
    }
}

const fn look(outcome: Outcome) -> (&'static str, &'static str) {
    match outcome {
        Outcome::Pass => ("pass", "✓"),
        Outcome::Fail => ("fail", "✗"),
        Outcome::Inconclusive => ("inconclusive", "?"),
        Outcome::Stopped => ("stopped", "■"),
    }
}

fn facts(account: &Account) -> Vec<(&'static str, String)> {
    let (last, run) = (&account.last, &account.last.run);
    let time = if run.virtual_time { "virtual" } else { "real" };
    let spent = match last.spend.cap {
        Some(cap) => format!("{} of {}", money(last.spend.spent), money(cap)),
        None => money(last.spend.spent),
    };
    let lag = last.evidence.lags.iter().map(|lag| lag.p99).max();
    let mut facts = vec![
        ("target", run.target.clone()),
        (
            "began",
            account.source.began.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        ),
        ("ran", format!("{} in {time} time", at(account.seconds()))),
        ("seed", run.seed.to_string()),
        ("spent", spent),
        ("schedule lag, p99", span(lag)),
        ("events lost", count(last.honesty.lost_events)),
    ];
    if account.is_client_injected() {
        facts.push(("faults", "injected at the client".to_owned()));
    }
    facts
}

/// Phases that are shaded, each once.
fn shaded(account: &Account) -> Vec<(&'static str, String)> {
    let seen = account.phases();
    let named = [
        Phase::WarmUp,
        Phase::Fault,
        Phase::Recovery,
        Phase::Recovered,
        Phase::Drain,
    ];
    named
        .into_iter()
        .filter(|phase| seen.iter().any(|(seen, ..)| seen == phase))
        .map(|phase| (phase.key(), phase.key().replace('-', " ")))
        .collect()
}

fn marks(account: &Account) -> Vec<Mark> {
    let mark = |marker: &crate::measure::snapshot::Marker| Mark {
        at: at(marker.at.as_secs_f64()),
        sign: glyph(marker.kind),
        arm: marker.arm.map_or_else(String::new, |arm| account.arm_name(arm)),
        label: marker.label.clone(),
    };
    account.markers().map(mark).collect()
}

/// Every arm in one drawing for each stage; where there are more arms than colours, the arms of each
/// pattern have drawings of their own.
fn spectra(account: &Account) -> Vec<Spectra> {
    let Some(axes) = Axes::of(account) else {
        return Vec::new();
    };
    let group = |pattern: Option<&PatternKey>| Spectra {
        title: pattern.map_or_else(String::new, ToString::to_string),
        arms: account
            .arms()
            .filter(|arm| pattern.is_none_or(|pattern| arm.pattern.key == *pattern))
            .map(|arm| (arm.place % PALETTE, arm.name()))
            .collect(),
        stages: account
            .stages()
            .into_iter()
            .map(|stage| (stage.key(), percentiles::spectrum(account, stage, axes, pattern)))
            .collect(),
    };
    if account.arms().count() <= PALETTE {
        return vec![group(None)];
    }
    let patterns = account.last.patterns.iter();
    patterns.map(|pattern| group(Some(&pattern.key))).collect()
}

impl Lane {
    fn of(account: &Account, arm: ArmAccount<'_>, scales: [Scale; 2]) -> Self {
        let [wide, narrow] = scales;
        Self {
            name: arm.name(),
            about: arm.snapshot.about.clone(),
            place: arm.place % PALETTE,
            drawings: [
                timeline::lane(account, arm, Shape::Wide, wide),
                timeline::lane(account, arm, Shape::Narrow, narrow),
            ],
        }
    }
}

impl Line {
    fn of(judged: &Judged) -> Self {
        let (expectation, figure) = (&judged.expectation, &judged.figure);
        let metric = figure.plan.metric;
        let unit = metric.unit();
        let bound = match expectation.bound {
            Bound::AtLeast(least) => format!("≥ {}", amount(unit, least)),
            Bound::AtMost(most) => format!("≤ {}", amount(unit, most)),
        };
        let (class, sign) = match judged.standing {
            Standing::Held => ("held", "✓"),
            Standing::Broken => ("broken", "✗"),
            Standing::Unsure => ("unsure", "?"),
        };
        Self {
            of: expectation.of.clone(),
            metric: metric_name(metric),
            phase: if metric.is_mark() { "" } else { expectation.phase() },
            bound,
            value: crate::report::format::figure(unit, figure.value),
            interval: interval(judged),
            samples: samples(figure.samples, metric.samples_are()),
            class,
            sign,
            remark: judged.remark.clone(),
        }
    }
}

/// What was counted in full has no interval.
fn interval(judged: &Judged) -> String {
    let interval = judged.figure.interval;
    if interval.low.is_some() && interval.low == interval.high {
        "exact".to_owned()
    } else {
        range(judged.figure.plan.metric.unit(), interval)
    }
}

/// `1 fault`, `153 shots`.
fn samples(number: u64, are: &str) -> String {
    match number {
        1 => format!("1 {}", are.trim_end_matches('s')),
        many => format!("{} {are}", count(many)),
    }
}
