//! The colours behind the meanings: the 256 indexed ones, which every terminal worth the name has.

use super::ThemeName;

/// Colours of a theme by index; `None`: the terminal's own, or none at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Palette {
    pub text: Option<u8>,
    pub strong: Option<u8>,
    pub muted: Option<u8>,
    pub faint: Option<u8>,
    pub accent: Option<u8>,
    pub line: Option<u8>,
    pub selected: Option<u8>,
    pub band: Option<u8>,
    pub good: Option<u8>,
    pub strained: Option<u8>,
    pub broken: Option<u8>,
    /// Text on a hue used as a ground.
    pub on_hue: Option<u8>,
    hues: &'static [u8],
    patterns: &'static [u8],
}

impl Palette {
    /// The palette of a theme.
    pub(super) fn of(name: ThemeName) -> Self {
        match name {
            ThemeName::Dark => Self::dark(),
            ThemeName::Light => Self::light(),
            ThemeName::ColourBlind => Self::colour_blind(),
            ThemeName::Plain => Self::default(),
        }
    }

    /// The `place`-th hue, going round.
    pub(super) fn hue(&self, place: usize) -> Option<u8> {
        let length = self.hues.len();
        (length > 0).then(|| self.hues[place % length])
    }

    /// The hue of the pattern with this number.
    pub(super) fn pattern_hue(&self, number: u8) -> Option<u8> {
        let length = self.patterns.len();
        (length > 0).then(|| self.patterns[usize::from(number) % length])
    }

    fn dark() -> Self {
        Self {
            text: Some(252),
            strong: Some(255),
            muted: Some(245),
            faint: Some(239),
            accent: Some(117),
            line: Some(252),
            selected: Some(237),
            band: Some(236),
            good: Some(114),
            strained: Some(221),
            broken: Some(203),
            on_hue: Some(234),
            // Blues, violets, teals, roses, sands: nothing near green, amber or red.
            hues: &[75, 141, 80, 175, 180, 109, 111, 183, 73, 139, 187, 146],
            patterns: &[245, 75, 141, 80, 175, 180, 109, 183],
        }
    }

    fn light() -> Self {
        Self {
            text: Some(236),
            strong: Some(232),
            muted: Some(243),
            faint: Some(250),
            accent: Some(25),
            line: Some(236),
            selected: Some(254),
            band: Some(255),
            good: Some(28),
            strained: Some(130),
            broken: Some(160),
            on_hue: Some(255),
            hues: &[32, 97, 30, 132, 137, 66, 62, 133, 37, 96, 101, 103],
            patterns: &[243, 32, 97, 30, 132, 137, 66, 133],
        }
    }

    /// After Okabe and Ito: blue, yellow and vermilion as the states, each also of its own
    /// brightness; the hues differ in brightness from their neighbours and are always textured.
    fn colour_blind() -> Self {
        Self {
            accent: Some(159),
            good: Some(75),
            strained: Some(227),
            broken: Some(208),
            hues: &[110, 182, 30, 188, 97, 152, 67, 225, 66, 103, 146, 60],
            patterns: &[245, 110, 182, 152, 188, 146, 67, 225],
            ..Self::dark()
        }
    }
}
