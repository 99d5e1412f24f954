//! A summary in Markdown: it fits a pull request or a chat, and names no picture.

use std::fmt::Write as _;

use super::account::{Account, ArmAccount};
use super::format::{at, count, glyph, money, ratio, share, span};
use super::special::specials;
use crate::drill::Outcome;
use crate::drill::expectation::{Judged, Standing};
use crate::measure::snapshot::MarkerKind;

/// Markers that are listed at most: the page has all of them.
const MARKERS: usize = 20;

/// The summary.
pub(super) fn summary(account: &Account) -> String {
    let mut out = String::new();
    head(account, &mut out);
    judged(account, &mut out);
    arms(account, &mut out);
    marks(account, &mut out);
    survival(account, &mut out);
    for special in specials(account) {
        let _ = writeln!(out, "### {}\n", special.pattern);
        table(&special.columns, &special.rows, &mut out);
    }
    events(account, &mut out);
    tail(account, &mut out);
    out
}

fn head(account: &Account, out: &mut String) {
    let (run, verdict) = (&account.last.run, &account.verdict);
    let sign = match verdict.outcome {
        Outcome::Pass => "✅",
        Outcome::Fail => "❌",
        Outcome::Inconclusive => "❔",
        Outcome::Stopped => "🛑",
    };
    let _ = writeln!(
        out,
        "## {sign} {}: {}\n",
        escaped(&run.scenario),
        verdict.outcome.word()
    );
    if !run.description.is_empty() {
        let _ = writeln!(out, "{}\n", escaped(&run.description));
    }
    for line in verdict.reasons.iter().chain(&verdict.caveats) {
        let _ = writeln!(out, "- {}", escaped(line));
    }
    let time = if run.virtual_time {
        "virtual time"
    } else {
        "real time"
    };
    let _ = writeln!(
        out,
        "\n{} · seed {} · {} of {time} · {} spent\n",
        escaped(&run.target),
        run.seed,
        at(account.seconds()),
        money(account.last.spend.spent)
    );
}

fn judged(account: &Account, out: &mut String) {
    let verdict = &account.verdict;
    let rows: Vec<Vec<String>> = verdict
        .steady
        .iter()
        .map(|judged| row(judged, "steady state: "))
        .chain(verdict.expectations.iter().map(|judged| row(judged, "")))
        .collect();
    if !rows.is_empty() {
        table(&["", "expected", "found"], &rows, out);
    }
    for compared in &verdict.comparisons {
        let _ = writeln!(out, "- {}", escaped(&compared.sentence));
    }
    if !verdict.comparisons.is_empty() {
        out.push('\n');
    }
}

fn row(judged: &Judged, before: &str) -> Vec<String> {
    let sign = match judged.standing {
        Standing::Held => "✅ held",
        Standing::Broken => "❌ broken",
        Standing::Unsure => "❔ unsure",
    };
    let remark = judged.remark.as_ref();
    let remark = remark.map_or_else(String::new, |remark| format!("; {remark}"));
    vec![
        sign.to_owned(),
        format!("{before}{}", judged.expected()),
        format!("{}{remark}", judged.found()),
    ]
}

fn arms(account: &Account, out: &mut String) {
    let row = |arm: ArmAccount<'_>| {
        let (total, overall) = (&arm.snapshot.total, &arm.snapshot.overall);
        let latency = &overall.intended.percentiles;
        vec![
            arm.name(),
            count(total.intended),
            share(total.availability()),
            span(latency.p50),
            span(latency.p99),
            span(overall.first_token.p50),
            share(total.throttle_share()),
            ratio(total.amplification()),
            money(total.cost),
        ]
    };
    let rows: Vec<Vec<String>> = account.arms().map(row).collect();
    let columns = [
        "",
        "shots",
        "answered",
        "p50",
        "p99",
        "first token",
        "throttled",
        "attempts a shot",
        "cost",
    ];
    table(&columns, &rows, out);
}

fn marks(account: &Account, out: &mut String) {
    for card in &account.cards {
        let _ = writeln!(
            out,
            "**{}** at {}\n",
            escaped(&card.label),
            at(card.began_at.as_secs_f64())
        );
        let rows: Vec<Vec<String>> = card
            .rows
            .iter()
            .filter(|score| score.intended > 0)
            .map(|score| {
                vec![
                    account.arm_name(score.arm),
                    span(score.detect),
                    span(score.switch),
                    span(score.recover),
                    span(score.fail_back),
                    format!("{} of {}", count(score.lost), count(score.intended)),
                    count(score.served_twice),
                    count(score.wasted_tokens),
                    money(score.extra_cost),
                ]
            })
            .collect();
        let columns = [
            "",
            "detect",
            "switch",
            "recover",
            "fail back",
            "lost",
            "served twice",
            "wasted tokens",
            "extra cost",
        ];
        table(&columns, &rows, out);
    }
}

fn survival(account: &Account, out: &mut String) {
    let matrix = &account.last.survival;
    // One fault stands in its scorecard already.
    if matrix.faults.len() < 2 {
        return;
    }
    let columns: Vec<&str> = std::iter::once("answered under")
        .chain(matrix.faults.iter().map(String::as_str))
        .collect();
    let rows: Vec<Vec<String>> = matrix
        .rows
        .iter()
        .map(|row| {
            let name = format!("{}/{}", row.pattern, row.arm);
            let cells = row.cells.iter().map(|cell| share(cell.share()));
            std::iter::once(name).chain(cells).collect()
        })
        .collect();
    table(&columns, &rows, out);
}

fn events(account: &Account, out: &mut String) {
    let told = |kind| !matches!(kind, MarkerKind::FailedOver | MarkerKind::BreakerHalfOpened);
    let markers: Vec<_> = account.markers().filter(|marker| told(marker.kind)).collect();
    if markers.is_empty() {
        return;
    }
    out.push_str("<details><summary>What happened when</summary>\n\n");
    for marker in markers.iter().take(MARKERS) {
        let of = marker
            .arm
            .map_or_else(String::new, |arm| format!("{}: ", account.arm_name(arm)));
        let when = at(marker.at.as_secs_f64());
        let _ = writeln!(
            out,
            "- `{when}` {} {}",
            glyph(marker.kind),
            escaped(&format!("{of}{}", marker.label))
        );
    }
    if markers.len() > MARKERS {
        let _ = writeln!(out, "- and {} more", markers.len() - MARKERS);
    }
    out.push_str("\n</details>\n\n");
}

fn tail(account: &Account, out: &mut String) {
    let repeat = account.repeat();
    let first = repeat.first.map_or_else(String::new, |first| first + "\n");
    let _ = writeln!(out, "To repeat it:\n\n```sh\n{first}{}\n```\n", repeat.command);
    let source = &account.source;
    let _ = writeln!(
        out,
        "<sub>bedrill {}, catalogue {}, run {}</sub>",
        escaped(&source.version),
        escaped(&source.catalog_hash),
        escaped(&source.run)
    );
}

/// A table, figures to the right.
fn table(columns: &[impl AsRef<str>], rows: &[Vec<String>], out: &mut String) {
    let heads: Vec<String> = columns.iter().map(|column| cell(column.as_ref())).collect();
    let _ = writeln!(out, "| {} |", heads.join(" | "));
    let is_prose = |place: usize| place == 0 || ["expected", "found"].contains(&columns[place].as_ref());
    let rules: Vec<&str> = (0..columns.len())
        .map(|place| if is_prose(place) { "---" } else { "---:" })
        .collect();
    let _ = writeln!(out, "| {} |", rules.join(" | "));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|text| cell(text)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out.push('\n');
}

fn cell(text: &str) -> String {
    escaped(text).replace('|', "\\|")
}

/// Text that is text: no markup, no line breaks.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\n' | '\r' => out.push(' '),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '*' | '_' | '`' | '[' | ']' | '\\' | '#' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
