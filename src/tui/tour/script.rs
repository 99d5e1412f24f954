//! The steps of a tour, read from TOML.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use crate::toml::{Document, Item, Problems, Table};
use crate::tui::viewing::Page;

const SHIPPED: &str = include_str!("../../../assets/tour.toml");

/// How long a step may stand.
const LASTS: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(600);

/// A tour as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Script {
    /// The shipped scenario it runs on.
    pub scenario: String,
    /// Its steps, at least one.
    pub steps: Vec<Arc<Step>>,
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it is about, in a few words.
    pub title: String,
    /// The page it is seen on.
    pub page: Page,
    /// How long it stands.
    pub lasts: Duration,
    /// What is to be seen, and why it matters.
    pub says: String,
    /// What to watch.
    pub look: String,
    /// Keys that the tour presses when the step begins.
    pub keys: Option<String>,
    /// What the viewer may press.
    pub ask: Option<String>,
}

impl Script {
    /// The tour that comes with the program.
    pub fn shipped() -> Result<Self, Problems> {
        Self::read("assets/tour.toml", SHIPPED)
    }

    /// Reads a tour; `file` is the name that problems show.
    pub fn read(file: &str, text: &str) -> Result<Self, Problems> {
        let document = Document::parse(file, text)?;
        let root = document.root();
        let scenario = root
            .need("scenario")
            .and_then(|item| item.name().map(str::to_owned));
        let steps = root.need("step").and_then(|item| item.list()).map(|list| {
            let steps = list.iter().filter_map(Item::table);
            steps.filter_map(|table| step(&table)).map(Arc::new).collect()
        });
        root.finish();
        let script = scenario
            .zip(steps)
            .map(|(scenario, steps)| Self { scenario, steps });
        document.into_result(script.filter(|script| !script.steps.is_empty()))
    }
}

fn step(table: &Table<'_>) -> Option<Step> {
    let text = |key| table.need(key).and_then(|item| item.name().map(str::to_owned));
    let spare = |key| table.take(key).and_then(|item| item.name().map(str::to_owned));
    let (title, says, look) = (text("title"), text("says"), text("look"));
    let (keys, ask) = (spare("keys"), spare("ask"));
    let page = table.need("page").and_then(|item| page(&item));
    let lasts = table.need("lasts").and_then(|item| item.duration(LASTS));
    table.finish();
    Some(Step {
        title: title?,
        page: page?,
        lasts: lasts?,
        says: says?,
        look: look?,
        keys,
        ask,
    })
}

fn page(item: &Item<'_>) -> Option<Page> {
    let found = match item.text()? {
        "overview" => Some(Page::Overview),
        "survival" => Some(Page::Survival),
        "decide" => Some(Page::Decide),
        number => number
            .parse()
            .ok()
            .filter(|number| (1..=7).contains(number))
            .map(Page::Pattern),
    };
    if found.is_none() {
        item.reject(
            "is no page",
            Some("overview, survival, decide or 1 to 7".to_owned()),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::overlay::prose::wrapped;
    use crate::tui::view::strip::{TEXT_ROWS, TEXT_WIDTH};

    #[test]
    fn the_shipped_tour_fits_a_small_screen() {
        let script = Script::shipped().expect("sound");
        for step in &script.steps {
            let lines = wrapped(&step.says, TEXT_WIDTH, 0).len();
            assert!(lines < TEXT_ROWS, "{}: {lines} lines", step.title);
            assert!(step.look.chars().count() + 6 <= TEXT_WIDTH, "{}", step.look);
        }
        assert_eq!(
            script.steps.last().and_then(|step| step.keys.as_deref()),
            Some("s")
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let text = "scenario = \"quickstart\"\n[[step]]\ntitle = \"x\"\npage = \"8\"\nlasts = \"soon\"\nsays = \"y\"\nlok = \"z\"\n";
        let problems = Script::read("t.toml", text).expect_err("wrong").to_string();
        for words in [
            "t.toml:4:",
            "is no page",
            "t.toml:5:",
            "t.toml:7:1",
            "unknown key",
            "is missing",
        ] {
            assert!(problems.contains(words), "{words} is missing in\n{problems}");
        }
    }
}
