//! The document of prompt caching and its questions: long enough, and every answer where it is said to be.

use std::collections::BTreeMap;

use bedrill::toml::{Document, Item, Table};

const HANDBOOK: &str = include_str!("../../assets/handbook.md");
const QUESTIONS: &str = include_str!("../../assets/handbook-questions.toml");

#[test]
fn the_handbook_is_of_twelve_thousand_words_at_least() {
    let words = HANDBOOK
        .split_whitespace()
        .filter(|word| word.contains(char::is_alphanumeric));
    let count = words.count();
    assert!(count >= 12_000, "{count} words");
}

#[test]
fn every_question_has_its_answer_in_the_section_it_names() {
    let sections = sections();
    let document = Document::parse("assets/handbook-questions.toml", QUESTIONS).expect("TOML");
    let list = document.root().need("question").and_then(|item| item.list());
    let questions = list.unwrap_or_default();
    let mut by_class: BTreeMap<String, usize> = BTreeMap::new();
    for table in questions.iter().filter_map(Item::table) {
        let [question, answer, section, class] =
            ["question", "answer", "section", "class"].map(|key| text(&table, key));
        table.finish();
        assert!(question.ends_with('?'), "{question}");
        for number in section.split(", ") {
            let found = sections.get(number);
            let found = found.unwrap_or_else(|| panic!("{question}: no section {number}"));
            if class == "simple" {
                for figure in figures(answer) {
                    assert!(found.contains(figure), "{question}: no {figure} in {number}");
                }
            }
        }
        *by_class.entry(class.to_owned()).or_default() += 1;
    }
    let expected = BTreeMap::from([("complex".to_owned(), 20), ("simple".to_owned(), 40)]);
    assert_eq!(by_class, expected);
    document.into_result(Some(())).expect("no unknown key");
}

fn text<'d>(table: &Table<'d>, key: &'static str) -> &'d str {
    table.need(key).and_then(|item| item.text()).expect(key)
}

/// The text of each numbered section; `0` is what stands before the first.
fn sections() -> BTreeMap<&'static str, &'static str> {
    let head = HANDBOOK.split("\n## ").next().unwrap_or_default();
    let mut sections = BTreeMap::from([("0", head)]);
    for part in HANDBOOK.split("\n### ").skip(1) {
        let number = part.split(' ').next().unwrap_or_default();
        let body = part.split("\n## ").next().unwrap_or_default();
        assert!(sections.insert(number, body).is_none(), "{number} stands twice");
    }
    sections
}

/// The figures of an answer, `6,400` of "6,400 crowns".
fn figures(answer: &str) -> impl Iterator<Item = &str> {
    answer
        .split(|c: char| !(c.is_ascii_digit() || c == ',' || c == ':'))
        .map(|figure| figure.trim_matches([',', ':']))
        .filter(|figure| !figure.is_empty())
}
