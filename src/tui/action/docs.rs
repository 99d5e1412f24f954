//! `docs/keys.md`, written from the table.

use std::fmt::Write as _;

use super::{Group, Row, TABLE};

/// The page, in Markdown.
pub fn markdown() -> String {
    let mut page = String::from(
        "# Keys\n\n\
         Written from the table of actions in `src/tui/action/table.rs`; a test holds the two together\n\
         (`BEDRILL_BLESS=1 cargo test keys_page` writes this page anew).\n",
    );
    for group in Group::ALL {
        let _ = write!(
            page,
            "\n## {}\n\n| Key | Does | Holds |\n|---|---|---|\n",
            group.title()
        );
        for row in TABLE.iter().filter(|row| row.group == group) {
            let _ = writeln!(page, "| {} | {} | {} |", keys(row), row.help, row.place.words());
        }
    }
    page
}

fn keys(row: &Row) -> String {
    let mut cell = format!("`{}`", row.keys());
    let quiet = row.quiet_keys();
    if !quiet.is_empty() {
        let _ = write!(cell, " (also `{}`)", quiet.join("`, `"));
    }
    cell
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_keys_page_is_what_the_table_says() {
        const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
        if std::env::var_os("BEDRILL_BLESS").is_some() {
            fs::write(PAGE, markdown()).expect("docs/keys.md can be written");
        }
        let found = fs::read_to_string(PAGE).unwrap_or_default();
        assert!(
            found == markdown(),
            "docs/keys.md has drifted from the table of actions: run `BEDRILL_BLESS=1 cargo test keys_page`"
        );
    }
}
