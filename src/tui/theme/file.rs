//! A person's own theme, from a TOML file: a built-in one with some of its colours changed.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::ThemeName;
use super::palette::Palette;
use crate::toml::{Document, Item, Problems, Table};

/// Ten regions that stand side by side, and some to spare.
const MOST_HUES: usize = 24;

/// The colours of a theme that a file may name, and where each stands in the palette.
type Slot = (&'static str, &'static str, fn(&mut Palette) -> &mut Option<u8>);
const SLOTS: [Slot; 15] = [
    ("text", "figures and plain text", |palette| &mut palette.text),
    ("strong", "what the eye should find first", |palette| {
        &mut palette.strong
    }),
    ("muted", "labels, units, heads", |palette| &mut palette.muted),
    ("faint", "rules and axes", |palette| &mut palette.faint),
    ("accent", "what is selected, keys", |palette| &mut palette.accent),
    ("line", "p99 over time", |palette| &mut palette.line),
    ("fill", "an area under a line", |palette| &mut palette.fill),
    ("selected", "the ground of the row under the cursor", |palette| {
        &mut palette.selected
    }),
    (
        "band",
        "the ground of a chart while a fault is in force",
        |palette| &mut palette.band,
    ),
    ("good", "at least 99 of 100 succeed", |palette| &mut palette.good),
    ("calm", "the same, where much of it is drawn", |palette| {
        &mut palette.calm
    }),
    ("strained", "at least 90 of 100 succeed", |palette| {
        &mut palette.strained
    }),
    ("broken", "fewer succeed", |palette| &mut palette.broken),
    ("lost", "the ground of what was lost", |palette| &mut palette.lost),
    ("on-hue", "text on a hue as a ground", |palette| {
        &mut palette.on_hue
    }),
];

/// Reads a theme file. `file` is the name that problems show.
pub(super) fn read(file: &str, text: &str) -> Result<(ThemeName, Palette), Problems> {
    let document = Document::parse(file, text)?;
    let root = document.root();
    let base = root.take("base").and_then(|item| base(&item)).unwrap_or_default();
    let mut palette = Palette::of(base);
    if let Some(colours) = root.take("colours").and_then(|item| item.table()) {
        for (key, _, slot) in SLOTS {
            if let Some(item) = colours.take(key)
                && let Some(colour) = colour(&item)
            {
                *slot(&mut palette) = Some(colour);
            }
        }
        hues(&colours, &mut palette);
        colours.finish();
    }
    root.finish();
    document.into_result(Some((base, palette)))
}

/// An example that says all there is to say: the dark theme, key by key.
pub fn example() -> String {
    let mut page = String::from(
        "# A theme of your own: bedrill --theme FILE. Colours are numbers of the 256-colour palette, 0 to 255.\n\
         # What is left out stays as in the base.\n\
         base = \"dark\"   # dark, light or colour-blind\n\n[colours]\n",
    );
    let mut palette = Palette::of(ThemeName::Dark);
    for (key, about, slot) in SLOTS {
        if let Some(colour) = *slot(&mut palette) {
            let _ = writeln!(page, "{:<15} # {about}", format!("{key} = {colour}"));
        }
    }
    let pairs: Vec<String> = palette
        .hues
        .iter()
        .map(|(ink, ground)| format!("[{ink}, {ground}]"))
        .collect();
    let _ = writeln!(
        page,
        "# Regions and parts of bars: as ink, and as a ground for text."
    );
    let _ = writeln!(page, "hues = [{}]", pairs.join(", "));
    let numbers: Vec<String> = palette.patterns.iter().map(u8::to_string).collect();
    let _ = writeln!(page, "# Patterns by their number, from 0.");
    let _ = writeln!(page, "patterns = [{}]", numbers.join(", "));
    page
}

fn base(item: &Item<'_>) -> Option<ThemeName> {
    let name = item.text()?;
    let found = ThemeName::ALL.into_iter().find(|theme| theme.key() == name);
    if found.is_none() {
        item.reject(
            format!("there is no theme `{name}`"),
            Some("dark, light, colour-blind or plain".to_owned()),
        );
    }
    found
}

fn colour(item: &Item<'_>) -> Option<u8> {
    item.integer(0..=255).map(|number| number as u8)
}

fn hues(colours: &Table<'_>, palette: &mut Palette) {
    if let Some(item) = colours.take("hues")
        && let Some(list) = item.list()
    {
        let pairs: Vec<(u8, u8)> = list.iter().filter_map(pair).collect();
        if (1..=MOST_HUES).contains(&list.len()) {
            palette.hues = Cow::Owned(pairs);
        } else {
            item.reject(format!("takes 1 to {MOST_HUES} pairs"), None);
        }
    }
    if let Some(item) = colours.take("patterns")
        && let Some(list) = item.list()
    {
        let numbers: Vec<u8> = list.iter().filter_map(colour).collect();
        if (1..=MOST_HUES).contains(&list.len()) {
            palette.patterns = Cow::Owned(numbers);
        } else {
            item.reject(format!("takes 1 to {MOST_HUES} colours"), None);
        }
    }
}

fn pair(item: &Item<'_>) -> Option<(u8, u8)> {
    let list = item.list()?;
    let [ink, ground] = list.as_slice() else {
        item.reject("takes two colours: as ink, and as a ground", None);
        return None;
    };
    Some((colour(ink)?, colour(ground)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_the_dark_theme() {
        let read = read("example.toml", &example()).expect("the example is sound");
        assert_eq!(read, (ThemeName::Dark, Palette::of(ThemeName::Dark)));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let text = "base = \"drak\"\n[colours]\ngood = 300\nbadd = 1\nhues = [[1]]\n";
        let problems = read("mine.toml", text).expect_err("it is wrong").to_string();
        for words in [
            "mine.toml:1:9",
            "there is no theme `drak`",
            "mine.toml:3:",
            "mine.toml:4:1",
            "unknown key",
            "two colours",
        ] {
            assert!(problems.contains(words), "{words} is missing in\n{problems}");
        }
    }

    #[test]
    fn what_is_left_out_stays_as_in_the_base() {
        let (name, palette) = read("mine.toml", "base = \"light\"\n[colours]\ngood = 40\n").expect("sound");
        let mut expected = Palette::of(ThemeName::Light);
        expected.good = Some(40);
        assert_eq!((name, palette), (ThemeName::Light, expected));
    }
}
