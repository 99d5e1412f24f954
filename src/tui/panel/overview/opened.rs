//! Which patterns of the Overview show all their ways of calling, where there is not room for all.

use super::HEAD_ROWS;
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot};

/// Rows that all patterns take with all their ways, the heads of the table included.
pub(super) fn all(patterns: &[PatternSnapshot]) -> u16 {
    let arms: usize = patterns.iter().map(|pattern| pattern.arms.len()).sum();
    HEAD_ROWS + (arms + patterns.len()) as u16
}

/// For each pattern, whether its ways have rows of their own. Every pattern keeps a row; what is left
/// goes to the patterns in their order, so that nothing moves while the figures do.
pub(super) fn those(height: u16, patterns: &[PatternSnapshot]) -> Vec<bool> {
    let mut left = height.saturating_sub(HEAD_ROWS + patterns.len() as u16);
    patterns
        .iter()
        .map(|pattern| {
            let takes = pattern.arms.len() as u16;
            let fits = takes <= left;
            left -= if fits { takes } else { 0 };
            fits
        })
        .collect()
}

/// The way of calling of which the smallest share succeeded lately, with its place.
pub(super) fn worst(pattern: &PatternSnapshot) -> Option<(usize, &ArmSnapshot)> {
    let share = |arm: &ArmSnapshot| arm.recent.availability().unwrap_or(f64::INFINITY);
    let arms = pattern.arms.iter().enumerate();
    arms.min_by(|(_, one), (_, other)| share(one).total_cmp(&share(other)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::fixture;

    #[test]
    fn every_pattern_keeps_a_row_and_the_first_open_first() {
        let patterns = fixture::faulted().patterns;
        assert_eq!(all(&patterns), 10);
        assert_eq!(those(10, &patterns), [true, true]);
        assert_eq!(those(9, &patterns), [true, false]);
        assert_eq!(those(4, &patterns), [false, false]);
    }

    #[test]
    fn a_closed_pattern_shows_its_worst_way() {
        let patterns = fixture::faulted().patterns;
        let shown = worst(&patterns[1]).map(|(_, arm)| arm.key.to_string());
        assert_eq!(shown.as_deref(), Some("other providers"));
    }
}
