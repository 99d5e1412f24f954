//! The flags of `bedrill report`, of `bedrill compare`, and of the reports of `bedrill run`.

use std::path::PathBuf;

use clap::Args as Flags;

use crate::report::Form;
use crate::report::compare::ThresholdFlag;

/// Flags of `bedrill report`.
#[derive(Debug, Flags)]
pub struct ReportFlags {
    /// The run: its id, the beginning of one, a file, or `latest`.
    pub run: String,
    /// Which forms, and where to.
    #[command(flatten)]
    pub forms: FormFlags,
    /// Print the scenario that repeats the session, what was turned by hand included.
    #[arg(long, conflicts_with_all = ["html", "markdown", "json", "junit", "csv", "hlog"])]
    pub as_scenario: bool,
    /// Write the JSON document with its report part; - is standard output.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
}

/// Forms of a report, and where they go.
#[derive(Clone, Debug, Default, Flags)]
pub struct FormFlags {
    /// Write the page, one self-contained file; - is standard output.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write a summary in Markdown.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Write JUnit XML: one case for everything that was judged.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Write every second of every way of calling as CSV.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write the interval log of HdrHistogram.
    #[arg(long, value_name = "FILE")]
    pub hlog: Option<PathBuf>,
}

impl FormFlags {
    /// What was asked for.
    pub fn wanted(&self) -> Vec<(Form, PathBuf)> {
        let all = [
            (Form::Html, &self.html),
            (Form::Markdown, &self.markdown),
            (Form::Junit, &self.junit),
            (Form::Csv, &self.csv),
            (Form::Hlog, &self.hlog),
        ];
        let named = all.into_iter();
        named
            .filter_map(|(form, path)| Some((form, path.clone()?)))
            .collect()
    }
}

/// Flags of `bedrill compare`.
#[derive(Debug, Flags)]
pub struct CompareFlags {
    /// The run that is compared with: its id, the beginning of one, a file, or `latest`.
    pub first: String,
    /// The run that must not be worse.
    pub second: String,
    /// How much worse a figure may be, such as latency_p99=10% or availability=0.5% (points);
    /// may be given for several figures.
    #[arg(long, value_name = "FIGURE=PERCENT")]
    pub threshold: Vec<ThresholdFlag>,
    /// Print one JSON document.
    #[arg(long)]
    pub json: bool,
}
