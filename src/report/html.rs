//! One self-contained page: no script, no font, no picture from anywhere; its own policy forbids
//! the browser to fetch anything.
//!
//! The template stands in `assets/report/page.html`. It escapes whatever it is given; the drawings
//! are the only markup made here, and they escape their own words.

mod page;
mod percentiles;
mod svg;
mod timeline;
mod tree;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error};

use super::account::Account;

const TEMPLATE: &str = include_str!("../../assets/report/page.html");
const STYLE: &str = include_str!("../../assets/report/page.css");

/// The page.
pub(super) fn page(account: &Account) -> Result<String, Error> {
    let mut environment = Environment::new();
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_template("page", TEMPLATE)?;
    let page = page::Page::of(account, STYLE);
    environment.get_template("page")?.render(Serde(page))
}
