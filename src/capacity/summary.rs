//! A report as text for a terminal, and as Markdown to paste into an incident. No account number is
//! shown whole.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::finding::Finding;
use super::judge::percent;
use super::pool::{PoolReport, Source, Use, family_word};
use super::report::{Capacity, minutes};
use crate::units::grouped;

/// Findings that are shown in full.
const MOST_FINDINGS: usize = 12;
/// Pools that are shown.
const MOST_POOLS: usize = 16;

/// The account of an incident: what is seen, since when, how much, next steps.
pub fn markdown(capacity: &Capacity) -> String {
    let mut out = String::new();
    let regions: Vec<&str> = capacity.regions.iter().map(|line| line.region.as_str()).collect();
    let _ = writeln!(
        out,
        "## Bedrock capacity, {}\n\n{}; {}.\n",
        time(capacity.at),
        capacity.masked_account(),
        regions.join(", ")
    );
    out.push_str("### What is seen\n\n");
    for finding in capacity.findings.iter().take(MOST_FINDINGS) {
        told(&mut out, finding);
    }
    out.push_str("\n### How much\n\n| Pool | Quota | Now | Peak, 3 h | Allowed |\n|---|---|---|---|---|\n");
    for (pool, used) in rows(capacity) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {}{} |",
            pool.title(),
            used.named(),
            figure(used.now, used),
            figure(used.peak, used),
            grouped(used.limit),
            source(used),
        );
    }
    out.push_str("\n### Next steps\n\n");
    let mut steps: Vec<String> = Vec::new();
    for finding in capacity.findings.iter().take(MOST_FINDINGS) {
        for step in &finding.steps {
            let words = step.words();
            if !steps.contains(&words) {
                steps.push(words);
            }
        }
    }
    if steps.is_empty() {
        out.push_str("Nothing needs to be done.\n");
    }
    for (number, step) in steps.iter().enumerate() {
        let _ = writeln!(out, "{}. {step}", number + 1);
    }
    let _ = writeln!(
        out,
        "\nFrom CloudWatch's one-minute figures and Service Quotas, read only, by bedrill. {}",
        cost(capacity)
    );
    out
}

fn told(out: &mut String, finding: &Finding) {
    let since = finding
        .since
        .map_or_else(String::new, |since| format!(" Since {}.", time(since)));
    let _ = writeln!(out, "- **{}**: {}.{since}", finding.urgency.word(), finding.title);
    if let Some(quota) = &finding.quota {
        let left = finding
            .left
            .map_or_else(String::new, |left| format!("; {} left", grouped(left)));
        let _ = writeln!(out, "  - Quota: {quota}{left}");
    }
    for seen in &finding.seen {
        let _ = writeln!(out, "  - {seen}");
    }
    if let Some(would) = &finding.would_tell {
        let _ = writeln!(out, "  - What would tell: {would}");
    }
}

/// The report for a terminal of so many columns.
pub fn text(capacity: &Capacity) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "Bedrock capacity at {}, {}",
        time(capacity.at),
        capacity.masked_account()
    );
    for finding in capacity.findings.iter().take(MOST_FINDINGS) {
        let _ = writeln!(out, "\n{:<9} {}", finding.urgency.word(), finding.title);
        if let Some(quota) = &finding.quota {
            let _ = writeln!(out, "          quota: {quota}");
        }
        if let Some(since) = finding.since {
            let since_for = minutes((capacity.at - since).max(0));
            let _ = writeln!(out, "          since {} ({since_for})", time(since));
        }
        for seen in &finding.seen {
            let _ = writeln!(out, "          {seen}");
        }
        if let Some(would) = &finding.would_tell {
            let _ = writeln!(out, "          what would tell: {would}");
        }
        for step in &finding.steps {
            let _ = writeln!(out, "          → {}", step.words());
        }
    }
    let rows: Vec<(&PoolReport, &Use)> = rows(capacity).collect();
    if !rows.is_empty() {
        let _ = writeln!(
            out,
            "\n{:<15} {:<22} {:<11} {:<4} {:>13} {:>13} {:>15}  {:>4}",
            "region", "model", "family", "", "now", "peak, 3 h", "quota", "used"
        );
    }
    for (pool, used) in rows {
        let _ = writeln!(
            out,
            "{:<15} {:<22} {:<11} {:<4} {:>13} {:>13} {:>15}  {:>4}{}",
            pool.key.region.as_str(),
            pool.model.name,
            family_word(pool.key.family),
            used.rate.short(),
            used.now.map_or_else(|| "-".to_owned(), grouped),
            used.peak.map_or_else(|| "-".to_owned(), grouped),
            grouped(used.limit),
            used.share().map_or_else(|| "-".to_owned(), percent),
            source(used),
        );
    }
    for line in &capacity.regions {
        let age = line.metrics.age(capacity.at);
        let age = age.map_or_else(
            || "not read".to_owned(),
            |age| format!("read {} ago", minutes(age)),
        );
        let _ = writeln!(out, "\n{}: metrics {age}", line.region);
        let denied = [
            ("batch jobs", &line.batch.trouble),
            ("batch metrics", &line.backlog.trouble),
            ("provisioned units", &line.units.trouble),
            ("alarms", &line.alarms.trouble),
            ("application profiles", &line.profiles.trouble),
        ];
        for (what, trouble) in denied {
            if let Some(trouble) = trouble.as_ref().filter(|trouble| !trouble.is_of_region()) {
                let _ = writeln!(out, "  {what}: {}", trouble.line());
            }
        }
    }
    let _ = writeln!(out, "\n{}", cost(capacity));
    out
}

/// What the reading took.
pub fn cost(capacity: &Capacity) -> String {
    format!(
        "{} requests, {} metrics read, about ${:.4} (GetMetricData).",
        capacity.calls.count(),
        capacity.calls.metrics_read,
        capacity.calls.dollars()
    )
}

fn rows(capacity: &Capacity) -> impl Iterator<Item = (&PoolReport, &Use)> {
    let pools = capacity.pools.iter().take(MOST_POOLS);
    pools.flat_map(|pool| pool.uses.iter().map(move |used| (pool, used)))
}

fn figure(value: Option<f64>, used: &Use) -> String {
    value.map_or_else(
        || "-".to_owned(),
        |value| format!("{} ({})", grouped(value), percent(value / used.limit.max(1.0))),
    )
}

const fn source(used: &Use) -> &'static str {
    match used.source {
        Source::Applied => "",
        Source::Default => " (default)",
        Source::Catalogue => " (assumed)",
    }
}

/// A time as people write it, in UTC.
pub fn time(at: i64) -> String {
    Timestamp::from_second(at).map_or_else(
        |_| "-".to_owned(),
        |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}
