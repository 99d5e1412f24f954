//! Ten thousand broken files: each is read, or refused with named problems; none panics or hangs.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bedrill::catalog::Catalog;
use bedrill::scenario::{Scenario, library};
use bedrill::seed::{Seed, Stream};
use bedrill::toml::Problems;

/// Together ten thousand; a catalogue is some twenty times as long as a scenario.
const SCENARIOS: u64 = 7_500;
const CATALOGUES: u64 = 2_500;
/// A file takes milliseconds; one that takes this long hangs.
const HANGS: Duration = Duration::from_secs(20);

#[test]
fn thousands_of_mutated_scenarios_are_read_or_refused_by_name() {
    let catalog = Catalog::builtin();
    let texts: Vec<&str> = library::names().filter_map(library::text).collect();
    let read = move |text: &str| Scenario::parse("mutated", text, &catalog).map(drop);
    let (read, refused) = try_all(SCENARIOS, Seed::new(2026), texts, read);
    assert!(read > SCENARIOS / 100, "only {read} could be read");
    assert!(refused > SCENARIOS / 2, "only {refused} were refused");
}

#[test]
fn thousands_of_mutated_catalogues_are_read_or_refused_by_name() {
    let texts = vec![Catalog::builtin_text()];
    let read = |text: &str| Catalog::parse("mutated", text).map(drop);
    let (read, refused) = try_all(CATALOGUES, Seed::new(1126), texts, read);
    assert!(read > CATALOGUES / 100, "only {read} could be read");
    assert!(refused > CATALOGUES / 4, "only {refused} were refused");
}

/// How many of the mutated texts were read, and how many refused.
fn try_all(
    files: u64,
    seed: Seed,
    texts: Vec<&'static str>,
    read: impl Fn(&str) -> Result<(), Problems> + Send + 'static,
) -> (u64, u64) {
    let (told, hear) = mpsc::sync_channel(1);
    let worker = thread::spawn(move || {
        for number in 0..files {
            let mut draws = seed.keyed(number).stream();
            let text = mutated(texts[draws.below(texts.len())], &mut draws);
            if told.send(read(&text)).is_err() {
                return;
            }
        }
    });
    let (mut ok, mut refused) = (0, 0);
    for number in 0..files {
        match hear.recv_timeout(HANGS) {
            Ok(Ok(())) => ok += 1,
            Ok(Err(problems)) => {
                assert!(!problems.is_empty(), "file {number}: refused without a word");
                for problem in &problems {
                    let said = problem.to_string();
                    assert!(said.starts_with("mutated:"), "file {number}: {said}");
                    assert!(problem.line > 0 && problem.column > 0, "file {number}: {said}");
                    assert!(!problem.problem.is_empty(), "file {number}: {said}");
                }
                refused += 1;
            }
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("file {number} of seed {seed} hangs"),
            Err(mpsc::RecvTimeoutError::Disconnected) => panic!("file {number} of seed {seed} panics"),
        }
    }
    worker.join().expect("the worker ends well");
    (ok, refused)
}

/// The text with one to three things done to it.
fn mutated(text: &str, draws: &mut Stream) -> String {
    let mut text = text.to_owned();
    for _ in 0..=draws.below(3) {
        text = match draws.below(8) {
            0 => flipped(&text, draws),
            1 => text[..text.floor_char_boundary(draws.below(text.len() + 1))].to_owned(),
            2 => with_lines(&text, draws, |lines, at, _| lines.insert(at, lines[at])),
            3 => with_lines(&text, draws, |lines, at, _| {
                lines.remove(at);
            }),
            4 => with_lines(&text, draws, |lines, at, other| lines.swap(at, other)),
            5 => inserted(&text, draws),
            6 => renumbered(&text, draws),
            _ => values_swapped(&text, draws),
        };
    }
    text
}

fn flipped(text: &str, draws: &mut Stream) -> String {
    let mut bytes = text.as_bytes().to_vec();
    if !bytes.is_empty() {
        let at = draws.below(bytes.len());
        bytes[at] ^= 1 << draws.below(8);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn with_lines(text: &str, draws: &mut Stream, change: impl FnOnce(&mut Vec<&str>, usize, usize)) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    if !lines.is_empty() {
        let (at, other) = (draws.below(lines.len()), draws.below(lines.len()));
        change(&mut lines, at, other);
    }
    lines.join("\n")
}

fn inserted(text: &str, draws: &mut Stream) -> String {
    const PIECES: [&str; 14] = [
        "[", "]", "{", "}", "\"", "'", "=", "#", "\n", ",", ".", "\\", "[[x]]\n", "\u{feff}",
    ];
    let at = text.floor_char_boundary(draws.below(text.len() + 1));
    format!(
        "{}{}{}",
        &text[..at],
        PIECES[draws.below(PIECES.len())],
        &text[at..]
    )
}

/// One number becomes a strange one.
fn renumbered(text: &str, draws: &mut Stream) -> String {
    const NUMBERS: [&str; 12] = [
        "0",
        "-1",
        "1e308",
        "-1e-308",
        "inf",
        "nan",
        "99999999999999999999",
        "9223372036854775807",
        "true",
        "\"\"",
        "[]",
        "{}",
    ];
    let digits: Vec<usize> = text
        .char_indices()
        .filter(|(_, c)| c.is_ascii_digit())
        .map(|(at, _)| at)
        .collect();
    if digits.is_empty() {
        return text.to_owned();
    }
    let at = digits[draws.below(digits.len())];
    let rest = text[at..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '_' || c == '.');
    format!("{}{}{rest}", &text[..at], NUMBERS[draws.below(NUMBERS.len())])
}

/// Two keys take each other's values.
fn values_swapped(text: &str, draws: &mut Stream) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let pairs: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].contains(" = ")).collect();
    if pairs.is_empty() {
        return text.to_owned();
    }
    let one = pairs[draws.below(pairs.len())];
    let two = pairs[draws.below(pairs.len())];
    let split = |line: &str| {
        line.split_once(" = ")
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
    };
    if let (Some((one_key, one_value)), Some((two_key, two_value))) = (split(&lines[one]), split(&lines[two]))
    {
        lines[one] = format!("{one_key} = {two_value}");
        lines[two] = format!("{two_key} = {one_value}");
    }
    lines.join("\n")
}
