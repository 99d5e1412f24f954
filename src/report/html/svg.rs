//! Drawing in SVG: shapes with a class each, so that the page's style colours them in light and
//! dark. Numbers have one decimal: enough for the eye, and the same bytes everywhere.

use std::fmt::{Display, Write as _};

/// A drawing that grows.
#[derive(Clone, Debug)]
pub(super) struct Svg {
    width: f64,
    height: f64,
    body: String,
}

/// Where a text begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    const fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

impl Svg {
    /// An empty one, in units that are pixels at its natural size.
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            body: String::new(),
        }
    }

    pub(super) fn rect(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), class: &str) {
        let _ = write!(
            self.body,
            r#"<rect x="{}" y="{}" width="{}" height="{}" class="{class}"/>"#,
            N(x),
            N(y),
            N(width.max(0.0)),
            N(height.max(0.0))
        );
    }

    /// A rectangle that is not seen and says something when it is pointed at.
    pub(super) fn hint(&mut self, (x, y): (f64, f64), (width, height): (f64, f64), words: &str) {
        let _ = write!(
            self.body,
            r#"<rect x="{}" y="{}" width="{}" height="{}" class="hit"><title>{}</title></rect>"#,
            N(x),
            N(y),
            N(width),
            N(height),
            escaped(words)
        );
    }

    pub(super) fn line(&mut self, (x1, y1): (f64, f64), (x2, y2): (f64, f64), class: &str) {
        let _ = write!(
            self.body,
            r#"<line x1="{}" y1="{}" x2="{}" y2="{}" class="{class}"/>"#,
            N(x1),
            N(y1),
            N(x2),
            N(y2)
        );
    }

    pub(super) fn path(&mut self, course: &str, class: &str) {
        if !course.is_empty() {
            let _ = write!(self.body, r#"<path d="{course}" class="{class}"/>"#);
        }
    }

    pub(super) fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, class: &str, words: &str) {
        let _ = write!(
            self.body,
            r#"<text x="{}" y="{}" text-anchor="{}" class="{class}">{}</text>"#,
            N(x),
            N(y),
            anchor.word(),
            escaped(words)
        );
    }

    /// The whole drawing; what it shows in words for those who do not see it.
    pub(super) fn finish(self, class: &str, label: &str) -> String {
        format!(
            r#"<svg class="{class}" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>"#,
            N(self.width),
            N(self.height),
            escaped(label),
            self.body
        )
    }
}

/// A course through points with gaps where there is none, in steps: each value holds from its left
/// edge to its right.
pub(super) fn steps(points: impl Iterator<Item = (f64, f64, Option<f64>)>) -> String {
    let mut course = String::new();
    let mut reached = None;
    for (from, to, y) in points {
        let Some(y) = y else {
            reached = None;
            continue;
        };
        let _ = match reached {
            Some(x) if f64::to_bits(x) == from.to_bits() => write!(course, "V{}H{}", N(y), N(to)),
            _ => write!(course, "M{} {}H{}", N(from), N(y), N(to)),
        };
        reached = Some(to);
    }
    course
}

/// A closed area between two values of each column.
pub(super) fn band(points: impl Iterator<Item = (f64, f64, Option<(f64, f64)>)>) -> String {
    let mut course = String::new();
    for (from, to, between) in points {
        if let Some((top, bottom)) = between.filter(|(top, bottom)| bottom > top) {
            let _ = write!(
                course,
                "M{} {}H{}V{}H{}Z",
                N(from),
                N(top),
                N(to),
                N(bottom),
                N(from)
            );
        }
    }
    course
}

/// A number with at most one decimal.
pub(super) struct N(pub(super) f64);

impl Display for N {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let tenths = (self.0 * 10.0).round() as i64;
        let sign = if tenths < 0 { "-" } else { "" };
        let (whole, rest) = (tenths.abs() / 10, tenths.abs() % 10);
        write!(f, "{sign}{whole}")?;
        if rest > 0 { write!(f, ".{rest}") } else { Ok(()) }
    }
}

/// Words that cannot be markup.
pub(super) fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
