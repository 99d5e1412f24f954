//! What the template is filled with: words and drawings, every figure with its unit.

use serde::Serialize;

use super::percentiles::{self, Axes};
use super::timeline::{self, PALETTE, Scale, Shape};
use super::tree::{self, Tree};
use crate::drill::Outcome;
use crate::drill::expectation::{Judged, Standing};
use crate::drill::verdict;
use crate::drill::wording::{amount, metric_name, range};
use crate::event::Phase;
use crate::measure::snapshot::Scorecard;
use crate::report::account::{Account, ArmAccount};
use crate::report::format::{at, count, glyph, money, ratio, share, span};
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
    spectra: Vec<(&'static str, String)>,
    arms: Vec<Totals>,
    cards: Vec<Card>,
    survival: Survival,
    specials: Vec<Table>,
    slowest: Vec<Tree>,
    lost: Vec<Tree>,
    assumptions: &'a [String],
    command: String,
    file: Option<String>,
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

#[derive(Debug, Serialize)]
struct Mark {
    at: String,
    sign: &'static str,
    arm: String,
    label: String,
}

#[derive(Debug, Serialize)]
struct Totals {
    name: String,
    place: usize,
    figures: Vec<String>,
    money: Vec<String>,
    failures: String,
}

#[derive(Debug, Serialize)]
struct Card {
    label: String,
    at: String,
    rows: Vec<(String, Vec<String>)>,
}

#[derive(Debug, Default, Serialize)]
struct Survival {
    faults: Vec<String>,
    rows: Vec<(String, Vec<Cell>)>,
}

#[derive(Debug, Serialize)]
struct Cell {
    share: String,
    of: String,
    /// `good`, `strained`, `broken` or `untried`.
    class: &'static str,
}

#[derive(Debug, Serialize)]
struct Table {
    title: String,
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
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
            file: repeat.file,
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

fn spectra(account: &Account) -> Vec<(&'static str, String)> {
    let Some(axes) = Axes::of(account) else {
        return Vec::new();
    };
    let stages = account.stages().into_iter();
    stages
        .map(|stage| (stage.key(), percentiles::spectrum(account, stage, axes)))
        .collect()
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

impl Totals {
    fn of(arm: ArmAccount<'_>) -> Self {
        let (total, overall) = (&arm.snapshot.total, &arm.snapshot.overall);
        let latency = &overall.intended.percentiles;
        let usage = total.usage;
        let sent = total.intended - total.shed;
        let each = (sent > 0).then(|| total.cost.dollars() / sent as f64);
        let answered = (total.succeeded > 0).then(|| total.cost.dollars() / total.succeeded as f64);
        let dollars = |each| crate::report::format::figure(crate::measure::figure::Unit::Dollars, each);
        let failures: Vec<String> = total
            .failures
            .iter()
            .map(|(kind, number)| format!("{} {}", count(*number), kind.key()))
            .chain((total.shed > 0).then(|| format!("{} shed", count(total.shed))))
            .collect();
        Self {
            name: arm.name(),
            place: arm.place % PALETTE,
            figures: vec![
                count(total.intended),
                share(total.availability()),
                span(latency.p50),
                span(latency.p90),
                span(latency.p99),
                span(latency.p999),
                span(latency.max),
                span(overall.sent.p50),
                span(overall.sent.p99),
                span(overall.first_token.p50),
                share(total.throttle_share()),
                ratio(total.amplification()),
                count(total.failovers),
            ],
            money: vec![
                money(total.cost),
                dollars(each),
                dollars(answered),
                count(usage.input),
                count(usage.output),
                count(usage.cache_read),
                count(usage.cache_write),
            ],
            failures: failures.join(", "),
        }
    }
}

impl Card {
    fn of(card: &Scorecard, account: &Account) -> Self {
        let rows = card.rows.iter().filter(|score| score.intended > 0).map(|score| {
            let figures = vec![
                span(score.detect),
                span(score.switch),
                span(score.recover),
                count(score.lost),
                count(score.intended),
                count(score.wasted_tokens),
                money(score.extra_cost),
                ratio(score.amplification),
            ];
            (account.arm_name(score.arm), figures)
        });
        Self {
            label: card.label.clone(),
            at: at(card.began_at.as_secs_f64()),
            rows: rows.collect(),
        }
    }
}

impl Survival {
    fn of(account: &Account) -> Self {
        let matrix = &account.last.survival;
        let rows = matrix.rows.iter().map(|row| {
            let cells = row.cells.iter().map(|cell| Cell {
                share: share(cell.share()),
                of: format!("{} of {}", count(cell.succeeded), count(cell.intended)),
                class: survived(cell.share()),
            });
            (format!("{}/{}", row.pattern, row.arm), cells.collect())
        });
        Self {
            faults: matrix.faults.clone(),
            rows: rows.collect(),
        }
    }
}

/// As on the dashboard: good from 99 percent, strained from 90.
fn survived(share: Option<f64>) -> &'static str {
    match share {
        None => "untried",
        Some(share) if share >= 0.99 => "good",
        Some(share) if share >= 0.9 => "strained",
        Some(_) => "broken",
    }
}
