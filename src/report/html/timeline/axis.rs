//! Time from left to right, latency from bottom to top.

use crate::event::Phase;
use crate::report::account::Account;
use crate::report::format;
use crate::report::html::svg::{Anchor, Svg};

/// For which page something is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Shape {
    /// From 720 pixels on.
    Wide,
    /// Below.
    Narrow,
}

impl Shape {
    /// Both.
    pub(in crate::report) const ALL: [Self; 2] = [Self::Wide, Self::Narrow];

    /// The class by which the page's style shows it.
    pub(in crate::report) const fn class(self) -> &'static str {
        match self {
            Self::Wide => "chart wide",
            Self::Narrow => "chart narrow",
        }
    }

    pub(super) const fn width(self) -> f64 {
        match self {
            Self::Wide => 1120.0,
            Self::Narrow => 360.0,
        }
    }

    /// Columns of data, at most: none is thinner than four pixels (three on a narrow page).
    pub(super) const fn columns(self) -> usize {
        match self {
            Self::Wide => 260,
            Self::Narrow => 100,
        }
    }

    pub(super) const fn left(self) -> f64 {
        match self {
            Self::Wide => 64.0,
            Self::Narrow => 46.0,
        }
    }

    pub(super) const fn right(self) -> f64 {
        self.width() - 6.0
    }
}

/// The axis of time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Time {
    pub(super) shape: Shape,
    seconds: f64,
}

/// Steps between ticks that a person reads at once.
const STEPS: [f64; 15] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0,
];

impl Time {
    pub(super) fn of(account: &Account, shape: Shape) -> Self {
        Self {
            shape,
            seconds: account.seconds(),
        }
    }

    pub(super) fn x(&self, seconds: f64) -> f64 {
        let share = (seconds / self.seconds).clamp(0.0, 1.0);
        self.shape.left() + share * (self.shape.right() - self.shape.left())
    }

    /// The phases as areas that lie behind everything.
    pub(super) fn phases(&self, account: &Account, svg: &mut Svg, (top, bottom): (f64, f64)) {
        for (phase, begins, ends) in account.phases() {
            if phase == Phase::Steady {
                continue;
            }
            let (from, to) = (self.x(begins), self.x(ends));
            svg.rect(
                (from, top),
                (to - from, bottom - top),
                &format!("phase {}", phase.key()),
            );
        }
    }

    /// Ticks with their times, under a line at `y`.
    pub(super) fn ticks(&self, svg: &mut Svg, (top, y): (f64, f64)) {
        let most = if self.shape == Shape::Wide { 12.0 } else { 5.0 };
        let step = STEPS.into_iter().find(|step| self.seconds / step <= most);
        let step = step.unwrap_or_else(|| (self.seconds / most / 3_600.0).ceil() * 3_600.0);
        let number = (self.seconds / step).floor() as u64;
        for place in 0..=number {
            let at = place as f64 * step;
            let x = self.x(at);
            svg.line((x, top), (x, y + 4.0), "grid");
            let is_last = x > self.shape.right() - 14.0;
            let anchor = if is_last { Anchor::End } else { Anchor::Middle };
            svg.text((x, y + 16.0), anchor, "tick", &format::at(at));
        }
        svg.line((self.shape.left(), y), (self.shape.right(), y), "axis");
    }
}

/// A logarithmic scale of latencies in milliseconds, from one tick to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::report) struct Log {
    least: f64,
    most: f64,
}

impl Log {
    /// Around some values; `None` without any.
    pub(in crate::report) fn around(millis: impl Iterator<Item = f64>) -> Option<Self> {
        let (least, most) = millis
            .filter(|millis| *millis > 0.0)
            .fold((f64::MAX, 0.0_f64), |(least, most), it| {
                (least.min(it), most.max(it))
            });
        (most > 0.0).then(|| {
            let least = tick_below(least);
            Self {
                least,
                most: tick_above(most).max(tick_above(least * 1.01)),
            }
        })
    }

    /// How far up a value stands, 0 to 1.
    pub(in crate::report) fn share(&self, millis: f64) -> f64 {
        let whole = (self.most / self.least).log10();
        ((millis / self.least).log10() / whole).clamp(0.0, 1.0)
    }

    /// Values at which a line is drawn: 1, 2, 5 in each factor of ten, or its beginning alone where
    /// that would be too many.
    pub(in crate::report) fn ticks(&self, most: usize) -> Vec<f64> {
        let all = |digits: &[f64]| {
            let decades = (self.least.log10().floor() as i32)..=(self.most.log10().ceil() as i32);
            let values =
                decades.flat_map(|decade| digits.iter().map(move |digit| digit * 10_f64.powi(decade)));
            let within = |value: &f64| (self.least * 0.999..=self.most * 1.001).contains(value);
            values.filter(within).collect::<Vec<f64>>()
        };
        let fine = all(&[1.0, 2.0, 5.0]);
        if fine.len() <= most { fine } else { all(&[1.0]) }
    }

    /// `500ms`, `2s`, `1min`.
    pub(in crate::report) fn label(millis: f64) -> String {
        match millis {
            small if small < 1.0 => format!("{small:.1}ms"),
            small if small < 1_000.0 => format!("{small:.0}ms"),
            large => format!("{:.0}s", large / 1_000.0),
        }
    }
}

fn tick_below(millis: f64) -> f64 {
    let decade = 10_f64.powf(millis.log10().floor());
    let digit = [5.0, 2.0, 1.0].into_iter().find(|digit| digit * decade <= millis);
    digit.unwrap_or(1.0) * decade
}

fn tick_above(millis: f64) -> f64 {
    let decade = 10_f64.powf(millis.log10().floor());
    let digit = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|digit| digit * decade >= millis);
    digit.unwrap_or(10.0) * decade
}
