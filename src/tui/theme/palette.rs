//! The colours behind the meanings: the 256 indexed ones, which every terminal worth the name has.

use std::borrow::Cow;

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
    /// Good, where much of it is drawn.
    pub calm: Option<u8>,
    /// An area under a line.
    pub fill: Option<u8>,
    pub strained: Option<u8>,
    pub broken: Option<u8>,
    /// The ground of what was lost.
    pub lost: Option<u8>,
    /// Text on a hue used as a ground.
    pub on_hue: Option<u8>,
    /// Ink, and the same hue as a ground for text.
    pub hues: Cow<'static, [(u8, u8)]>,
    /// By number.
    pub patterns: Cow<'static, [u8]>,
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

    /// The `place`-th hue as ink, going round.
    pub(super) fn hue(&self, place: usize) -> Option<u8> {
        self.pair(place).map(|(ink, _)| ink)
    }

    /// The same hue as a ground.
    pub(super) fn ground(&self, place: usize) -> Option<u8> {
        self.pair(place).map(|(_, ground)| ground)
    }

    fn pair(&self, place: usize) -> Option<(u8, u8)> {
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
            band: Some(235),
            good: Some(114),
            strained: Some(221),
            broken: Some(203),
            on_hue: Some(255),
            lost: Some(52),
            calm: Some(71),
            fill: Some(247),
            // Blues, violets, teals, roses, sands: nothing near green, amber or red.
            hues: Cow::Borrowed(&[
                (75, 24),
                (141, 60),
                (80, 23),
                (175, 96),
                (180, 95),
                (109, 66),
                (111, 61),
                (183, 97),
                (73, 31),
                (218, 132),
                (187, 240),
                (146, 103),
            ]),
            patterns: Cow::Borrowed(&[245, 75, 141, 80, 175, 180, 109, 183]),
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
            on_hue: Some(234),
            lost: Some(224),
            calm: Some(71),
            fill: Some(243),
            hues: Cow::Borrowed(&[
                (32, 153),
                (97, 183),
                (30, 152),
                (132, 182),
                (137, 187),
                (66, 195),
                (62, 147),
                (133, 225),
                (37, 159),
                (96, 254),
                (101, 230),
                (103, 188),
            ]),
            patterns: Cow::Borrowed(&[243, 32, 97, 30, 132, 137, 66, 133]),
        }
    }

    /// After Okabe and Ito: blue, yellow and vermilion as the states, each also of its own
    /// brightness; the hues differ in brightness from their neighbours and are always textured.
    fn colour_blind() -> Self {
        Self {
            accent: Some(159),
            good: Some(75),
            calm: Some(68),
            strained: Some(227),
            broken: Some(208),
            hues: Cow::Borrowed(&[
                (110, 24),
                (182, 96),
                (37, 23),
                (188, 240),
                (97, 53),
                (152, 66),
                (67, 60),
                (225, 97),
                (66, 31),
                (103, 61),
                (146, 103),
                (60, 95),
            ]),
            patterns: Cow::Borrowed(&[245, 110, 182, 152, 188, 146, 67, 225]),
            ..Self::dark()
        }
    }
}
