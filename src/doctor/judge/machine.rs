//! Judges of this machine.

use super::not_mine;
use crate::doctor::check::Seen;
use crate::doctor::report::{State, Verdict};

/// The least size the dashboard is drawn for, columns and rows.
const LEAST_SCREEN: (u16, u16) = (80, 24);
/// Fewer open files than this and a drill of a few hundred calls in flight meets the limit.
const FEW_FILES: u64 = 1_024;

pub fn config(seen: &Seen) -> Verdict {
    let Seen::Config {
        path,
        exists,
        problems,
    } = seen
    else {
        return not_mine();
    };
    if !problems.is_empty() {
        return Verdict::new(
            State::Fail,
            problems.join("; "),
            "mend it: other commands refuse to start; `bedrill config --example` shows every setting",
        );
    }
    match path {
        None => Verdict::new(
            State::Warn,
            "there is no home directory, so no configuration file",
            "set BEDRILL_CONFIG to a file if one is wanted",
        ),
        Some(path) if *exists => Verdict::ok(format!("{path} is in order")),
        Some(path) => Verdict::ok(format!("none at {path}: defaults")),
    }
}

pub fn data(seen: &Seen) -> Verdict {
    let Seen::Data { path, mode, writable } = seen else {
        return not_mine();
    };
    let Some(path) = path else {
        return Verdict::new(
            State::Warn,
            "there is no home directory, so runs are not recorded",
            "set BEDRILL_DATA to a folder, or give --no-record",
        );
    };
    if !writable {
        return Verdict::new(
            State::Fail,
            format!("{path} cannot be written"),
            "make it writable, set BEDRILL_DATA to another folder, or give --no-record",
        );
    }
    match mode {
        Some(mode) if mode & 0o077 != 0 => Verdict::new(
            State::Warn,
            format!(
                "others of this machine can look into {path} (mode {:03o})",
                mode & 0o777
            ),
            format!("chmod 700 {path}; the next recording does so too"),
        ),
        Some(_) => Verdict::ok(format!("{path} is private and can be written")),
        None => Verdict::ok(format!("{path} will be made by the first recording")),
    }
}

pub fn terminal(seen: &Seen) -> Verdict {
    let Seen::Screen(size) = seen else {
        return not_mine();
    };
    let (least_columns, least_rows) = LEAST_SCREEN;
    match size {
        None => Verdict::new(
            State::Warn,
            "standard output is no terminal",
            "nothing for `bedrill run`; the dashboard needs a terminal",
        ),
        Some((columns, rows)) if *columns < least_columns || *rows < least_rows => Verdict::new(
            State::Warn,
            format!("{columns}x{rows} is small"),
            format!("make it {least_columns}x{least_rows} or larger for the dashboard"),
        ),
        Some((columns, rows)) => Verdict::ok(format!("{columns}x{rows}")),
    }
}

pub fn colours(seen: &Seen) -> Verdict {
    let Seen::Colours {
        none_wanted,
        term,
        colorterm,
    } = seen
    else {
        return not_mine();
    };
    if *none_wanted {
        return Verdict::ok("NO_COLOR is set: the dashboard is plain; glyphs tell what colours would");
    }
    if matches!(colorterm.as_str(), "truecolor" | "24bit") {
        return Verdict::ok("24 bits");
    }
    if term.contains("256color") || term.contains("kitty") || term.contains("direct") {
        return Verdict::ok(format!("at least 256 (TERM={term})"));
    }
    let says = match term.as_str() {
        "" => "TERM is not set".to_owned(),
        "dumb" => "TERM=dumb: the dashboard cannot be drawn".to_owned(),
        other => format!("TERM={other} may have only 16"),
    };
    Verdict::new(
        State::Warn,
        says,
        "set TERM to what the terminal is, such as xterm-256color, or use --theme plain",
    )
}

pub fn unicode(seen: &Seen) -> Verdict {
    let Seen::Locale(locale) = seen else {
        return not_mine();
    };
    let plain = locale.to_lowercase().replace('-', "");
    if plain.contains("utf8") {
        return Verdict::ok(locale.clone());
    }
    let says = if locale.is_empty() {
        "no locale is set".to_owned()
    } else {
        format!("the locale {locale} is not UTF-8")
    };
    Verdict::new(
        State::Warn,
        format!("{says}: lines and glyphs may be garbled"),
        "set LANG to a UTF-8 locale, such as C.UTF-8",
    )
}

pub fn files(seen: &Seen) -> Verdict {
    let Seen::Files(limit) = seen else {
        return not_mine();
    };
    match limit {
        None => Verdict::ok("no limit"),
        Some(limit) if *limit < FEW_FILES => Verdict::new(
            State::Warn,
            format!("{limit} at once"),
            format!("raise the hard limit (ulimit -Hn) to {FEW_FILES} or more, or keep concurrency low"),
        ),
        Some(limit) => Verdict::ok(format!("{limit} at once")),
    }
}
