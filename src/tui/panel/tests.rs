//! The figures on the drawn screen, read back from it, are the emulator's ledger's for the same second:
//! in a steady, a faulted and a recovered one, at three sizes.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};

use crate::drill::fixture::{Booked, Sight, Watched, edited, shipped, span_of};
use crate::emulator::world::Ledger;
use crate::emulator::world::ledger::Line;
use crate::event::ArmId;
use crate::measure::Snapshot;
use crate::measure::fold::Fold;
use crate::tui::format;
use crate::tui::theme::{Theme, ThemeName};
use crate::tui::view::view;
use crate::tui::viewing::{Page, Viewing};
use crate::units::TokenUsage;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

/// The page of a pattern as a terminal shows it, line by line, the arm of a key selected.
fn lines((width, height): (u16, u16), page: u8, snapshot: &Snapshot, arm: ArmId) -> Vec<String> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a screen");
    let viewing = Viewing {
        page: Page::Pattern(page),
        selected: Some(arm),
        ..Viewing::default()
    };
    let theme = Theme::named(ThemeName::Dark);
    terminal
        .draw(|frame| {
            let area = frame.area();
            view(area, frame.buffer_mut(), &viewing, snapshot, &theme, &[]);
        })
        .expect("drawn");
    let buffer: &Buffer = terminal.backend().buffer();
    let rows = buffer.content().chunks(usize::from(width));
    rows.map(|row| row.iter().map(Cell::symbol).collect()).collect()
}

/// The words that follow a name in the lines below a title, wherever it stands.
fn after(lines: &[String], title: &str, name: &str) -> Vec<Vec<String>> {
    let below = lines.iter().skip_while(|line| !line.contains(title));
    let words = below.flat_map(|line| line.match_indices(name).map(|(at, _)| &line[at + name.len()..]));
    words
        .map(|rest| rest.split_whitespace().take(4).map(str::to_owned).collect())
        .collect()
}

fn arm(snapshot: &Snapshot, key: &str) -> ArmId {
    let mut arms = snapshot.patterns.iter().flat_map(|pattern| &pattern.arms);
    arms.find(|arm| arm.key == *key).expect("an arm").id
}

/// Draws the seconds of a run at every size and hands each picture to `look`.
fn each(run: &Watched, (page, key): (u8, &str), seconds: [u64; 3], look: impl Fn(&Sight, &[String], String)) {
    for second in seconds {
        let sight = &run.sights[second as usize - 1];
        for size in SIZES {
            let drawn = lines(size, page, &sight.snapshot, arm(&sight.snapshot, key));
            let at = format!("at {second}s, {}x{}:\n{}", size.0, size.1, drawn.join("\n"));
            look(sight, &drawn, at);
        }
    }
}

#[test]
fn where_a_profile_is_served_is_drawn_as_the_ledger_has_it() {
    let run = shipped("capacity-outage");
    each(&run, (1, "geo profile"), [50, 75, 130], |sight, drawn, at| {
        let called = |line: &Line<'_>| line.target == "us.anthropic.claude-sonnet-4-6";
        let all = run.booked(sight.second, called);
        assert_eq!((all.refused, all.broken_off), (0, 0), "the profile goes on");
        let mut regions: Vec<&str> = sight
            .before
            .lines()
            .filter(called)
            .filter_map(|line| Some(line.served_in?.as_str()))
            .collect();
        regions.sort_unstable();
        regions.dedup();
        assert!(regions.len() >= 3, "{regions:?}");
        for region in regions {
            let here = run.booked(sight.second, |line| {
                called(line) && line.served_in.is_some_and(|served| served == region)
            });
            let share = format::share(here.served as f64 / all.served as f64);
            let found = after(drawn, "served geo profile", region);
            assert!(
                found.iter().any(|words| words[0] == share),
                "{region} {share} {at}"
            );
        }
    });
}

#[test]
fn what_each_hop_was_asked_and_served_is_drawn_as_the_ledger_has_it() {
    let run = shipped("retry-storm");
    each(&run, (7, "other regions"), [35, 60, 110], |sight, drawn, at| {
        for region in ["us-east-1", "us-west-2"] {
            let booked = run.booked(sight.second, |line| line.region == region);
            let shown = run.shifted(booked, &span_of(sight.second), |_, route| route.region == region);
            let tried = shown.served + shown.refused + shown.broken_off;
            let wanted = [format::count(tried), format::count(booked.served)];
            let found = after(drawn, "chain other regions", region);
            assert!(
                found.iter().any(|words| words[..2] == wanted),
                "{region} {wanted:?} {at}"
            );
        }
    });
    let faulted = run.booked(60, |_| true);
    assert!(faulted.refused > 5 * faulted.served, "{faulted:?}");
}

#[test]
fn the_split_of_a_router_is_drawn_as_the_ledger_has_it() {
    let run = shipped("prompt-routing");
    each(&run, (2, "profile router"), [50, 75, 115], |sight, drawn, at| {
        let of = |target: &'static str| move |line: &Line<'_>| line.routed && line.target == target;
        let (pro, lite) = ("us.amazon.nova-pro-v1:0", "us.amazon.nova-lite-v1:0");
        let large = run.booked(sight.second, of(pro)).served;
        let small = run.booked(sight.second, of(lite)).served;
        let share = format::share(large as f64 / (large + small) as f64);
        let found = after(drawn, "Nova Pro for", "profile router");
        // Simple, complex, of all.
        assert!(found.iter().any(|words| words[2] == share), "{share} {at}");
        for way in ["router", "always large", "always small"] {
            assert!(!after(drawn, "Nova Pro for", way).is_empty(), "{way} {at}");
        }
    });
}

fn used(ledger: Option<&Ledger>, keep: impl Fn(&Line<'_>) -> bool) -> TokenUsage {
    let mut usage = TokenUsage::default();
    for line in ledger.into_iter().flat_map(Ledger::lines).filter(keep) {
        usage += line.tally.usage;
    }
    usage
}

#[test]
fn hits_and_tokens_written_are_drawn_as_the_ledger_has_them() {
    let run = edited("prompt-cache", |text| {
        text.replace("attempt_timeout = \"8s\"", "attempt_timeout = \"19s\"")
    });
    each(&run, (5, "cached geo"), [50, 125, 170], |sight, drawn, at| {
        let profile = |line: &Line<'_>| line.target.starts_with("us.");
        let (_, from) = run.window(sight.second);
        let (now, then) = (used(Some(&sight.before), profile), used(from, profile));
        assert_eq!(Booked::of(&sight.before, profile).broken_off, 0);
        let read = now.cache_read - then.cache_read;
        let share = format::share(read as f64 / (now.prompt() - then.prompt()) as f64);
        let written = (now.cache_write - then.cache_write) as f64 / Fold::WINDOW_SECS as f64;
        let rate = format::rate(written);
        let hits = [
            after(drawn, "hits", "hits"),
            after(drawn, "hits by tokens", "cached geo"),
        ]
        .concat();
        assert!(hits.iter().any(|words| words[0] == share), "{share} {at}");
        let found = after(drawn, "tokens written", "tokens written");
        assert!(found.iter().any(|words| words[0] == rate), "{rate} {at}");
    });
}
