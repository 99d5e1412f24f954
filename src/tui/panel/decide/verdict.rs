//! A recommendation in full: what, what it costs, why, what it needs, what goes well with it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Widget};

use super::chart::pattern_title;
use crate::decide::Recommendation;
use crate::decide::needs::Grant;
use crate::names::ModelId;
use crate::patterns::row as pattern_row;
use crate::tui::deciding::{By, Deciding, Verdict};
use crate::tui::format;
use crate::tui::overlay::prose::wrapped;
use crate::tui::theme::{State, Theme};
use crate::tui::view::Regions;
use crate::tui::widget::pen;

/// Lines longer than this are hard to read.
const MOST_COLUMNS: u16 = 100;
/// Columns of the names of the first lines.
const LABEL: usize = 8;

/// Draws what is shown in full, scrolled as it is, and says how far it goes.
pub fn draw(area: Rect, buf: &mut Buffer, theme: &Theme, deciding: &Deciding, regions: &mut Regions) {
    let Some(verdict) = deciding.shown() else {
        return;
    };
    let area = pen::cut_left(area, MOST_COLUMNS).0;
    let width = usize::from(area.width);
    let lines = match verdict {
        Verdict::Recommended(made) => recommended(made, width, theme, deciding),
        Verdict::Refused(refusal) => {
            let mut text = Text::new(width, theme);
            text.head(
                refusal.leaf.title(),
                "not recommended",
                theme.state(State::Strained),
            );
            text.blank();
            text.sentence(&refusal.reason.to_string());
            text.lines
        }
    };
    let count = lines.len() as u16;
    // The last row says that there is more.
    let room = if count > area.height {
        pen::cut_bottom(area, 1).0
    } else {
        area
    };
    let end = count.saturating_sub(room.height);
    let offset = deciding.scroll.min(end);
    regions.scrolls_to(end);
    Paragraph::new(lines)
        .scroll((offset, 0))
        .render(room.intersection(buf.area), buf);
    if end > 0 {
        let words = if offset < end { "↓ more" } else { "↑ the end" };
        pen::right(buf, pen::cut_bottom(area, 1).1, words, theme.accent);
    }
}

fn recommended(
    made: &Recommendation,
    width: usize,
    theme: &Theme,
    deciding: &Deciding,
) -> Vec<Line<'static>> {
    let mut text = Text::new(width, theme);
    let native = if made.leaf.is_native() {
        "native"
    } else {
        "not native"
    };
    text.head(
        made.leaf.title(),
        &format!("{}, {native}", pattern_title(made.leaf)),
        theme.accent,
    );
    text.named("model", made.model.as_str());
    text.named(
        "call",
        made.target.as_deref().unwrap_or("an ARN, once it is made"),
    );
    text.named("month", &month(made));
    let runs = pattern_row(made.pattern).is_some_and(|row| row.available);
    text.named(
        "r",
        if runs {
            "runs it here; the present run ends"
        } else {
            "this version of bedrill cannot fire it yet"
        },
    );
    // The answers, which come first among the reasons, stand in the flowchart already.
    let mut told = 0;
    if deciding.by == By::Questions {
        told = deciding.flow.taken().len();
        text.named("e", "changes the figures that it is judged by");
    }
    text.section("Why", made.why.iter().skip(told).cloned());
    text.section("What it costs", made.costs.notes.iter().cloned());
    text.section("What it needs", made.needs.quotas.iter().cloned());
    for grant in &made.needs.iam {
        text.bullet(&allowed(grant));
    }
    let models: Vec<&str> = made.needs.models.iter().map(ModelId::as_str).collect();
    text.section("Models that offer it today", [models.join(", ")]);
    let combined = made.combines_with.iter().map(|with| {
        let title = pattern_row(with.pattern).map_or(with.pattern, |row| row.title);
        format!("{title}: {}", with.why)
    });
    text.section("Goes well with", combined);
    text.lines
}

fn month(made: &Recommendation) -> String {
    let Some(monthly) = made.costs.monthly else {
        return "no price is published".to_owned();
    };
    let words = format!("{} in tokens", format::money(monthly));
    match (made.costs.plain, made.costs.saving()) {
        (Some(plain), Some(saving)) if plain != monthly => {
            let than = if saving > 0.0 { "less" } else { "more" };
            let share = saving.abs() * 100.0;
            format!(
                "{words}, {share:.0}% {than} than {} without it",
                format::money(plain)
            )
        }
        _ => words,
    }
}

/// A right in a sentence.
fn allowed(grant: &Grant) -> String {
    let through = grant
        .only_through
        .as_ref()
        .map_or_else(String::new, |profile| format!(", only through {profile}"));
    format!(
        "IAM: {} on {}{through}",
        grant.actions.join(", "),
        grant.resources.join(", ")
    )
}

/// Lines as they are put together.
struct Text<'a> {
    lines: Vec<Line<'static>>,
    width: usize,
    theme: &'a Theme,
}

impl<'a> Text<'a> {
    const fn new(width: usize, theme: &'a Theme) -> Self {
        Self {
            lines: Vec::new(),
            width,
            theme,
        }
    }

    fn head(&mut self, strong: &str, then: &str, style: Style) {
        self.lines.push(Line::from(vec![
            Span::styled(format!("{strong}  "), self.theme.strong),
            Span::styled(then.to_owned(), style),
        ]));
    }

    fn blank(&mut self) {
        self.lines.push(Line::default());
    }

    /// A name and its value; values hang under each other.
    fn named(&mut self, name: &str, value: &str) {
        let mut name = name.to_owned();
        for value in wrapped(value, self.width.saturating_sub(LABEL), 0) {
            self.lines.push(Line::from(vec![
                Span::styled(format!("{name:<LABEL$}"), self.theme.muted),
                Span::styled(value, self.theme.text),
            ]));
            name.clear();
        }
    }

    fn section(&mut self, heading: &'static str, sentences: impl IntoIterator<Item = String>) {
        self.blank();
        self.lines.push(Line::styled(heading, self.theme.strong));
        for sentence in sentences {
            self.bullet(&sentence);
        }
    }

    fn bullet(&mut self, sentence: &str) {
        self.push(&format!("· {sentence}"), 2);
    }

    fn sentence(&mut self, sentence: &str) {
        self.push(sentence, 0);
    }

    fn push(&mut self, text: &str, hang: usize) {
        let broken = wrapped(text, self.width, hang);
        let style = self.theme.text;
        self.lines
            .extend(broken.into_iter().map(|line| Line::styled(line, style)));
    }
}
