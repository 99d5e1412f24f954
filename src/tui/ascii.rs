//! A drawn screen for terminals that show no more than ASCII: every glyph becomes a letter that keeps
//! its meaning. Told apart stays what was told apart by glyph.

use ratatui::buffer::Buffer;

/// Glyphs and their letters. Frames, rules and bars first, then states and markers, then signs.
const LETTERS: &[(&str, &str)] = &[
    ("─━╌┄┅═", "-"),
    ("╸╺", "-"),
    ("│┊╎┃▏▎▍╵", "|"),
    ("┴┤├┬┼╭╮╰╯┌┐└┘╹", "+"),
    ("▁▂▃", "_"),
    ("▄▅▌", "="),
    ("▆▇█▊▋▉▓", "#"),
    ("░▒", ":"),
    ("·", "."),
    ("●", "*"),
    ("○", "o"),
    ("◐", "!"),
    ("✗", "x"),
    ("✓", "+"),
    ("▼▾↓", "v"),
    ("▽", "u"),
    ("▲▴↑", "^"),
    ("⇄", "%"),
    ("↕", "~"),
    ("▸▶→›»", ">"),
    ("◂←‹«⏎", "<"),
    ("❚", "|"),
    ("×", "x"),
    ("…", "."),
    ("≥", ">"),
    ("≤", "<"),
    ("µ", "u"),
    ("–—−", "-"),
    ("’‘", "'"),
    ("“”", "\""),
    ("é", "e"),
    ("±", "~"),
];

/// Turns every cell into ASCII. What has no letter of its own becomes `?`.
pub fn fold(buf: &mut Buffer) {
    for cell in &mut buf.content {
        if !cell.symbol().is_ascii() {
            let letter = letter(cell.symbol());
            cell.set_symbol(letter);
        }
    }
}

/// A text in ASCII.
pub fn folded(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
        } else {
            out.push_str(letter(c.encode_utf8(&mut [0; 4])));
        }
    }
    out
}

fn letter(symbol: &str) -> &'static str {
    let c = symbol.chars().next().unwrap_or(' ');
    if let '\u{2800}'..='\u{28ff}' = c {
        return dots((c as u32 - 0x2800) as u8);
    }
    LETTERS
        .iter()
        .find(|(glyphs, _)| glyphs.contains(c))
        .map_or("?", |(_, letter)| letter)
}

/// Dots of a chart: the fuller the cell, the darker the letter; where few, by their height.
const fn dots(dots: u8) -> &'static str {
    // The two lower rows of a cell.
    const LOW: u8 = 0b1110_0100;
    match (dots.count_ones(), dots & LOW != 0) {
        (0, _) => " ",
        (1 | 2, true) => ".",
        (1 | 2, false) => "'",
        (3 | 4, _) => ":",
        (5 | 6, _) => "+",
        _ => "#",
    }
}

/// Whether the environment's locale says that the terminal does not speak UTF-8. Without any word of
/// it the terminal is taken to speak it, as those of this century do.
pub fn locale_is_ascii(variable: impl Fn(&str) -> Option<String>) -> bool {
    let said = ["LC_ALL", "LC_CTYPE", "LANG"]
        .into_iter()
        .filter_map(variable)
        .find(|value| !value.is_empty());
    said.is_some_and(|locale| {
        let locale = locale.to_lowercase();
        !locale.contains("utf-8") && !locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let with = |pairs: &'static [(&str, &str)]| {
            locale_is_ascii(|name| {
                let found = pairs.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(!with(&[]));
        assert!(!with(&[("LANG", "en_GB.UTF-8")]));
        assert!(with(&[("LANG", "en_GB.ISO-8859-1")]));
        assert!(with(&[("LC_ALL", "C"), ("LANG", "C.UTF-8")]));
        assert!(!with(&[("LC_ALL", ""), ("LANG", "C.utf8")]));
    }

    #[test]
    fn states_and_markers_stay_told_apart() {
        let glyphs = ["·", "●", "◐", "✗", "▼", "▲", "⇄", "○", "↕"];
        let letters: std::collections::BTreeSet<&str> = glyphs.into_iter().map(letter).collect();
        assert_eq!(letters.len(), glyphs.len());
        assert_eq!(folded("⇄ us-east-1 → us-east-2"), "% us-east-1 > us-east-2");
    }
}
