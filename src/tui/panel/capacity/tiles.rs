//! The tiles: batch, units, alarms, cache, pace, profiles; each with its freshness, dimmed where it
//! cannot be read, with the IAM action it lacks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::seconds;
use crate::capacity::{Capacity, RegionLine, Seen, Trouble, TroubleKind};
use crate::tui::format;
use crate::tui::theme::{State, Theme};
use crate::tui::widget::pen;

/// A tile: its name, its lines, and whether it is out of order.
struct Tile {
    name: &'static str,
    lines: Vec<String>,
    state: State,
    age: Option<i64>,
    lacks: Option<String>,
}

/// Draws them side by side under a rule.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, capacity: &Capacity) {
    pen::rule(buf, pen::row(area, 0), theme.faint);
    let area = pen::cut_top(area, 1).1;
    let tiles = [
        batch(capacity),
        units(capacity),
        alarms(capacity),
        cache(capacity),
        pace(capacity),
        profiles(capacity),
    ];
    // On small screens the last ones are dropped, never squeezed.
    let shown = usize::from(area.width / 24).clamp(3, tiles.len());
    let wide = area.width / shown as u16;
    for (n, tile) in tiles.iter().take(shown).enumerate() {
        let place = Rect {
            x: area.x + n as u16 * wide,
            width: wide.saturating_sub(2),
            ..area
        };
        tile_at(place, buf, theme, tile);
    }
}

fn tile_at(area: Rect, buf: &mut Buffer, theme: &Theme, tile: &Tile) {
    let head = pen::row(area, 0);
    let is_dim = tile.lacks.is_some();
    let style = if is_dim { theme.faint } else { theme.strong };
    let rest = pen::left(buf, head, tile.name, style);
    let age = tile
        .age
        .map_or_else(|| "-".to_owned(), |age| format!("{} ago", seconds(age)));
    pen::left(buf, pen::gap(rest, 1), &age, theme.faint);
    if let Some(lacks) = &tile.lacks {
        for (n, line) in crate::tui::overlay::prose::wrapped(lacks, area.width.into(), 0)
            .iter()
            .enumerate()
        {
            pen::left(buf, pen::row(area, 1 + n as u16), line, theme.muted);
        }
        return;
    }
    for (n, line) in tile.lines.iter().enumerate() {
        let style = match (n, tile.state) {
            (0, State::Broken | State::Strained) => theme.state(tile.state),
            (0, _) => theme.text,
            _ => theme.muted,
        };
        pen::left(buf, pen::row(area, 1 + n as u16), line, style);
    }
}

/// A tile over all regions of one part: the oldest reading, and the first refusal.
fn tile<T>(name: &'static str, capacity: &Capacity, of: impl Fn(&RegionLine) -> &Seen<T>) -> Tile {
    let seen: Vec<&Seen<T>> = capacity.regions.iter().map(&of).collect();
    let lacks = seen.iter().filter_map(|seen| seen.trouble.as_ref());
    let lacks = lacks.map(lacking).next();
    // Where another region answers, its figures are worth more than one refusal.
    let is_known = seen
        .iter()
        .any(|seen| seen.value.is_some() && seen.trouble.is_none());
    Tile {
        name,
        lines: Vec::new(),
        state: State::Good,
        age: seen.iter().filter_map(|seen| seen.age(capacity.at)).max(),
        lacks: lacks.filter(|_| !is_known),
    }
}

/// What a tile lacks, short enough for a narrow one: of a denied action its name comes first.
fn lacking(trouble: &Trouble) -> String {
    match trouble.kind {
        TroubleKind::Denied => format!("grant {}", trouble.action.replace(':', ": ")),
        _ => trouble.line(),
    }
}

fn batch(capacity: &Capacity) -> Tile {
    let mut made = tile("batch", capacity, |line| &line.batch);
    let all: Vec<_> = capacity
        .regions
        .iter()
        .filter_map(|line| line.batch.value.as_ref())
        .collect();
    let failed = all
        .iter()
        .flat_map(|batch| &batch.jobs)
        .filter(|job| job.status == "Failed")
        .count();
    let open = all.iter().map(|batch| batch.jobs.len()).sum::<usize>() - failed;
    let pending: f64 = all.iter().filter_map(|batch| batch.pending).sum();
    let stuck = all.iter().map(|batch| batch.stuck.len()).sum::<usize>();
    made.lines = vec![
        format!("{open} open, {failed} failed"),
        format!("{} records wait", format::count(pending as u64)),
    ];
    if stuck > 0 {
        made.state = State::Broken;
        made.lines.insert(0, format!("{stuck} stuck for 5 min"));
    }
    let backlog = capacity
        .regions
        .iter()
        .find_map(|line| line.backlog.trouble.as_ref());
    if let Some(trouble) = backlog {
        made.lines[1] = lacking(trouble);
    }
    made
}

fn units(capacity: &Capacity) -> Tile {
    let mut made = tile("units", capacity, |line| &line.units);
    let all = capacity
        .regions
        .iter()
        .filter_map(|line| line.units.value.as_ref())
        .flatten();
    let all: Vec<_> = all.collect();
    let bought: i32 = all.iter().map(|units| units.units).sum();
    made.lines.push(if all.is_empty() {
        "none provisioned".to_owned()
    } else {
        format!("{bought} model units")
    });
    for units in all.iter().filter(|units| units.status != "InService") {
        made.state = State::Strained;
        made.lines.insert(0, format!("{} {}", units.name, units.status));
    }
    made
}

fn alarms(capacity: &Capacity) -> Tile {
    let mut made = tile("alarms", capacity, |line| &line.alarms);
    let all = capacity
        .regions
        .iter()
        .filter_map(|line| line.alarms.value.as_ref())
        .flatten();
    let all: Vec<_> = all.collect();
    let firing: Vec<_> = all.iter().filter(|alarm| alarm.state == "ALARM").collect();
    if firing.is_empty() {
        made.lines = vec![format!("0 of {} firing", all.len())];
    } else {
        made.state = State::Broken;
        made.lines = vec![format!("{} of {} firing", firing.len(), all.len())];
        made.lines.extend(firing.iter().map(|alarm| alarm.name.clone()));
    }
    made
}

fn cache(capacity: &Capacity) -> Tile {
    let mut made = tile("cache, 1 h", capacity, |line| &line.metrics);
    let sum = |of: fn(&crate::capacity::Cache) -> f64| {
        capacity.regions.iter().map(|line| of(&line.cache)).sum::<f64>()
    };
    let all = crate::capacity::Cache {
        read: sum(|cache| cache.read),
        written: sum(|cache| cache.written),
        uncached: sum(|cache| cache.uncached),
    };
    made.lines = match all.hit_share() {
        None => vec!["not used".to_owned()],
        Some(share) => vec![
            format!("{} of prompt tokens read", format::share(share)),
            format!("{} written", format::count(all.written as u64)),
        ],
    };
    made
}

fn pace(capacity: &Capacity) -> Tile {
    let mut made = tile("pace", capacity, |line| &line.metrics);
    let Some(pace) = capacity
        .regions
        .iter()
        .map(|line| &line.pace)
        .find(|pace| pace.of.is_some())
    else {
        made.lines = vec!["no calls".to_owned()];
        return made;
    };
    let pair = |name: &str, pair: Option<(f64, f64)>| {
        let millis = |value: f64| format::duration(std::time::Duration::from_secs_f64(value.max(0.0) / 1e3));
        pair.map_or_else(
            || format!("{name} -"),
            |(p50, p99)| format!("{name} {} p99 {}", millis(p50), millis(p99)),
        )
    };
    made.lines = vec![pair("ttft", pace.first_token), pair("last", pace.latency)];
    made.lines
        .extend(pace.decode.map(|decode| format!("{decode:.0} tokens/s")));
    made.lines.extend(pace.of.clone());
    made
}

fn profiles(capacity: &Capacity) -> Tile {
    let mut made = tile("who, 1 h", capacity, |line| &line.profiles);
    let all = capacity
        .regions
        .iter()
        .filter_map(|line| line.profiles.value.as_ref())
        .flatten();
    let mut all: Vec<_> = all.collect();
    all.sort_by(|one, other| other.1.total_cmp(&one.1));
    made.lines = if all.is_empty() {
        vec!["no application profiles".to_owned()]
    } else {
        let lines = all
            .iter()
            .map(|(name, calls)| format!("{name} {}", format::count(*calls as u64)));
        lines.collect()
    };
    made
}
