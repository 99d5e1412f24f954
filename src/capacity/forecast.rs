//! When throttling begins if use goes on growing as it does now.
//!
//! Two things must happen: use must reach the quota, and what the quota still holds must be used up.
//! How the service fills its quotas is not published. As the emulator does, a quota is taken to be a
//! bucket that holds one minute's worth and refills evenly (an assumption, `docs/capacity.md`), so a
//! slow ramp is throttled some minutes after it crosses the quota.

use serde::Serialize;

use super::observed::{MINUTE, Minutes};
use super::slope::{self, Line};

/// When a quota is reached and when throttling begins, in minutes from now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Forecast {
    /// Until use is as large as the quota.
    pub reaches_in: f64,
    /// Until throttling begins.
    pub throttles_in: f64,
    /// The earliest and the latest that fits the slope's interval.
    pub between: (f64, f64),
}

/// Fewest and most minutes that the slope is taken from.
const FEWEST: usize = 8;
const MOST: i64 = 30;
/// How far early and late may lie from the best guess, as a share of it or in minutes, for anything
/// to be said: a wider guess helps nobody.
const WIDEST: f64 = 0.25;
const WIDEST_MINUTES: f64 = 1.5;
/// No farther ahead is anything said: nothing rises as it does for longer.
const FARTHEST: f64 = 60.0;

/// What is used, what is allowed, and what calls in flight hold of it.
#[derive(Clone, Copy, Debug)]
pub struct Course<'a> {
    /// Use by minute.
    pub used: &'a Minutes,
    /// The last whole minute that was published.
    pub last: i64,
    /// Now, in seconds.
    pub now: i64,
    /// What a minute allows.
    pub limit: f64,
    /// What calls in flight hold, as a share of a minute's use: their time in minutes times what
    /// they reserve over what they are charged.
    pub held: f64,
}

/// Says when throttling begins. `None`: use does not rise for certain, or not within an hour.
pub fn forecast(course: &Course<'_>) -> Option<Forecast> {
    if course.limit <= 0.0 {
        return None;
    }
    let from = course.last - (MOST - 1) * MINUTE;
    let minutes = |at: i64| (at - course.now) as f64 / MINUTE as f64;
    // A minute's sum is its rate in its middle.
    let points: Vec<(f64, f64)> = (course.used.range(from..=course.last))
        .map(|(minute, used)| (minutes(minute + MINUTE / 2), *used))
        .collect();
    let (points, line) = straight(&points)?;
    if !line.rises() {
        return None;
    }
    let (_, last) = points.last()?;
    if *last > 1.05 * course.limit {
        return None;
    }
    let noise = scatter(points, &line);
    let throttles_in = |slope: f64| until_empty(pivoted(&line, slope, points), slope, (noise, course));
    let best = throttles_in(line.slope)?;
    let level = line.level;
    let early = throttles_in(line.between.1).unwrap_or(best);
    let late = throttles_in(line.between.0).unwrap_or(FARTHEST);
    let widest = (WIDEST * best).max(WIDEST_MINUTES);
    if best - early > widest || late - best > widest {
        return None;
    }
    Some(Forecast {
        reaches_in: ((course.limit - level) / line.slope).max(0.0),
        throttles_in: best,
        between: (early.min(best), late.max(best)),
    })
}

/// The newest points that lie on one line, as many as there are, and the line: a ramp that began in
/// the middle must not be taken for a gentle one.
fn straight(points: &[(f64, f64)]) -> Option<(&[(f64, f64)], Line)> {
    let mut best = None;
    for count in FEWEST..=points.len() {
        let tail = &points[points.len() - count..];
        let line = slope::fit(tail, 0.0)?;
        let half = (count / 2).max(slope::FEWEST);
        let agrees = |part: &[(f64, f64)]| {
            slope::fit(part, 0.0).is_none_or(|of| of.between.0 <= line.slope && line.slope <= of.between.1)
        };
        if agrees(&tail[count - half..]) && agrees(&tail[..half]) {
            best = Some((tail, line));
        }
    }
    best
}

/// How far a minute lies from the line: the median distance, as a standard deviation.
fn scatter(points: &[(f64, f64)], line: &Line) -> f64 {
    const OF_MEDIAN: f64 = 1.4826;
    let mut away: Vec<f64> = points
        .iter()
        .map(|(x, y)| (y - line.level - line.slope * x).abs())
        .collect();
    away.sort_by(f64::total_cmp);
    OF_MEDIAN * away.get(away.len() / 2).copied().unwrap_or(0.0)
}

/// The rate now under another slope: the line turns about the middle of the points.
fn pivoted(line: &Line, slope: f64, points: &[(f64, f64)]) -> f64 {
    let middle = points.iter().map(|(x, _)| x).sum::<f64>() / points.len().max(1) as f64;
    line.level + (line.slope - slope) * middle
}

/// Minutes until a bucket of one minute's worth is empty, at a rate that grows evenly: stepped, for
/// what calls in flight hold grows too. Of arrivals that scatter, the first bad minutes count, so their
/// sum's deviation is taken off. `None`: not within an hour.
fn until_empty(level: f64, slope: f64, (noise, course): (f64, &Course<'_>)) -> Option<f64> {
    const STEP: f64 = 0.05;
    let mut left = course.limit;
    let mut at = 0.0;
    while at < FARTHEST {
        let rate = (level + slope * at).max(0.0);
        left = (left + (course.limit - rate) * STEP).min(course.limit);
        if left - rate * course.held - noise * at.sqrt() <= 0.0 {
            return Some(at);
        }
        at += STEP;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(per_minute: f64) -> Minutes {
        (0..15)
            .map(|minute| (minute * MINUTE, 300.0 + per_minute * minute as f64))
            .collect()
    }

    fn course(used: &Minutes, limit: f64) -> Course<'_> {
        Course {
            used,
            last: 14 * MINUTE,
            now: 15 * MINUTE,
            limit,
            held: 0.0,
        }
    }

    #[test]
    fn a_ramp_reaches_its_quota_and_then_uses_up_the_bucket() {
        let used = ramp(20.0);
        let seen = forecast(&course(&used, 900.0)).expect("a forecast");
        // The rate now is 300 + 20 x 14.5 = 590; 310 more take 15.5 minutes, the bucket sqrt(2 x 900 / 20).
        assert!((seen.reaches_in - 15.5).abs() < 0.2, "{seen:?}");
        assert!((seen.throttles_in - (15.5 + 9.49)).abs() < 0.3, "{seen:?}");
        assert!(seen.between.0 <= seen.throttles_in && seen.throttles_in <= seen.between.1);
    }

    #[test]
    fn what_is_level_or_far_away_is_not_foretold() {
        assert_eq!(forecast(&course(&ramp(0.0), 900.0)), None);
        assert_eq!(forecast(&course(&ramp(1.0), 9_000.0)), None);
        assert_eq!(forecast(&course(&ramp(20.0), 0.0)), None);
    }
}
