//! Recommendations in plain text, at most eighty columns wide where words can be broken.

use std::fmt::Write as _;
use std::io::{self, Write};

use crate::decide::figures::{Figures, Residency, Urgency};
use crate::decide::refusal::Refusal;
use crate::decide::{Advice, Recommendation};
use crate::names::ModelId;
use crate::patterns;
use crate::tui::overlay::prose::wrapped;
use crate::units::Usd;

const WIDTH: usize = 80;

/// All that is to be said of a recommendation, and what it was judged by.
pub fn recommendation(made: &Recommendation, figures: &Figures, out: &mut dyn Write) -> io::Result<()> {
    headline(made, out)?;
    section("Judged by", [judged_by(figures)], out)?;
    section("Why", made.why.iter().cloned(), out)?;
    let sums = [costs(made)].into_iter().chain(made.costs.notes.iter().cloned());
    section("What it costs", sums, out)?;
    section("Quotas", made.needs.quotas.iter().cloned(), out)?;
    section("Models that offer it today", [names(made)], out)?;
    let combined = made
        .combines_with
        .iter()
        .map(|with| format!("{}: {}", title(with.pattern), with.why));
    section("Goes well with", combined, out)?;
    writeln!(out, "\nIAM policy (ACCOUNT_ID stands for your account)")?;
    writeln!(out, "{}", made.needs.policy())?;
    section("Try it", [try_it(made)], out)
}

/// What figures lead to: the best in full, the others in a line each.
pub fn advice(advice: &Advice, figures: &Figures, out: &mut dyn Write) -> io::Result<()> {
    match advice.ranked.split_first() {
        None => {
            writeln!(out, "Nothing is recommended.")?;
            section("Judged by", [judged_by(figures)], out)?;
        }
        Some((best, others)) => {
            recommendation(best, figures, out)?;
            if !others.is_empty() {
                let lines = others.iter().map(|made| {
                    format!(
                        "{}: {}, {}; {}",
                        made.leaf,
                        title(made.pattern),
                        made.model,
                        costs(made)
                    )
                });
                section("It could also be", lines, out)?;
            }
        }
    }
    if !advice.refused.is_empty() {
        section(
            "Not recommended",
            advice.refused.iter().map(ToString::to_string),
            out,
        )?;
    }
    Ok(())
}

/// A leaf that was reached and is not recommended.
pub fn refused(refusal: &Refusal, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Nothing is recommended.")?;
    section("Why", [refusal.to_string()], out)
}

fn headline(made: &Recommendation, out: &mut dyn Write) -> io::Result<()> {
    let native = if made.leaf.is_native() {
        "native: the service does the work"
    } else {
        "not native: something has to be run or written"
    };
    writeln!(out, "{}: {}", made.leaf, title(made.pattern))?;
    writeln!(out, "  {native}")?;
    writeln!(out, "  model   {}", made.model)?;
    let target = made.target.as_deref().unwrap_or("an ARN, once it is made");
    writeln!(out, "  call    {target}")
}

/// A heading and its lines.
pub fn section(
    heading: &str,
    lines: impl IntoIterator<Item = String>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "\n{heading}")?;
    for line in lines {
        for row in wrapped(&format!("- {line}"), WIDTH - 2, 2) {
            writeln!(out, "  {row}")?;
        }
    }
    Ok(())
}

/// A month's tokens with the pattern and without.
pub fn costs(made: &Recommendation) -> String {
    let Some(monthly) = made.costs.monthly else {
        return "no price is published".to_owned();
    };
    let without = match (made.costs.plain, made.costs.saving()) {
        (Some(plain), Some(saving)) if plain != monthly => {
            let (percent, word) = (saving.abs() * 100.0, if saving > 0.0 { "less" } else { "more" });
            format!(", {percent:.0}% {word} than the {} without it", dollars(plain))
        }
        _ => String::new(),
    };
    format!("{} a month in tokens{without}", dollars(monthly))
}

fn dollars(amount: Usd) -> String {
    format!("${:.2}", amount.dollars())
}

fn names(made: &Recommendation) -> String {
    let names: Vec<&str> = made.needs.models.iter().map(ModelId::as_str).collect();
    names.join(", ")
}

/// A pattern's name.
fn title(pattern: &'static str) -> &'static str {
    patterns::row(pattern).map_or(pattern, |row| row.title)
}

fn try_it(made: &Recommendation) -> String {
    if patterns::row(made.pattern).is_some_and(|row| row.available) {
        "the same command with --scenario decided.toml writes the scenario; `bedrill decided.toml` runs it"
            .to_owned()
    } else {
        format!("this version of bedrill cannot fire {} yet", title(made.pattern))
    }
}

/// The figures in a sentence.
fn judged_by(figures: &Figures) -> String {
    let model = figures
        .model
        .as_ref()
        .map_or_else(|| "any model".to_owned(), ToString::to_string);
    let within = match figures.urgency {
        Urgency::FirstToken(within) => format!("the first token within {within:.0?}"),
        Urgency::Hours => "answers hours later".to_owned(),
    };
    let residency = match figures.residency {
        Residency::Region => "in that region alone",
        Residency::Geography => "in its geography",
        Residency::Anywhere => "anywhere",
    };
    let percent = |share: f64| format!("{:.0}%", share * 100.0);
    let mut words = format!(
        "{model} from {}, served {residency}; {}/s, {}/s in the busiest minute; {} tokens in, {} of them repeated; {} out; {} of prompts complex; {within}",
        figures.region,
        short(figures.rate),
        short(figures.peak),
        figures.input_tokens,
        percent(figures.repeated.get()),
        figures.output_tokens,
        percent(figures.complex.get()),
    );
    for (holds, text) in [
        (figures.guaranteed, "; a rate that is nobody else's"),
        (figures.foreign, "; providers outside Bedrock too"),
    ] {
        if holds {
            words.push_str(text);
        }
    }
    if let Some(budget) = figures.budget {
        // Writing to a String cannot fail.
        let _ = write!(words, "; at most {} a month", dollars(budget));
    }
    words
}

/// A rate without needless digits.
fn short(rate: f64) -> f64 {
    (rate * 1e3).round() / 1e3
}
