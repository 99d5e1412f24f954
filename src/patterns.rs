//! The seven reliability patterns AWS publishes for Bedrock, in one table.
//!
//! A pattern is compiled into arms (ways of calling, [`plan::ArmPlan`]); each arm is fired by the
//! load engine. What is shared by arms on several runtimes (breakers, budgets) is in [`plan`]'s
//! shared parts, never in a runner.

pub mod backoff;
pub mod batch;
pub mod breaker;
pub mod budget;
pub mod caller;
pub mod chain;
pub mod compile;
pub mod gateway;
pub mod outside;
pub mod plan;
pub mod routing;
pub mod shared;
pub mod tunes;
pub mod verdict;

#[cfg(test)]
mod fixture;

/// One row of the pattern table: feeds tabs, CLI, docs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatternRow {
    /// Its number, 1 to 7, as AWS lists them; also its key on the keyboard.
    pub number: u8,
    /// Its key in scenarios and on the command line.
    pub key: &'static str,
    /// Its name.
    pub title: &'static str,
    /// At most sixteen characters, for the Overview.
    pub short: &'static str,
    /// What it promises, in a sentence.
    pub promise: &'static str,
    /// Whether this version of bedrill can fire it.
    pub available: bool,
}

/// The seven patterns.
pub const TABLE: [PatternRow; 7] = [
    PatternRow {
        number: 1,
        key: "cross-region",
        title: "Cross-region inference",
        short: "Cross-region",
        promise: "A profile called in one region is served where there is capacity.",
        available: true,
    },
    PatternRow {
        number: 2,
        key: "prompt-routing",
        title: "Intelligent prompt routing",
        short: "Prompt routing",
        promise: "A router sends each prompt to the smaller model when its answer would be as good.",
        available: true,
    },
    PatternRow {
        number: 3,
        key: "provisioned",
        title: "Provisioned throughput",
        short: "Provisioned",
        promise: "Model units hold capacity for you alone.",
        available: true,
    },
    PatternRow {
        number: 4,
        key: "batch",
        title: "Batch inference",
        short: "Batch",
        promise: "Many prompts in one job, later, at half the price.",
        available: true,
    },
    PatternRow {
        number: 5,
        key: "prompt-cache",
        title: "Prompt caching",
        short: "Prompt caching",
        promise: "A repeated prefix is read from a cache: sooner and cheaper.",
        available: true,
    },
    PatternRow {
        number: 6,
        key: "gateway",
        title: "Multi-provider gateway",
        short: "Gateway",
        promise: "One OpenAI-style endpoint in front of several providers.",
        available: true,
    },
    PatternRow {
        number: 7,
        key: "fallback",
        title: "Manual fallback",
        short: "Manual fallback",
        promise: "The client itself goes on to another region, model or provider.",
        available: true,
    },
];

/// Traffic from outside: no pattern of ours, but shown where patterns are. Never fired.
pub const OUTSIDE: PatternRow = PatternRow {
    number: 8,
    key: outside::KEY,
    title: "Traffic from outside",
    short: "Outside",
    promise: "A program of yours, with whatever retries and failover it has.",
    available: false,
};

/// The row of a key; traffic from outside has one too.
pub fn row(key: &str) -> Option<&'static PatternRow> {
    TABLE.iter().chain([&OUTSIDE]).find(|row| row.key == key)
}

/// The row with a number, 1 to 8.
pub fn numbered(number: u8) -> Option<&'static PatternRow> {
    TABLE.iter().chain([&OUTSIDE]).find(|row| row.number == number)
}
