//! The example file and the table of the docs, written from the table of settings.

use std::fmt::Write as _;

use super::table::{Kind, TABLE};

const HEAD: &str = "\
# bedrill's configuration. Every setting stands here with an example, all of them switched off: take the `#`
# away from a line to set it. A flag goes before the environment, the environment before this file.
# `bedrill config` prints what holds and where it is from.
";

/// A commented file with every setting.
pub fn example() -> String {
    let mut text = HEAD.to_owned();
    for setting in TABLE {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n# {}\n", setting.about);
        if let Kind::Choice(words) = setting.kind {
            let _ = writeln!(text, "# One of: {}.", words.join(", "));
        }
        let _ = writeln!(text, "# Default: {}.", setting.usual);
        let _ = writeln!(text, "# {} = {}", setting.key, setting.example);
    }
    text
}

/// The rows of `docs/configuration.md`.
pub fn markdown() -> String {
    let mut text =
        "| Key | Value | Default | Environment | Flag | What it does |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for setting in TABLE {
        let form = match setting.kind {
            Kind::Choice(words) => words
                .iter()
                .map(|word| format!("`\"{word}\"`"))
                .collect::<Vec<_>>()
                .join(", "),
            kind => kind.form().to_owned(),
        };
        let named = |name: Option<&str>| name.map_or_else(|| "-".to_owned(), |name| format!("`{name}`"));
        let _ = writeln!(
            text,
            "| `{}` | {form} | {} | {} | {} | {} |",
            setting.key,
            setting.usual,
            named(setting.env.map(super::EnvName::name)),
            named(setting.flag.map(super::FlagName::name)),
            setting.about,
        );
    }
    text
}
