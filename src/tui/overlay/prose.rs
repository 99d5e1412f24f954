//! Sentences broken into lines.

use unicode_width::UnicodeWidthStr;

/// Breaks a sentence at spaces into lines of at most `width` columns; a word longer than that is
/// broken where it must be. Later lines are indented by `hang` columns.
pub fn wrapped(text: &str, width: usize, hang: usize) -> Vec<String> {
    let width = width.max(hang + 1).max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let joined = line.width() + usize::from(!is_blank(&line)) + word.width();
        if !is_blank(&line) && joined > width {
            lines.push(std::mem::replace(&mut line, " ".repeat(hang)));
        }
        if !is_blank(&line) {
            line.push(' ');
        }
        for c in word.chars() {
            if line.width() + unicode_width::UnicodeWidthChar::width(c).unwrap_or(0) > width {
                lines.push(std::mem::replace(&mut line, " ".repeat(hang)));
            }
            line.push(c);
        }
    }
    if !is_blank(&line) {
        lines.push(line);
    }
    lines
}

/// The text cut to `width` columns, with an ellipsis where something is missing.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        let next = kept.width() + unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if next + 1 > width {
            break;
        }
        kept.push(c);
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}

fn is_blank(line: &str) -> bool {
    line.chars().all(|c| c == ' ')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentences_break_at_spaces_and_hang() {
        assert_eq!(wrapped("one two three", 8, 2), ["one two", "  three"]);
        assert_eq!(wrapped("unbreakable", 5, 0), ["unbre", "akabl", "e"]);
        assert_eq!(wrapped("  ", 5, 0), Vec::<String>::new());
    }

    #[test]
    fn a_cut_says_that_something_is_missing() {
        assert_eq!(cut("us-east-1", 9), "us-east-1");
        assert_eq!(cut("us-east-1", 5), "us-e…");
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_word_is_lost(text in "[a-zé ]{0,80}", width in 1_usize..40, hang in 0_usize..4) {
            let lines = wrapped(&text, width, hang);
            for line in &lines {
                prop_assert!(line.width() <= width.max(hang + 1), "{:?}", line);
            }
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
            prop_assert!(cut(&text, width).width() <= width);
        }
    }
}
