//! Reports on a finished run, and the comparison of two: what is handed around.
//!
//! Everything is written from one [`Account`], gathered in one pass over the facts of a run. Each
//! renderer is pure: the same account gives the same bytes. None of them looks behind the account,
//! reads a clock or fetches anything, and a page that is opened fetches nothing either.

pub mod account;
mod columns;
pub mod compare;
mod csv;
mod format;
mod gather;
mod hlog;
mod html;
mod json;
mod junit;
mod markdown;
mod special;

use std::io;

use thiserror::Error;

pub use account::{Account, Source};
pub use gather::gather;

/// A form in which a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// One self-contained page.
    Html,
    /// A summary for a pull request or a chat.
    Markdown,
    /// The document `bedrill.run/1` with its report part.
    Json,
    /// One test case for everything that was judged.
    Junit,
    /// Every interval of every way of calling.
    Csv,
    /// The interval log of HdrHistogram.
    Hlog,
}

/// Why a report could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The place it goes to.
    #[error("{0}")]
    Write(#[from] io::Error),
    /// The page's template does not fit its figures: a defect of bedrill.
    #[error("the page could not be made; please report this: {0}")]
    Page(#[from] minijinja::Error),
    /// A document could not be put into words: a defect of bedrill.
    #[error("the JSON document could not be made; please report this: {0}")]
    Json(#[from] serde_json::Error),
    /// Likewise.
    #[error("the JUnit document could not be made; please report this: {0}")]
    Junit(#[from] quick_junit::SerializeError),
    /// A histogram could not be put into its log: a defect of bedrill.
    #[error("the HdrHistogram log could not be made; please report this: {0}")]
    Hlog(String),
}

impl Form {
    /// The file ending by convention.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Markdown => "md",
            Self::Json => "json",
            Self::Junit => "xml",
            Self::Csv => "csv",
            Self::Hlog => "hlog",
        }
    }

    /// The report in this form.
    pub fn write(self, account: &Account) -> Result<Vec<u8>, ReportError> {
        match self {
            Self::Html => Ok(html::page(account)?.into_bytes()),
            Self::Markdown => Ok(markdown::summary(account).into_bytes()),
            Self::Json => json::document(account),
            Self::Junit => Ok(junit::document(account)?.into_bytes()),
            Self::Csv => Ok(csv::intervals(account).into_bytes()),
            Self::Hlog => hlog::log(account),
        }
    }
}
