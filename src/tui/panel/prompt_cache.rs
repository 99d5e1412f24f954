//! Prompt caching: special is the hit ratio over time, what is read and written, the lifetimes of the
//! entries, and what the cache saves.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::Scene;
use super::skeleton::{self, GUTTER, Rooms, Wanted};
use crate::clock::Moment;
use crate::measure::fold::Fold;
use crate::measure::snapshot::{ArmSnapshot, PatternSnapshot, SpecialView};
use crate::measure::special::prompt_cache::{CacheArmView, CacheView, Lease};
use crate::patterns::PatternRow;
use crate::tui::format;
use crate::tui::theme::{State, Theme};
use crate::tui::view::Regions;
use crate::tui::widget::time_axis::Bucket;
use crate::tui::widget::{pen, sparkline_row};

/// Entries shown for one arm.
const MOST_LEASES: u16 = 3;
/// Columns of the words behind a lifetime's bar.
const LEASE_WORDS: u16 = 30;

/// Draws the panel.
pub fn draw(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (row, pattern): (&PatternRow, &PatternSnapshot),
    regions: &mut Regions,
) {
    let arms = pattern.arms.len() as u16;
    let wanted = Wanted {
        full: 1 + arms + 2 + MOST_LEASES + 2,
        least: 4,
    };
    let Some(rooms) = skeleton::draw(area, buf, scene, (row, pattern), (wanted, regions)) else {
        return;
    };
    let Some(shown) = scene.selected(pattern) else {
        return;
    };
    let view = view(pattern);
    let special = view.and_then(|view| view.arm(shown.id));
    let full = rooms.special.height >= wanted.full;
    let room = if full {
        all_hits(buf, scene, (pattern, view), &rooms)
    } else {
        let (place, below) = pen::cut_top(rooms.special, 1);
        hits(place, buf, scene, "hits", (pattern, shown, special), &rooms);
        below
    };
    // In little room what is read is left out: it has the shape of the hits.
    let (place, room) = pen::cut_top(room, if room.height > 4 { 2 } else { 1 });
    flows(place, buf, scene, (shown, special), &rooms);
    let leases = if full { MOST_LEASES } else { 1 };
    let (place, room) = pen::cut_top(room, leases);
    lifetimes(place, buf, scene, special);
    let (place, room) = pen::cut_top(room, 1);
    comparison(place, buf, scene, (pattern, view));
    if let Some(special) = special {
        moved(pen::row(room, 0), buf, scene.theme, special, scene.snapshot.at);
    }
}

/// The row of an arm on the Overview.
pub fn line(row: Rect, buf: &mut Buffer, theme: &Theme, special: &CacheArmView, now: Moment) {
    let recent = &special.recent;
    let per_second = |tokens: u64| tokens as f64 / Fold::WINDOW_SECS as f64;
    let mut words = vec![
        ("hits", format::maybe_share(recent.hit_ratio())),
        ("read", format::rate(per_second(recent.usage.cache_read))),
        ("written", format::rate(per_second(recent.usage.cache_write))),
    ];
    if let Some(left) = special.leases.first().and_then(|lease| lease.left(now)) {
        words.push(("left", format!("~{}", format::countdown(left))));
    }
    let mut rest = row;
    for (name, figure) in words {
        if rest.width < pen::width(name) + pen::width(&figure) + 1 {
            break;
        }
        rest = pen::left(buf, rest, &format!("{name} "), theme.muted);
        rest = pen::left(buf, rest, &figure, theme.text);
        rest = pen::gap(rest, 3);
    }
}

fn view(pattern: &PatternSnapshot) -> Option<&CacheView> {
    match pattern.special.as_deref() {
        Some(SpecialView::PromptCache(view)) => Some(view),
        _ => None,
    }
}

/// The hit ratios of every arm under a title. Returns what is below.
fn all_hits(
    buf: &mut Buffer,
    scene: Scene<'_>,
    (pattern, view): (&PatternSnapshot, Option<&CacheView>),
    rooms: &Rooms<'_>,
) -> Rect {
    let (head, mut room) = pen::cut_top(rooms.special, 1);
    let rest = pen::left(buf, head, "hits", scene.theme.strong);
    pen::left(buf, rest, " by tokens", scene.theme.muted);
    rooms
        .lines
        .draw(pen::cut_left(head, GUTTER).1, buf, scene.theme, true);
    for arm in &pattern.arms {
        let (place, below) = pen::cut_top(room, 1);
        let special = view.and_then(|view| view.arm(arm.id));
        hits(
            place,
            buf,
            scene,
            arm.key.as_str(),
            (pattern, arm, special),
            rooms,
        );
        room = below;
    }
    room
}

/// One arm's hit ratio over time.
fn hits(
    row: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    name: &str,
    (pattern, arm, special): (&PatternSnapshot, &ArmSnapshot, Option<&CacheArmView>),
    rooms: &Rooms<'_>,
) {
    let figure = format::maybe_share(special.and_then(|special| special.recent.hit_ratio()));
    let strip = Strip {
        name,
        figure: &figure,
        arm,
        style: scene.theme.pattern(&pattern.key),
    };
    strip.draw(row, buf, (scene, rooms), Bucket::hit_ratio);
}

/// Tokens read and written over time, on one scale.
fn flows(
    area: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (arm, special): (&ArmSnapshot, Option<&CacheArmView>),
    rooms: &Rooms<'_>,
) {
    let rate = |tokens: Option<u64>| {
        tokens.map_or_else(
            || format::NONE.to_owned(),
            |tokens| format::rate(tokens as f64 / Fold::WINDOW_SECS as f64),
        )
    };
    let usage = special.map(|special| special.recent.usage);
    let buckets = rooms.axis.buckets(&arm.timeline, 1);
    let most = buckets.iter().map(Bucket::cached_rate).fold(0.0, f64::max);
    let of = |tokens: u64, bucket: &Bucket| {
        let rate = tokens as f64 / f64::from(bucket.seconds.max(1));
        (bucket.prompt > 0 && most > 0.0).then(|| rate / most)
    };
    let read = rate(usage.map(|usage| usage.cache_read));
    let written = rate(usage.map(|usage| usage.cache_write));
    let (good, strained) = (scene.theme.area(State::Good), scene.theme.state(State::Strained));
    let rows = [
        ("tokens read", &read, good),
        ("tokens written", &written, strained),
    ];
    let left_out = rows.len().saturating_sub(area.height.into());
    for (place, (name, figure, style)) in rows.into_iter().enumerate().skip(left_out) {
        let strip = Strip {
            name,
            figure,
            arm,
            style,
        };
        let share = |bucket: &Bucket| {
            let tokens = [bucket.cache_read, bucket.cache_write][place];
            of(tokens, bucket)
        };
        strip.draw(
            pen::row(area, (place - left_out) as u16),
            buf,
            (scene, rooms),
            share,
        );
    }
}

/// A row of a chart over time: its name and newest figure, and a share for each column.
struct Strip<'a> {
    name: &'a str,
    figure: &'a str,
    arm: &'a ArmSnapshot,
    style: Style,
}

impl Strip<'_> {
    fn draw(
        &self,
        row: Rect,
        buf: &mut Buffer,
        (scene, rooms): (Scene<'_>, &Rooms<'_>),
        share: impl Fn(&Bucket) -> Option<f64>,
    ) {
        if row.is_empty() {
            return;
        }
        let (gutter, plot) = pen::cut_left(row, GUTTER);
        let figure_width = pen::width(self.figure).max(6);
        let (label, place) = pen::cut_left(gutter, GUTTER.saturating_sub(figure_width + 1));
        pen::left(buf, label, self.name, scene.theme.muted);
        pen::column(buf, place, figure_width, self.figure, scene.theme.text);
        rooms.lines.shade(plot, buf, scene.theme);
        let buckets = rooms.axis.buckets(&self.arm.timeline, 1);
        sparkline_row::share_strip(plot, buf, buckets.iter().map(share), self.style);
        rooms.lines.draw(plot, buf, scene.theme, true);
    }
}

/// The lifetimes of an arm's entries, the one renewed last first.
fn lifetimes(area: Rect, buf: &mut Buffer, scene: Scene<'_>, special: Option<&CacheArmView>) {
    let theme = scene.theme;
    let ttl = special.and_then(|special| special.ttl);
    let (Some(special), Some(ttl)) = (special, ttl) else {
        pen::left(
            buf,
            pen::row(area, 0),
            "no checkpoint: nothing to live",
            theme.muted,
        );
        return;
    };
    if special.leases.is_empty() {
        pen::left(buf, pen::row(area, 0), "nothing written yet", theme.muted);
    }
    for (n, lease) in (0..area.height).zip(&special.leases) {
        let row = pen::row(area, n);
        let (gutter, plot) = pen::cut_left(row, GUTTER);
        let left = lease.left(scene.snapshot.at);
        let rest = pen::label(
            buf,
            gutter,
            14,
            lease.region.as_str(),
            theme.region(&lease.region),
        );
        // An estimate, and marked as one: nobody tells when an entry goes.
        let (figure, style) = left.map_or(("gone".to_owned(), theme.muted), |left| {
            (format!("~{}", format::countdown(left)), theme.text)
        });
        pen::column(buf, rest, 7, &figure, style);
        let (bar, words) = pen::cut_right(plot, LEASE_WORDS.min(plot.width));
        let share = left.map_or(0.0, |left| left.as_secs_f64() / ttl.lasts().as_secs_f64());
        let filled = (share.clamp(0.0, 1.0) * f64::from(bar.width)).round() as u16;
        for x in 0..bar.width {
            let (glyph, style) = if x < filled {
                ("━", theme.region(&lease.region))
            } else {
                ("─", theme.faint)
            };
            pen::glyph(buf, bar.x + x, bar.y, glyph, style);
        }
        pen::left(buf, pen::gap(words, 1), &told(lease), theme.muted);
    }
}

fn told(lease: &Lease) -> String {
    let (tokens, reads) = (format::count(lease.tokens), format::count(lease.reads));
    format!("{tokens} tok, hit {reads}, put {}", format::count(lease.writes))
}

/// Time to first token and cost, with and without, on the same arrivals.
fn comparison(
    row: Rect,
    buf: &mut Buffer,
    scene: Scene<'_>,
    (pattern, view): (&PatternSnapshot, Option<&CacheView>),
) {
    let theme = scene.theme;
    let side = |id| {
        let arm = pattern.arms.iter().find(|arm| Some(arm.id) == id)?;
        let cost = view?.arm(arm.id)?.total.cost_of_a_thousand();
        Some((arm.overall.first_token.p50, cost))
    };
    let ((Some(with), Some(without)), false) = (
        (
            side(view.and_then(|view| view.with)),
            side(view.and_then(|view| view.without)),
        ),
        row.is_empty(),
    ) else {
        return;
    };
    let money = |cost: Option<_>| cost.map_or_else(|| format::NONE.to_owned(), format::money);
    let mut rest = row;
    for (name, (first_token, cost)) in [("with", with), ("without", without)] {
        rest = pen::left(buf, rest, &format!("{name} ttft "), theme.muted);
        rest = pen::left(buf, rest, &format::maybe_duration(first_token), theme.text);
        rest = pen::left(buf, rest, ", 1k ", theme.muted);
        rest = pen::gap(pen::left(buf, rest, &money(cost), theme.text), 2);
    }
    if let (Some(with), Some(without)) = (with.1, without.1)
        && without.picos() > 0
    {
        let saved = 1.0 - with.dollars() / without.dollars();
        let (words, state) = if saved >= 0.0 {
            (format!("saves {}", format::share(saved)), State::Good)
        } else {
            (format!("costs {} more", format::share(-saved)), State::Strained)
        };
        pen::left(buf, rest, &words, theme.state(state));
    }
}

/// What a failover has cost the ratio: `▼ 34.0% since failover to us-east-2, 12s ago`.
fn moved(row: Rect, buf: &mut Buffer, theme: &Theme, special: &CacheArmView, now: Moment) {
    let Some(moved) = special.moved.as_ref().filter(|_| !row.is_empty()) else {
        return;
    };
    let after = moved.since.hit_ratio();
    let lost = moved.before.zip(after).map(|(before, after)| before - after);
    let figures = format!(
        "{} then {}",
        format::maybe_share(moved.before),
        format::maybe_share(after)
    );
    let rest = pen::left(buf, row, &figures, theme.text);
    let rest = pen::gap(rest, 2);
    let rest = match lost {
        Some(lost) if lost > 0.0 => {
            let text = format!("▼ {} ", format::share(lost));
            pen::left(buf, rest, &text, theme.state(State::Strained))
        }
        _ => rest,
    };
    let ago = format::countdown(now.since(moved.at));
    let words = format!("since failover to {}, {ago} ago", moved.to);
    pen::left(buf, rest, &words, theme.muted);
}
