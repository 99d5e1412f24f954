//! What colours mean.
//!
//! Greys are structure, one accent is what is selected, green, amber and red are states and
//! nothing else. Regions and patterns have hues of their own, far from those three, always the
//! same. No fact hangs on a colour alone: every state has a glyph, every hue stands beside a name,
//! and [`ThemeName::Plain`] draws without any colour.

mod file;
mod glyph;
mod palette;
mod region;

use ratatui::style::{Color, Modifier, Style};

use crate::event::{BreakerState, Severity};
use crate::measure::snapshot::{LogKind, MarkerKind};
use crate::names::{PatternKey, Region};
use crate::patterns::row;
use crate::toml::Problems;

pub use file::example as example_file;
pub use glyph::{breaker_words, log_glyph, marker_glyph};
pub use region::region_code;

use palette::Palette;
use region::region_place;

/// A theme's name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeName {
    /// For dark backgrounds.
    #[default]
    Dark,
    /// For light backgrounds.
    Light,
    /// Told apart by people who do not tell red from green.
    ColourBlind,
    /// No colour at all (NO_COLOR).
    Plain,
}

impl ThemeName {
    /// All themes, in the order the key goes through them.
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::ColourBlind, Self::Plain];

    /// Its name on the command line.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::ColourBlind => "colour-blind",
            Self::Plain => "plain",
        }
    }

    /// The theme after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Dark => Self::Light,
            Self::Light => Self::ColourBlind,
            Self::ColourBlind => Self::Plain,
            Self::Plain => Self::Dark,
        }
    }
}

/// How something fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Nothing is known: no shots.
    Idle,
    /// At least 99 of 100 succeed.
    Good,
    /// At least 90 of 100 succeed.
    Strained,
    /// Fewer.
    Broken,
}

impl State {
    /// Least share of successes that is good.
    pub const GOOD: f64 = 0.99;
    /// Least share of successes that is merely strained.
    pub const STRAINED: f64 = 0.90;

    /// The state a share of successes stands for.
    pub fn of_share(share: Option<f64>) -> Self {
        match share {
            None => Self::Idle,
            Some(share) if share >= Self::GOOD => Self::Good,
            Some(share) if share >= Self::STRAINED => Self::Strained,
            Some(_) => Self::Broken,
        }
    }

    /// Its glyph, told apart without colour.
    pub const fn glyph(self) -> &'static str {
        match self {
            Self::Idle => "·",
            Self::Good => "●",
            Self::Strained => "◐",
            Self::Broken => "✗",
        }
    }
}

/// Styles by meaning.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// Which one it is.
    pub name: ThemeName,
    /// Figures and plain text.
    pub text: Style,
    /// What the eye should find first.
    pub strong: Style,
    /// Labels, units, column heads.
    pub muted: Style,
    /// Rules, axes, ghosts of a baseline.
    pub faint: Style,
    /// What is selected, keys one can press.
    pub accent: Style,
    /// The row under the cursor, behind its text.
    pub selected: Style,
    /// Behind a chart while a fault is in force.
    pub fault_band: Style,
    /// A line on charts that must not be taken for a state.
    pub line: Style,
    /// An area under a line.
    pub fill: Style,
    /// Whether the screen is drawn in ASCII letters alone.
    pub ascii: bool,
    palette: Palette,
}

impl Theme {
    /// The theme of a name.
    pub fn named(name: ThemeName) -> Self {
        Self::of(name, Palette::of(name))
    }

    /// A person's own theme, from the text of a TOML file; `file` is the name that problems show.
    pub fn read(file: &str, text: &str) -> Result<Self, Problems> {
        file::read(file, text).map(|(base, palette)| Self::of(base, palette))
    }

    fn of(name: ThemeName, palette: Palette) -> Self {
        let grey =
            |index: Option<u8>| index.map_or(Style::new(), |index| Style::new().fg(Color::Indexed(index)));
        let plain = name == ThemeName::Plain;
        let dim_if_plain = |style: Style| {
            if plain {
                style.add_modifier(Modifier::DIM)
            } else {
                style
            }
        };
        Self {
            name,
            text: grey(palette.text),
            strong: grey(palette.strong).add_modifier(Modifier::BOLD),
            muted: grey(palette.muted),
            faint: dim_if_plain(grey(palette.faint)),
            accent: grey(palette.accent).add_modifier(Modifier::BOLD),
            selected: palette.selected.map_or_else(
                || Style::new().add_modifier(Modifier::REVERSED),
                |index| Style::new().bg(Color::Indexed(index)),
            ),
            fault_band: palette
                .band
                .map_or(Style::new(), |index| Style::new().bg(Color::Indexed(index))),
            line: grey(palette.line),
            fill: grey(palette.fill),
            ascii: false,
            palette,
        }
    }

    /// The same for a terminal that may know no more than ASCII letters.
    #[must_use]
    pub fn in_letters(self, ascii: bool) -> Self {
        Self { ascii, ..self }
    }

    /// Whether hues are to be backed by textures: told apart without colour.
    pub const fn is_textured(&self) -> bool {
        matches!(self.name, ThemeName::ColourBlind | ThemeName::Plain)
    }

    /// Whether there is colour at all.
    pub const fn has_colour(&self) -> bool {
        !matches!(self.name, ThemeName::Plain)
    }

    /// The style of a state.
    pub fn state(&self, state: State) -> Style {
        match state {
            State::Idle => self.muted,
            State::Good => self.ink(self.palette.good),
            State::Strained => self.ink(self.palette.strained),
            State::Broken => self.ink(self.palette.broken).add_modifier(Modifier::BOLD),
        }
    }

    /// The style of a state where an area is filled with it: what is good stays quiet.
    pub fn area(&self, state: State) -> Style {
        match state {
            State::Good => self.ink(self.palette.calm),
            _ => self.state(state),
        }
    }

    /// The style of a kind of failure.
    pub fn severity(&self, severity: Severity) -> Style {
        self.state(match severity {
            Severity::Strained => State::Strained,
            Severity::Broken | Severity::Caller => State::Broken,
        })
    }

    /// The stable hue of a region, for text and bars.
    pub fn region(&self, region: &Region) -> Style {
        self.ink(self.palette.hue(region_place(region)))
    }

    /// The stable hue of a region as a ground, with a text colour that reads on it.
    pub fn on_region(&self, region: &Region) -> Style {
        self.ground(self.palette.ground(region_place(region)))
    }

    /// The ground of what was lost, beside the grounds of what was served.
    pub fn on_lost(&self) -> Style {
        match (self.palette.lost, self.palette.broken) {
            (Some(ground), Some(text)) => Style::new().bg(Color::Indexed(ground)).fg(Color::Indexed(text)),
            _ => Style::new(),
        }
    }

    /// The stable hue of a pattern.
    pub fn pattern(&self, key: &PatternKey) -> Style {
        let number = row(key.as_str()).map_or(0, |row| row.number);
        self.ink(self.palette.pattern_hue(number))
    }

    /// The same for a title.
    pub fn pattern_title(&self, key: &PatternKey) -> Style {
        Style {
            fg: self.pattern(key).fg,
            ..self.strong
        }
    }

    /// The `n`-th of a few hues that are neither states nor tied to a name, for parts of a bar.
    pub fn part(&self, n: usize) -> Style {
        self.ink(self.palette.hue(n))
    }

    /// The same hue as a ground, with a text colour that reads on it.
    pub fn on_part(&self, n: usize) -> Style {
        self.ground(self.palette.ground(n))
    }

    /// The style of a marker.
    pub fn marker(&self, kind: MarkerKind) -> Style {
        match kind {
            MarkerKind::FaultBegan | MarkerKind::BreakerOpened => self.state(State::Broken),
            MarkerKind::FaultEnded | MarkerKind::BreakerClosed => self.state(State::Good),
            MarkerKind::BreakerHalfOpened => self.state(State::Strained),
            MarkerKind::FailedOver => self.accent,
            MarkerKind::DialTurned | MarkerKind::Phase => self.muted,
        }
    }

    /// The style of a log line's glyph.
    pub fn log(&self, kind: LogKind) -> Style {
        match kind {
            LogKind::Marker(kind) => self.marker(kind),
            LogKind::ShotFailed(kind) => self.severity(kind.row().severity),
            LogKind::Shed => self.state(State::Strained),
            LogKind::Note => self.muted,
        }
    }

    /// The style of a breaker's state.
    pub fn breaker(&self, state: BreakerState) -> Style {
        match state {
            BreakerState::Closed => self.state(State::Good),
            BreakerState::HalfOpen => self.state(State::Strained),
            BreakerState::Open => self.state(State::Broken),
        }
    }

    #[expect(clippy::unused_self, reason = "reads as a question to the theme")]
    fn ink(&self, colour: Option<u8>) -> Style {
        colour.map_or(Style::new(), |index| Style::new().fg(Color::Indexed(index)))
    }

    fn ground(&self, colour: Option<u8>) -> Style {
        match (colour, self.palette.on_hue) {
            (Some(ground), Some(text)) => Style::new().bg(Color::Indexed(ground)).fg(Color::Indexed(text)),
            _ => Style::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_of_one_profile_have_hues_of_their_own() {
        let theme = Theme::named(ThemeName::Dark);
        let hues: Vec<Style> = ["us-east-1", "us-east-2", "us-west-2", "us-west-1", "ca-central-1"]
            .map(|name| theme.region(&Region::from(name)))
            .to_vec();
        for (i, hue) in hues.iter().enumerate() {
            assert!(!hues[..i].contains(hue), "hue {i} stands twice");
        }
    }

    #[test]
    fn the_plain_theme_sets_no_colour() {
        let theme = Theme::named(ThemeName::Plain);
        let styles = [
            theme.text,
            theme.strong,
            theme.muted,
            theme.faint,
            theme.accent,
            theme.selected,
            theme.fault_band,
            theme.state(State::Broken),
            theme.region(&Region::from("us-east-1")),
            theme.on_region(&Region::from("us-east-1")),
            theme.pattern(&PatternKey::from("fallback")),
        ];
        for style in styles {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }

    #[test]
    fn states_are_told_apart_by_glyph() {
        assert_eq!(State::of_share(Some(0.995)), State::Good);
        assert_eq!(State::of_share(Some(0.98)), State::Strained);
        assert_eq!(State::of_share(Some(0.4)), State::Broken);
        assert_eq!(State::of_share(None), State::Idle);
    }
}
