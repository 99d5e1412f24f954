//! The end of a run for a person: a table, the survival matrix, the scorecard.

use std::io::{self, Write};
use std::time::Duration;

use super::progress::clock_face;
use crate::measure::Snapshot;
use crate::measure::snapshot::{ArmSnapshot, Scorecard, SurvivalMatrix};

/// Writes the summary.
pub fn write(last: &Snapshot, out: &mut impl Write) -> io::Result<()> {
    let run = &last.run;
    writeln!(
        out,
        "{}  {}  seed {}{}  ran {}",
        run.scenario,
        run.target,
        run.seed,
        if run.virtual_time { "  virtual time" } else { "" },
        clock_face(last.at),
    )?;
    writeln!(out)?;
    arms(last, out)?;
    if !last.survival.faults.is_empty() {
        writeln!(out)?;
        survival(&last.survival, out)?;
    }
    if let Some(card) = &last.scorecard {
        writeln!(out)?;
        scorecard(card, last, out)?;
    }
    writeln!(out)?;
    let honesty = &last.honesty;
    writeln!(
        out,
        "schedule {}, lag p99 {}; events lost {}; spent {} at catalogue prices",
        if honesty.on_time { "kept" } else { "NOT kept" },
        span(Some(honesty.lag_p99)).trim_start(),
        honesty.lost_events,
        format_args!("${:.4}", last.spend.spent.dollars()),
    )
}

fn arms(last: &Snapshot, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:<34} {:>8} {:>7} {:>7} {:>7} {:>7} {:>7} {:>9} {:>9} {:>6}",
        "", "shots", "ok", "p50", "p99", "ttft", "sent99", "throttled", "failovers", "shed"
    )?;
    for pattern in &last.patterns {
        for arm in &pattern.arms {
            arm_line(pattern.key.as_str(), arm, out)?;
        }
    }
    writeln!(
        out,
        "p50, p99 from the intended time; sent99 is p99 from the send; throttled counts attempts"
    )
}

fn arm_line(pattern: &str, arm: &ArmSnapshot, out: &mut impl Write) -> io::Result<()> {
    let total = &arm.total;
    let latency = &arm.overall.intended.percentiles;
    writeln!(
        out,
        "{:<34} {:>8} {} {} {} {} {} {:>9} {:>9} {:>6}",
        format!("{pattern}/{}", arm.key),
        total.intended,
        share(total.availability()),
        span(latency.p50),
        span(latency.p99),
        span(arm.overall.first_token.p50),
        span(arm.overall.sent.p99),
        total.throttled_attempts,
        total.failovers,
        total.shed,
    )
}

fn survival(matrix: &SurvivalMatrix, out: &mut impl Write) -> io::Result<()> {
    write!(out, "{:<34}", "shots that succeeded under")?;
    for fault in &matrix.faults {
        write!(out, " {fault:>16}")?;
    }
    writeln!(out)?;
    for row in &matrix.rows {
        write!(out, "{:<34}", format!("{}/{}", row.pattern, row.arm))?;
        for cell in &row.cells {
            write!(out, " {:>16}", share(cell.share()).trim_start())?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn scorecard(card: &Scorecard, last: &Snapshot, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:<34} {:>7} {:>7} {:>7} {:>7} {:>6} {:>6} {:>6} {:>9} {:>9} {:>6} {:>6} {:>13}",
        format!("{} at {}", card.label, clock_face(card.began_at)),
        "detect",
        "switch",
        "recover",
        "back",
        "flaps",
        "lost",
        "twice",
        "wasted",
        "extra",
        "share",
        "calls",
        "sdk × hops"
    )?;
    for pattern in &last.patterns {
        for arm in &pattern.arms {
            let Some(score) = card.rows.iter().find(|score| score.arm == arm.id) else {
                continue;
            };
            writeln!(
                out,
                "{:<34} {} {} {} {} {:>6} {:>6} {:>6} {:>9} {:>9} {:>6} {:>6} {:>13}",
                format!("{}/{}", pattern.key, arm.key),
                span(score.detect),
                span(score.switch),
                span(score.recover),
                span(score.fail_back),
                format!("{}+{}", score.flaps, score.reopenings),
                score.lost,
                score.served_twice,
                format!("{} tok", score.wasted_tokens),
                format!("${:.4}", score.extra_cost.dollars()),
                share(score.extra_share).trim_start(),
                times(score.amplification),
                format!(
                    "{} {}",
                    times(score.sdk_amplification),
                    times(score.chain_amplification)
                ),
            )?;
        }
    }
    Ok(())
}

fn times(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |times| format!("{times:.2}x"))
}

/// Seven columns: ` 412ms`, `1.30s`, `-`.
fn span(value: Option<Duration>) -> String {
    let text = match value.map(|span| span.as_secs_f64() * 1e3) {
        None => "-".to_owned(),
        Some(ms) if ms < 10.0 => format!("{ms:.2}ms"),
        Some(ms) if ms < 100.0 => format!("{ms:.1}ms"),
        Some(ms) if ms < 1_000.0 => format!("{ms:.0}ms"),
        Some(ms) if ms < 10_000.0 => format!("{:.2}s", ms / 1e3),
        Some(ms) => format!("{:.1}s", ms / 1e3),
    };
    format!("{text:>7}")
}

fn share(value: Option<f64>) -> String {
    let text = match value {
        None => "-".to_owned(),
        // 99.97% must not read as all of it.
        Some(share) if share < 1.0 => format!("{:.2}%", (share * 1e4).floor() / 100.0),
        Some(_) => "100%".to_owned(),
    };
    format!("{text:>7}")
}
