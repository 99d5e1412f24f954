//! The flags of `bedrill decide`, and the figures they stand for.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as Flags;

use crate::catalog::Catalog;
use crate::cli::UsageError;
use crate::decide::figures::{Figures, Residency, Urgency};
use crate::names::{ModelId, Region};
use crate::toml::quantity;
use crate::units::{Share, Usd};

/// Flags of `bedrill decide`.
#[derive(Debug, Flags)]
pub struct DecideFlags {
    /// Answers in the order of the questions, such as `no no yes`. With neither answers nor
    /// figures, the questions are asked on the terminal.
    #[arg(value_name = "ANSWER", conflicts_with = "named")]
    pub answers: Vec<String>,
    /// An answer by the key of its question, in any order, such as wait=no.
    #[arg(long = "answer", value_name = "QUESTION=ANSWER", value_parser = pair)]
    pub named: Vec<(String, String)>,
    /// Print one JSON document, as docs/decide.md describes it.
    #[arg(long)]
    pub json: bool,
    /// Write the scenario to a new file; `-` prints it, and nothing else.
    #[arg(long, value_name = "FILE")]
    pub scenario: Option<PathBuf>,
    /// Models, prices, quotas and profiles that replace or add to the built-in catalogue.
    #[arg(long, value_name = "FILE")]
    pub catalog: Option<PathBuf>,
    /// What the traffic is like.
    #[command(flatten)]
    pub figures: FigureFlags,
}

/// The form of figures.
#[derive(Debug, Default, PartialEq, Flags)]
#[command(next_help_heading = "Figures")]
pub struct FigureFlags {
    /// The model that must be called, by its bare identifier [default: the cheapest that will do]
    #[arg(long)]
    pub model: Option<String>,
    /// The region that calls are made from [default: us-east-1, or the first of the residency's].
    #[arg(long)]
    pub region: Option<String>,
    /// Requests, the mean of a month, such as 20/s or 600/min [default: 5/s].
    #[arg(long, value_parser = rate)]
    pub rate: Option<f64>,
    /// Requests in the busiest minute [default: three times the mean].
    #[arg(long, value_parser = rate)]
    pub peak: Option<f64>,
    /// Prompt tokens of a request [default: 1000].
    #[arg(long, value_name = "TOKENS")]
    pub input: Option<u64>,
    /// Tokens of its answer [default: 300].
    #[arg(long, value_name = "TOKENS")]
    pub output: Option<u64>,
    /// The share of each prompt that is the same from its first token on, such as 60% [default: 0%].
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub repeated: Option<Share>,
    /// The share of prompts that need the larger model [default: 0%].
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub complex: Option<Share>,
    /// How long somebody waits for the first token [default: 2s].
    #[arg(long, value_name = "TIME", value_parser = super::duration, conflicts_with = "hours")]
    pub first_token: Option<Duration>,
    /// Nobody waits: hours do not matter.
    #[arg(long)]
    pub hours: bool,
    /// Where prompts may be served: region, geography, anywhere, or a geography by its name, such
    /// as eu [default: geography].
    #[arg(long, value_name = "WHERE")]
    pub residency: Option<String>,
    /// A rate of tokens must be nobody else's.
    #[arg(long)]
    pub guaranteed: bool,
    /// Providers outside Bedrock must answer too.
    #[arg(long)]
    pub foreign: bool,
    /// The most a month may cost in tokens, in dollars, such as 500.
    #[arg(long, value_name = "DOLLARS", value_parser = dollars)]
    pub budget: Option<Usd>,
}

impl FigureFlags {
    /// Whether any figure was given.
    pub fn any(&self) -> bool {
        *self != Self::default()
    }

    /// The figures, checked against the catalogue; whatever is wrong is said at once.
    pub fn read(&self, catalog: &Catalog) -> Result<Figures, UsageError> {
        let usual = Figures::default();
        let (residency, home) = self.residency(catalog)?;
        let (rate, peak) = match (self.rate, self.peak) {
            (None, None) => (usual.rate, usual.peak),
            (Some(rate), None) => (rate, rate * Figures::USUAL_PEAK),
            (None, Some(peak)) => (peak / Figures::USUAL_PEAK, peak),
            (Some(rate), Some(peak)) => (rate, peak),
        };
        let figures = Figures {
            model: self.model.as_deref().map(ModelId::from),
            region: home.unwrap_or(usual.region),
            rate,
            peak,
            input_tokens: self.input.unwrap_or(usual.input_tokens),
            output_tokens: self.output.unwrap_or(usual.output_tokens),
            repeated: self.repeated.unwrap_or(usual.repeated),
            complex: self.complex.unwrap_or(usual.complex),
            urgency: match self.first_token {
                _ if self.hours => Urgency::Hours,
                Some(within) => Urgency::FirstToken(within),
                None => usual.urgency,
            },
            residency,
            guaranteed: self.guaranteed,
            foreign: self.foreign,
            budget: self.budget,
        };
        let problems = figures.problems(catalog);
        if problems.is_empty() {
            return Ok(figures);
        }
        let named: Vec<String> = problems.iter().map(|problem| format!("--{problem}")).collect();
        Err(UsageError(named.join("\n")))
    }

    /// Where prompts may be served, and the region that calls are made from where one is said.
    fn residency(&self, catalog: &Catalog) -> Result<(Residency, Option<Region>), UsageError> {
        let given = self.region.as_deref().map(Region::from);
        let named = match self.residency.as_deref() {
            None | Some("geography") => return Ok((Residency::Geography, given)),
            Some("region") => return Ok((Residency::Region, given)),
            Some("anywhere") => return Ok((Residency::Anywhere, given)),
            Some(named) => named,
        };
        let mut within = catalog.regions.values().filter(|entry| entry.geography == named);
        let Some(first) = within.next() else {
            let mut known: Vec<&str> = catalog
                .regions
                .values()
                .map(|entry| entry.geography.as_str())
                .collect();
            known.sort_unstable();
            known.dedup();
            return Err(UsageError(format!(
                "--residency: `{named}` is neither region, geography nor anywhere, nor one of {}",
                known.join(", ")
            )));
        };
        match given {
            None => Ok((Residency::Geography, Some(first.id.clone()))),
            Some(region)
                if catalog
                    .regions
                    .get(&region)
                    .is_none_or(|entry| entry.geography == named) =>
            {
                Ok((Residency::Geography, Some(region)))
            }
            Some(region) => Err(UsageError(format!(
                "--residency: {named} does not hold --region {region}: give a region of {named}, such as {}",
                first.id
            ))),
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (question, answer) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` is no answer; write QUESTION=ANSWER, such as wait=no"))?;
    Ok((question.trim().to_owned(), answer.trim().to_owned()))
}

fn rate(text: &str) -> Result<f64, String> {
    quantity::rate(text).ok_or_else(|| format!("`{text}` is no rate; write 20/s, 600/min or 1000/h"))
}

fn share(text: &str) -> Result<Share, String> {
    quantity::percentage(text)
        .and_then(Share::new)
        .ok_or_else(|| format!("`{text}` is no share; write 0% to 100%"))
}

fn dollars(text: &str) -> Result<Usd, String> {
    let amount = text.strip_prefix('$').unwrap_or(text);
    quantity::dollars(&format!("${amount}"))
        .map(Usd::from_dollars)
        .ok_or_else(|| format!("`{text}` is no amount; write dollars, such as 500 or 99.50"))
}
