//! The words that made-up prompts, answers and shared texts consist of. Pure.

use std::fmt::Write as _;

use crate::event::PromptClass;
use crate::seed::Stream;

const TASKS: [&str; 6] = [
    "explain in one sentence what is meant by",
    "name three words that describe",
    "give a short title for a page about",
    "say whether a newcomer should know",
    "reword for a customer the notice on",
    "list the two most common questions on",
];
const PROBLEMS: [&str; 6] = [
    "work through, step by step, what happens when we change",
    "weigh two ways to fix, and choose one with reasons,",
    "find the weak point in our plan for",
    "estimate the cost, showing each step, of",
    "plan a week of work for three people on",
    "compare the risks, before and after a failover, of",
];
const TOPICS: [&str; 10] = [
    "the refund policy",
    "the night shift's hand-over",
    "the search index",
    "the delivery window",
    "the loyalty card",
    "the invoice archive",
    "the sign-up form",
    "the price list",
    "the returns desk",
    "the weekly report",
];
const NOTES: [&str; 8] = [
    "Orders rose by a fifth last week.",
    "The old system is still in use in two branches.",
    "Customers write mostly in the evening.",
    "The team has asked for shorter texts.",
    "A new supplier starts on Monday.",
    "The figures are checked once a month.",
    "Two of the five steps are done by hand.",
    "The last change took nine days.",
];

/// A message of about `chars` characters. It begins with the shot's own number, so that none is
/// like another; below some twenty characters nothing else fits.
pub(super) fn message(index: u64, class: PromptClass, chars: usize, draws: &mut Stream) -> String {
    let (head, tasks) = match class {
        PromptClass::Simple => ("Question", TASKS),
        PromptClass::Complex => ("Task", PROBLEMS),
    };
    let mut text = String::with_capacity(chars + 64);
    // Writing to a String cannot fail.
    let _ = write!(text, "{head} {}:", index + 1);
    let least = text.len();
    let _ = write!(text, " {} {}.", pick(&tasks, draws), pick(&TOPICS, draws));
    while text.len() < chars {
        text.push(' ');
        text.push_str(pick(&NOTES, draws));
    }
    if text.len() > chars {
        // ASCII all through: every index is a boundary.
        let cut = text[..chars.max(least)].rfind(' ').unwrap_or(least);
        text.truncate(cut.max(least));
    }
    text
}

/// Prose of about `chars` characters, for answers and long shared texts.
pub(super) fn prose(chars: usize, draws: &mut Stream) -> String {
    let mut text = String::with_capacity(chars + 64);
    while text.len() < chars {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(pick(&NOTES, draws));
    }
    // ASCII all through: every index is a boundary.
    text.truncate(chars.max(1));
    text
}

fn pick<'a>(from: &[&'a str], draws: &mut Stream) -> &'a str {
    from[draws.below(from.len())]
}
