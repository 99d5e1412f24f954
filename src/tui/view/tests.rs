//! Whole screens: every page over states and sizes, without colour, too small, and under hostile
//! figures. A test that fails prints the screen.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use ratatui::style::Color;

use super::*;
use crate::clock::Moment;
use crate::event::ArmId;
use crate::measure::snapshot::{Counts, Point, Recording, Timeline};
use crate::tui::fixture;
use crate::tui::theme::ThemeName;
use crate::tui::viewing::LogView;
use crate::units::Usd;

const PAGES: [(&str, Page); 4] = [
    ("overview", Page::Overview),
    ("cross_region", Page::Pattern(1)),
    ("fallback", Page::Pattern(7)),
    ("survival", Page::Survival),
];
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

#[test]
fn pages_over_states_and_sizes() {
    let states = [
        ("empty", fixture::empty()),
        ("steady", fixture::steady()),
        ("faulted", fixture::faulted()),
    ];
    for (page_name, page) in PAGES {
        for (state_name, snapshot) in &states {
            for (width, height) in SIZES {
                let screen = text(&draw((width, height), &viewing(page), snapshot, ThemeName::Dark));
                let _printed = PrintedOnFailure(&screen);
                insta::assert_snapshot!(format!("{page_name}_{state_name}_{width}x{height}"), screen);
            }
        }
    }
}

#[test]
fn without_colour_no_fact_is_lost() {
    let snapshot = fixture::faulted();
    for (page_name, page) in PAGES {
        let buf = draw((120, 40), &viewing(page), &snapshot, ThemeName::Plain);
        let screen = text(&buf);
        let _printed = PrintedOnFailure(&screen);
        let coloured = buf
            .content()
            .iter()
            .filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset);
        assert_eq!(coloured.count(), 0, "the plain theme has no colour");
        for fact in ["▼ us-east-1 capacity", "✗", "local emulator", "on time"] {
            assert!(screen.contains(fact), "{fact} is missing on {page_name}");
        }
        insta::assert_snapshot!(format!("{page_name}_plain"), screen);
    }
}

#[test]
fn prompt_caching_over_states_and_sizes() {
    let states = [
        ("empty", fixture::prompt_cache::empty()),
        ("steady", fixture::prompt_cache::steady()),
        ("faulted", fixture::prompt_cache::faulted()),
    ];
    for (state_name, snapshot) in &states {
        for (width, height) in SIZES {
            let mut viewing = viewing(Page::Pattern(5));
            viewing.selected = Some(ArmId(3));
            let screen = text(&draw((width, height), &viewing, snapshot, ThemeName::Dark));
            let _printed = PrintedOnFailure(&screen);
            insta::assert_snapshot!(format!("prompt_cache_{state_name}_{width}x{height}"), screen);
        }
    }
    let faulted = &states[2].1;
    let overview = text(&draw(
        (120, 40),
        &viewing(Page::Overview),
        faulted,
        ThemeName::Dark,
    ));
    insta::assert_snapshot!("prompt_cache_overview", overview);
    let plain = text(&draw(
        (120, 40),
        &viewing(Page::Pattern(5)),
        faulted,
        ThemeName::Plain,
    ));
    insta::assert_snapshot!("prompt_cache_plain", plain);
}

#[test]
fn too_small_a_screen_says_so_in_one_line() {
    let screen = text(&draw(
        (50, 12),
        &viewing(Page::Overview),
        &fixture::faulted(),
        ThemeName::Dark,
    ));
    let _printed = PrintedOnFailure(&screen);
    insta::assert_snapshot!("too_small", screen);
}

#[test]
fn what_is_wrong_with_the_figures_stands_in_the_header() {
    let mut snapshot = fixture::steady();
    snapshot.honesty.on_time = false;
    snapshot.honesty.lag_p99 = Duration::from_millis(1_400);
    snapshot.paused = true;
    let mut frozen = viewing(Page::Survival);
    frozen.frozen = Some(Duration::from_secs(12));
    let screen = text(&draw((120, 40), &frozen, &snapshot, ThemeName::Dark));
    let _printed = PrintedOnFailure(&screen);
    for words in ["late 1.40s", "traffic paused", "frozen, 12s ago"] {
        assert!(screen.contains(words), "{words} is missing");
    }
    snapshot.honesty.lost_events = 1_234;
    let screen = text(&draw((120, 40), &frozen, &snapshot, ThemeName::Dark));
    assert!(screen.contains("lost 1.23k"), "{screen}");
}

#[test]
fn the_header_says_how_the_recording_goes() {
    let mut snapshot = fixture::steady();
    let table = [
        (Recording::On, (120, 40), "rec ", true),
        (Recording::On, (80, 24), "rec ", false),
        (Recording::Off, (120, 40), "rec ", false),
        (Recording::Incomplete, (80, 24), "rec incomplete", true),
        (Recording::Stopped, (80, 24), "rec stopped", true),
    ];
    for (state, size, words, shown) in table {
        snapshot.recording = state;
        let screen = text(&draw(size, &viewing(Page::Survival), &snapshot, ThemeName::Dark));
        let first = screen.lines().next().expect("a header");
        assert_eq!(first.contains(words), shown, "{state:?} at {size:?}:\n{screen}");
        assert!(first.contains("local emulator"), "the target stays:\n{screen}");
    }
}

#[test]
fn figures_that_grow_move_no_column() {
    let small = fixture::steady();
    let mut large = small.clone();
    for arm in large.patterns.iter_mut().flat_map(|pattern| &mut pattern.arms) {
        arm.asked_rate = 99_900.0;
        arm.in_flight = 99_900;
        arm.recent.intended *= 1_000;
        arm.recent.throttled_attempts = arm.recent.attempts / 2;
    }
    large.in_flight = 99_900;
    large.asked_rate = 99_900.0;
    large.spend.spent = Usd::from_dollars(4.99);
    for (_, page) in PAGES {
        let before = text(&draw((120, 40), &viewing(page), &small, ThemeName::Dark));
        let after = text(&draw((120, 40), &viewing(page), &large, ThemeName::Dark));
        for head in [
            " asked",
            " got",
            " ok",
            " p50",
            " p99",
            " ttft",
            "throttled",
            "on time",
        ] {
            let place = |screen: &str| {
                screen
                    .lines()
                    .find_map(|line| Some(line[..line.find(head)?].chars().count()))
            };
            assert_eq!(place(&before), place(&after), "{head} moved:\n{after}");
        }
    }
}

#[test]
fn what_is_drawn_can_be_clicked() {
    let snapshot = fixture::faulted();
    let area = Rect::new(0, 0, 120, 40);
    let mut buf = Buffer::empty(area);
    let theme = Theme::named(ThemeName::Dark);
    let regions = view(
        area,
        &mut buf,
        &viewing(Page::Overview),
        &snapshot,
        &theme,
        &footer(),
    );
    let hits: Vec<Hit> = regions.iter().map(|(_, hit)| *hit).collect();
    let newest = snapshot.log.last().expect("a line").number;
    for wanted in [
        Hit::Page(Page::Survival),
        Hit::Page(Page::Pattern(7)),
        Hit::Arm(ArmId(5)),
        Hit::LogLine(newest),
        Hit::Footer(0),
    ] {
        assert!(hits.contains(&wanted), "{wanted:?} is nowhere");
    }
    for (place, hit) in regions.iter() {
        assert!(area.union(*place) == area, "{hit:?} lies outside the screen");
        assert_eq!(regions.at(place.as_position()), Some(*hit), "{hit:?} is covered");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn no_size_and_no_figure_makes_it_panic(
        (width, height) in (1_u16..250, 1_u16..80),
        page in 0_usize..5,
        state in 0_usize..4,
        theme in prop::sample::select(ThemeName::ALL.to_vec()),
        cursor in prop::option::of(0_u64..30),
        span_secs in prop::sample::select(vec![0_u64, 1, 30, 120, 3_600, u64::MAX]),
        selected in prop::option::of(0_u16..8),
        log_scale: bool,
        filter in prop::sample::select(vec!["", "breaker", "no such words"]),
    ) {
        let snapshot = match state {
            0 => fixture::empty(),
            1 => fixture::steady(),
            2 => fixture::faulted(),
            _ => hostile(),
        };
        let page = PAGES.get(page).map_or(Page::Pattern(3), |(_, page)| *page);
        let viewing = Viewing {
            page,
            span: Duration::from_secs(span_secs),
            selected: selected.map(ArmId),
            log_scale,
            frozen: cursor.map(Duration::from_secs),
            tune: usize::from(log_scale),
            log: LogView { cursor, filter: filter.to_owned(), editing: log_scale },
            hint: Some("f breaks something".to_owned()),
            deciding: None,
            ..Viewing::default()
        };
        let screen = text(&draw((width, height), &viewing, &snapshot, theme));
        let mut words = screen.split(|letter: char| !letter.is_alphanumeric());
        prop_assert!(!words.any(|word| word == "NaN" || word == "inf"), "{}", screen);
    }
}

/// Figures as bad as their types allow.
fn hostile() -> Snapshot {
    let mut snapshot = fixture::faulted();
    snapshot.at = Moment::FAR;
    snapshot.asked_rate = f64::NAN;
    snapshot.achieved_rate = f64::INFINITY;
    snapshot.in_flight = u64::MAX;
    snapshot.honesty.on_time = false;
    snapshot.honesty.lag_p99 = Duration::MAX;
    snapshot.spend.spent = Usd::from_picos(u64::MAX);
    snapshot.spend.cap = Some(Usd::ZERO);
    let worst = Point {
        second: u64::MAX / 1_000_000_000,
        intended: u32::MAX,
        succeeded: u32::MAX,
        p50_ms: Some(f32::MAX),
        p99_ms: Some(f32::INFINITY),
        first_token_ms: Some(f32::NAN),
        served: [u16::MAX; Point::REGIONS],
        ..Point::default()
    };
    for pattern in &mut snapshot.patterns {
        for arm in &mut pattern.arms {
            arm.asked_rate = f64::NEG_INFINITY;
            arm.recent = Counts {
                intended: 1,
                succeeded: u64::MAX,
                attempts: u64::MAX,
                ..Counts::default()
            };
            arm.timeline = Timeline {
                chunks: Vec::new(),
                open: Arc::new(vec![worst; 90]),
            };
            arm.split.stream = Duration::MAX;
            arm.split.queue = Duration::MAX;
            arm.regions = Arc::new(vec![]);
            arm.about = "界".repeat(300);
        }
        pattern.arms.truncate(2);
    }
    snapshot.patterns[1].arms.clear();
    for fault in &mut snapshot.faults {
        fault.label = "wide 界 ".repeat(40);
        fault.remaining = Duration::MAX;
    }
    snapshot
}

pub fn viewing(page: Page) -> Viewing {
    let selected = match page {
        Page::Pattern(1) => Some(ArmId(1)),
        Page::Pattern(7) => Some(ArmId(3)),
        _ => None,
    };
    Viewing {
        page,
        selected,
        hint: Some("press f to break something".to_owned()),
        atlas: Arc::new(crate::tui::atlas::Atlas::of(&crate::catalog::Catalog::builtin())),
        ..Viewing::default()
    }
}

fn footer() -> Vec<FooterItem> {
    [
        ("1-7", "open"),
        ("space", "pause"),
        ("f", "fault"),
        ("?", "help"),
        ("q", "quit"),
    ]
    .map(|(keys, label)| FooterItem {
        keys: keys.to_owned(),
        label: label.to_owned(),
    })
    .to_vec()
}

pub fn draw((width, height): (u16, u16), viewing: &Viewing, snapshot: &Snapshot, theme: ThemeName) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buf = Buffer::empty(area);
    view(area, &mut buf, viewing, snapshot, &Theme::named(theme), &footer());
    buf
}

pub fn text(buf: &Buffer) -> String {
    let rows = buf.content().chunks(usize::from(buf.area.width).max(1));
    let lines = rows.map(|row| {
        let line: String = row.iter().map(ratatui::buffer::Cell::symbol).collect();
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<String>>().join("\n")
}

/// Prints a screen when its test fails: a picture says more than a difference.
struct PrintedOnFailure<'a>(&'a str);

impl Drop for PrintedOnFailure<'_> {
    #[allow(clippy::print_stderr, reason = "the test's own report")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.0);
        }
    }
}
