//! The form of figures: every figure a dial.

use std::time::Duration;

use crate::catalog::{Catalog, Lifecycle};
use crate::decide::figures::{Figures, Residency, Urgency};
use crate::names::{ModelId, Region};
use crate::tui::dial::Dial;
use crate::tui::format;
use crate::units::{Share, Usd};

/// Requests a second that the dials stop at.
const RATES: [f64; 20] = [
    0.01, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0, 150.0, 200.0, 300.0,
    500.0, 1_000.0, 5_000.0,
];
const INPUTS: [u64; 12] = [
    50, 100, 200, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 100_000, 200_000,
];
const OUTPUTS: [u64; 9] = [10, 50, 100, 200, 300, 500, 1_000, 2_000, 4_000];
const PERCENTS: [u32; 12] = [0, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95];
const WAITS_MS: [u64; 6] = [300, 500, 1_000, 2_000, 4_000, 8_000];
const BUDGETS: [f64; 9] = [
    10.0, 50.0, 100.0, 500.0, 1_000.0, 5_000.0, 10_000.0, 50_000.0, 100_000.0,
];

/// A figure of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The model that must be called.
    Model,
    /// The calling region.
    Region,
    /// The mean rate.
    Rate,
    /// The rate of the busiest minute.
    Peak,
    /// Prompt tokens.
    Input,
    /// Answer tokens.
    Output,
    /// The share of a prompt that repeats.
    Repeated,
    /// The share of prompts that are complex.
    Complex,
    /// How long an answer may take.
    Urgency,
    /// Where prompts may be served.
    Residency,
    /// Whether a rate must be nobody else's.
    Guaranteed,
    /// Whether other providers must answer too.
    Foreign,
    /// What a month may cost.
    Budget,
}

impl Field {
    /// Every field, in the order of the form.
    pub const ALL: [Self; 13] = [
        Self::Model,
        Self::Region,
        Self::Rate,
        Self::Peak,
        Self::Input,
        Self::Output,
        Self::Repeated,
        Self::Complex,
        Self::Urgency,
        Self::Residency,
        Self::Guaranteed,
        Self::Foreign,
        Self::Budget,
    ];

    /// Its name, at most twelve columns.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Region => "region",
            Self::Rate => "rate",
            Self::Peak => "busiest",
            Self::Input => "tokens in",
            Self::Output => "tokens out",
            Self::Repeated => "repeated",
            Self::Complex => "complex",
            Self::Urgency => "first token",
            Self::Residency => "served",
            Self::Guaranteed => "guaranteed",
            Self::Foreign => "others too",
            Self::Budget => "budget",
        }
    }

    /// What it means.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Model => "The model that must be called, or the cheapest that will do.",
            Self::Region => "The region that calls are made from.",
            Self::Rate => "Requests a second, the mean of a month: what the month costs.",
            Self::Peak => "Requests a second in the busiest minute: what the quotas must hold.",
            Self::Input => "Prompt tokens of a request.",
            Self::Output => "Tokens of its answer.",
            Self::Repeated => "The share of each prompt that is the same from its first token on.",
            Self::Complex => "The share of prompts that need the larger model.",
            Self::Urgency => "How long somebody waits for the first token; or nobody waits.",
            Self::Residency => "Where prompts may be served.",
            Self::Guaranteed => "Whether a rate of tokens must be nobody else's.",
            Self::Foreign => "Whether providers outside Bedrock must answer too.",
            Self::Budget => "The most a month may cost in tokens.",
        }
    }
}

/// The dials.
#[derive(Clone, Debug, PartialEq)]
pub struct Form {
    model: Dial<Option<Named>>,
    region: Dial<Region>,
    rate: Dial<f64>,
    peak: Dial<f64>,
    input: Dial<u64>,
    output: Dial<u64>,
    repeated: Dial<u32>,
    complex: Dial<u32>,
    urgency: Dial<Urgency>,
    residency: Dial<Residency>,
    guaranteed: Dial<bool>,
    foreign: Dial<bool>,
    budget: Dial<Option<Usd>>,
}

/// A model with the name that people know it by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Named {
    id: ModelId,
    name: String,
}

impl Form {
    /// The usual figures. The choices are what the catalogue holds.
    pub fn new(catalog: &Catalog) -> Self {
        let usual = Figures::default();
        let alive = catalog
            .models
            .values()
            .filter(|model| model.lifecycle != Lifecycle::EndOfLife);
        let models = alive.map(|model| {
            Some(Named {
                id: model.id.clone(),
                name: model.name.clone(),
            })
        });
        let waits = WAITS_MS.map(|millis| Urgency::FirstToken(Duration::from_millis(millis)));
        let budgets = BUDGETS.map(|dollars| Some(Usd::from_dollars(dollars)));
        Self {
            model: Dial::new([None].into_iter().chain(models).collect()),
            region: Dial::new(catalog.regions.keys().cloned().collect()).at(&usual.region),
            rate: Dial::new(RATES.to_vec()).at(&usual.rate),
            peak: Dial::new(RATES.to_vec()).at(&usual.peak),
            input: Dial::new(INPUTS.to_vec()).at(&usual.input_tokens),
            output: Dial::new(OUTPUTS.to_vec()).at(&usual.output_tokens),
            repeated: Dial::new(PERCENTS.to_vec()),
            complex: Dial::new(PERCENTS.to_vec()),
            urgency: Dial::new(waits.into_iter().chain([Urgency::Hours]).collect()).at(&usual.urgency),
            residency: Dial::new(vec![Residency::Region, Residency::Geography, Residency::Anywhere])
                .at(&usual.residency),
            guaranteed: Dial::new(vec![false, true]),
            foreign: Dial::new(vec![false, true]),
            budget: Dial::new(budgets.into_iter().chain([None]).collect()).at(&None),
        }
    }

    /// What the dials say together.
    pub fn figures(&self) -> Figures {
        let share = |dial: &Dial<u32>| Share::clamped(f64::from(*dial.value()) / 100.0);
        Figures {
            model: self.model.value().as_ref().map(|named| named.id.clone()),
            region: self.region.value().clone(),
            rate: *self.rate.value(),
            peak: *self.peak.value(),
            input_tokens: *self.input.value(),
            output_tokens: *self.output.value(),
            repeated: share(&self.repeated),
            complex: share(&self.complex),
            urgency: *self.urgency.value(),
            residency: *self.residency.value(),
            guaranteed: *self.guaranteed.value(),
            foreign: *self.foreign.value(),
            budget: *self.budget.value(),
        }
    }

    /// Turns a dial, down for a negative step. Figures stop at their ends, names go round; the
    /// busiest minute is never quieter than the mean.
    pub fn turn(&mut self, field: Field, by: i8) {
        match field {
            Field::Model => self.model.go_round(by),
            Field::Region => self.region.go_round(by),
            Field::Rate => {
                self.rate.turn(by);
                if self.peak.value() < self.rate.value() {
                    self.peak = self.rate.clone();
                }
            }
            Field::Peak => {
                self.peak.turn(by);
                if self.rate.value() > self.peak.value() {
                    self.rate = self.peak.clone();
                }
            }
            Field::Input => self.input.turn(by),
            Field::Output => self.output.turn(by),
            Field::Repeated => self.repeated.turn(by),
            Field::Complex => self.complex.turn(by),
            Field::Urgency => self.urgency.turn(by),
            Field::Residency => self.residency.turn(by),
            Field::Guaranteed => self.guaranteed.go_round(by),
            Field::Foreign => self.foreign.go_round(by),
            Field::Budget => self.budget.turn(by),
        }
    }

    /// A dial's value in words.
    pub fn value(&self, field: Field) -> String {
        let percent = |dial: &Dial<u32>| format!("{}%", dial.value());
        let yes = |dial: &Dial<bool>| if *dial.value() { "yes" } else { "no" }.to_owned();
        match field {
            Field::Model => self
                .model
                .value()
                .as_ref()
                .map_or("cheapest that will do", |named| named.name.as_str())
                .to_owned(),
            Field::Region => self.region.value().to_string(),
            Field::Rate => format!("{}/s", self.rate.value()),
            Field::Peak => format!("{}/s", self.peak.value()),
            Field::Input => self.input.value().to_string(),
            Field::Output => self.output.value().to_string(),
            Field::Repeated => percent(&self.repeated),
            Field::Complex => percent(&self.complex),
            Field::Urgency => match self.urgency.value() {
                Urgency::FirstToken(within) => format!("within {}", format::duration(*within)),
                Urgency::Hours => "hours do not matter".to_owned(),
            },
            Field::Residency => match self.residency.value() {
                Residency::Region => "in that region",
                Residency::Geography => "in its geography",
                Residency::Anywhere => "anywhere",
            }
            .to_owned(),
            Field::Guaranteed => yes(&self.guaranteed),
            Field::Foreign => yes(&self.foreign),
            Field::Budget => self
                .budget
                .value()
                .map_or_else(|| "none".to_owned(), |most| format!("${:.0}", most.dollars())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_begins_with_the_usual_figures() {
        assert_eq!(Form::new(&Catalog::builtin()).figures(), Figures::default());
    }

    #[test]
    fn no_turn_makes_the_busiest_minute_quieter_than_the_mean() {
        let mut form = Form::new(&Catalog::builtin());
        for (field, by) in [
            (Field::Rate, 30),
            (Field::Peak, -5),
            (Field::Rate, 2),
            (Field::Peak, -30),
        ] {
            form.turn(field, by);
            let figures = form.figures();
            assert!(figures.rate <= figures.peak, "{figures:?}");
        }
    }
}
