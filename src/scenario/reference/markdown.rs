//! The tables of `docs/scenarios.md`, written between their markers.

use std::fmt::Write as _;

use super::{Form, Key, Section, Usual, sections};

const OPENS: &str = "<!-- keys of ";
const CLOSES: &str = "<!-- end of keys -->";

/// A page with every table between its markers written anew: `<!-- keys of pattern.policy -->`, or
/// `<!-- keys of pattern where kind = batch -->`, up to `<!-- end of keys -->`.
pub fn with_tables(page: &str) -> String {
    let mut written = String::with_capacity(page.len());
    let mut is_inside = false;
    for line in page.lines() {
        if line == CLOSES {
            is_inside = false;
        }
        if !is_inside {
            written.push_str(line);
            written.push('\n');
        }
        let wanted = line
            .strip_prefix(OPENS)
            .and_then(|rest| rest.strip_suffix(" -->"));
        if let Some(wanted) = wanted {
            is_inside = true;
            table(wanted, &mut written);
        }
    }
    written
}

/// The marker of a section.
pub(super) fn marker(section: &Section) -> String {
    let at = if section.at.is_empty() {
        "the file"
    } else {
        section.at
    };
    match section.only {
        Some((by, value)) => format!("{OPENS}{at} where {by} = {value} -->"),
        None => format!("{OPENS}{at} -->"),
    }
}

fn table(wanted: &str, page: &mut String) {
    let found = sections().find(|section| marker(section) == format!("{OPENS}{wanted} -->"));
    page.push_str("| Key | Form | Range | Default | Meaning |\n|---|---|---|---|---|\n");
    for key in found.map(|section| section.keys).unwrap_or_default() {
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "| `{}` | {} | {} | {} | {} |",
            key.name,
            form(&key.form),
            range(&key.form),
            usual(key),
            key.meaning
        );
    }
}

fn usual(key: &Key) -> String {
    match key.usual {
        Usual::Needed => "needed".to_owned(),
        Usual::Is(value) => format!("`{value}`"),
        Usual::Words(words) => words.to_owned(),
    }
}

fn form(form: &Form) -> String {
    match form {
        Form::Text => "text".to_owned(),
        Form::Noun(noun) => (*noun).to_owned(),
        Form::Flag => "true or false".to_owned(),
        Form::False => "`false`".to_owned(),
        Form::Whole(..) => "whole number".to_owned(),
        Form::Number(..) => "number".to_owned(),
        Form::Span(..) => "duration".to_owned(),
        Form::Rate(_) => "rate".to_owned(),
        Form::Share => "share".to_owned(),
        Form::Money(_) => "money".to_owned(),
        Form::Words(words) => {
            let words: Vec<String> = words.iter().map(|word| format!("`\"{word}\"`")).collect();
            words.join(", ")
        }
        Form::List(of) => format!("list of {}", plural(of)),
        Form::ListOrOne(of) => format!("{}, or a list of {}", self::form(of), plural(of)),
        Form::Table(_) => "table".to_owned(),
        Form::Tables(at) if at.matches('.').count() == 1 && at.starts_with("pattern.") => {
            "list of tables".to_owned()
        }
        Form::Tables(_) => "array of tables".to_owned(),
        Form::Either(forms) => {
            let forms: Vec<String> = forms.iter().map(self::form).collect();
            forms.join(", or ")
        }
    }
}

fn plural(form: &Form) -> String {
    match form {
        Form::Noun(noun) => format!("{noun}s"),
        Form::Text => "texts".to_owned(),
        Form::Whole(..) => "whole numbers".to_owned(),
        other => self::form(other),
    }
}

fn range(form: &Form) -> String {
    match form {
        // Nobody counts that far.
        Form::Whole(least, most) if *most == i64::MAX.cast_unsigned() => format!("{least} to 2^63 - 1"),
        Form::Whole(least, most) => format!("{} to {}", grouped(*least), grouped(*most)),
        Form::Number(least, most) if *least < 1.0 && *least > 0.0 => format!("{least} to {most}"),
        Form::Number(least, most) if most.fract() == 0.0 => {
            format!("{} to {}", grouped(*least as u64), grouped(*most as u64))
        }
        Form::Number(least, most) => format!("{least} to {most}"),
        Form::Span(least, most) => format!("{least} to {most}"),
        Form::Rate(most) => format!("0/s to {}/s", grouped(*most as u64)),
        Form::Share => "0% to 100%".to_owned(),
        Form::Money(most) => format!("$0 to ${}", grouped(*most as u64)),
        Form::List(of) | Form::ListOrOne(of) => match range(of) {
            range if range.is_empty() => range,
            range => format!("{range} each"),
        },
        Form::Either(forms) => {
            let ranges: Vec<String> = forms
                .iter()
                .map(range)
                .filter(|range| !range.is_empty())
                .collect();
            ranges.join("; ")
        }
        _ => String::new(),
    }
}

/// `12,345`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
