//! Which entry a few letters mean: letters in their order, better the closer together and the nearer
//! to the beginnings of words.

use std::cmp::Reverse;

use super::Entry;

/// A letter at the beginning of a word.
const AT_WORD: i32 = 8;
/// A letter right after the one before.
const IN_A_ROW: i32 = 5;
/// A letter that is skipped.
const SKIPPED: i32 = -1;

/// The entries that a query may mean, the likeliest first; without a query all of them as they stand.
///
/// The words of a query are looked for one by one, in the entry's name and, at half the worth, in
/// what it says of itself.
pub fn best<'e>(entries: &'e [Entry], query: &str) -> Vec<&'e Entry> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let mut found: Vec<(i32, usize, &Entry)> = entries
        .iter()
        .enumerate()
        .filter_map(|(place, entry)| {
            let scores = words.iter().map(|word| of_entry(word, entry));
            let sum: Option<i32> = scores.sum();
            Some((sum?, place, entry))
        })
        .collect();
    found.sort_by_key(|(score, place, _)| (Reverse(*score), *place));
    found.into_iter().map(|(_, _, entry)| entry).collect()
}

fn of_entry(word: &str, entry: &Entry) -> Option<i32> {
    let name = score(word, &entry.name.to_lowercase());
    // What an entry says of itself counts only where it holds the word as it is.
    let about = entry.about.to_lowercase();
    let told = about.contains(word).then(|| small(word.chars().count()));
    name.max(told)
}

/// How well the letters of a word stand in a text; `None`: not all do, in this order.
fn score(word: &str, text: &str) -> Option<i32> {
    let letters: Vec<char> = text.chars().collect();
    let wanted: Vec<char> = word.chars().collect();
    // The best of all beginnings: what is found greedily from there.
    (0..letters.len())
        .filter(|start| wanted.first().is_none_or(|first| letters[*start] == *first))
        .filter_map(|start| from(start, &wanted, &letters))
        .max()
        .or_else(|| wanted.is_empty().then_some(0))
}

fn from(start: usize, wanted: &[char], letters: &[char]) -> Option<i32> {
    let mut place = start;
    let mut sum = 0;
    let mut before: Option<usize> = None;
    for letter in wanted {
        let found = place + letters.get(place..)?.iter().position(|other| other == letter)?;
        let is_first = found == 0 || !letters[found - 1].is_alphanumeric();
        sum += 1 + if is_first { AT_WORD } else { 0 };
        sum += match before {
            Some(before) if found == before + 1 => IN_A_ROW,
            Some(before) => SKIPPED * small(found - before),
            None => 0,
        };
        before = Some(found);
        place = found + 1;
    }
    Some(sum)
}

/// Names are short: what is longer than this counts no more.
fn small(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX / 64)
}
