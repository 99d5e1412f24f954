//! The fault dialog: every field a dial, and one sentence that says what it will do.

mod sentence;

use std::collections::BTreeSet;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;

use super::prose::{cut, wrapped};
use super::{DialogRoom, opened};
use crate::drill::Command;
use crate::fault::{Cut, FaultKind, FaultShape, Outage, Scope};
use crate::measure::Snapshot;
use crate::names::{ModelId, ModelRef, PatternKey, Provider, Region};
use crate::tui::dial::{Dial, round};
use crate::tui::format;
use crate::tui::theme::Theme;
use crate::units::Share;

const SECOND: Duration = Duration::from_secs(1);
/// The column of the values.
const VALUE_COLUMN: usize = 12;
const WIDTH: u16 = 76;
/// Lines the sentence may take.
const SENTENCE_LINES: usize = 3;

/// A fault as it is being chosen.
#[derive(Clone, Debug)]
pub struct Inject {
    cursor: usize,
    kind: Dial<FaultKind>,
    /// The kind's own strength, where it has one: how slow, how late, how cut.
    detail: Dial<FaultKind>,
    region: Dial<Option<Region>>,
    model: Dial<Option<ModelId>>,
    target: Dial<Option<ModelRef>>,
    provider: Dial<Option<Provider>>,
    pattern: Dial<Option<PatternKey>>,
    share: Dial<Share>,
    shape: Dial<FaultShape>,
    lasts: Dial<Duration>,
}

/// What the dials say together.
#[derive(Clone, Debug)]
struct Draft {
    kind: FaultKind,
    scope: Scope,
    share: Share,
    shape: FaultShape,
    lasts: Duration,
}

/// A field of the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Kind,
    Detail,
    Region,
    Model,
    Target,
    Provider,
    Pattern,
    Share,
    Shape,
    Lasts,
}

impl Field {
    const ALL: [Self; 10] = [
        Self::Kind,
        Self::Detail,
        Self::Region,
        Self::Model,
        Self::Target,
        Self::Provider,
        Self::Pattern,
        Self::Share,
        Self::Shape,
        Self::Lasts,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::Kind => "fault",
            Self::Detail => "how",
            Self::Region => "region",
            Self::Model => "model",
            Self::Target => "called as",
            Self::Provider => "maker",
            Self::Pattern => "pattern",
            Self::Share => "how much",
            Self::Shape => "course",
            Self::Lasts => "lasts",
        }
    }
}

impl Inject {
    /// The dialog over a run: its choices are what the run calls. Begins at the region shown.
    pub fn new(live: &Snapshot, region: Option<&Region>) -> Self {
        let routes = || {
            let arms = live.patterns.iter().flat_map(|pattern| &pattern.arms);
            arms.flat_map(|arm| &arm.chain).map(|hop| &hop.route)
        };
        let kind = Dial::new(FaultKind::ALL.to_vec()).at(&FaultKind::CapacityOutage);
        let detail = Dial::new(details(*kind.value()));
        Self {
            cursor: 0,
            kind,
            detail,
            region: each(routes().map(|route| route.region.clone())).at(&region.cloned()),
            model: each(routes().map(|route| route.model.clone())),
            target: each(routes().map(|route| route.target.clone())),
            provider: each(routes().map(|route| route.provider.clone())),
            pattern: each(live.patterns.iter().map(|pattern| pattern.key.clone())),
            share: Dial::new(
                [1, 2, 5, 10, 20, 30, 50, 75, 90, 100]
                    .map(|percent| Share::clamped(f64::from(percent) / 100.0))
                    .to_vec(),
            )
            .at(&Share::ALL),
            shape: Dial::new(vec![
                FaultShape::Step,
                FaultShape::Ramp,
                pulse(2),
                pulse(5),
                pulse(15),
            ]),
            lasts: Dial::new(
                [5, 10, 20, 30, 60, 120, 300, 600]
                    .map(Duration::from_secs)
                    .to_vec(),
            )
            .at(&Duration::from_secs(30)),
        }
    }

    /// Moves to another field, up for a negative step; round at the ends.
    pub fn field(&mut self, step: i8) {
        self.cursor = round(self.cursor, step, self.fields().len());
    }

    /// Turns the field's dial, down for a negative step; stops at the ends, but names go round.
    pub fn turn(&mut self, step: i8) {
        match self.under_cursor() {
            Field::Kind => {
                self.kind.go_round(step);
                let usual = *self.kind.value();
                self.detail = Dial::new(details(usual)).at(&usual);
            }
            Field::Detail => self.detail.go_round(step),
            Field::Region => self.region.go_round(step),
            Field::Model => self.model.go_round(step),
            Field::Target => self.target.go_round(step),
            Field::Provider => self.provider.go_round(step),
            Field::Pattern => self.pattern.go_round(step),
            Field::Share => self.share.turn(step),
            Field::Shape => self.shape.go_round(step),
            Field::Lasts => self.lasts.turn(step),
        }
    }

    /// The order as it stands.
    pub fn command(&self) -> Command {
        let draft = self.draft();
        Command::Inject {
            kind: draft.kind,
            scope: draft.scope,
            share: draft.share,
            shape: draft.shape,
            lasts: draft.lasts,
        }
    }

    /// What it will do, in a sentence.
    pub fn sentence(&self) -> String {
        sentence::of(&self.draft())
    }

    /// Draws it.
    pub fn draw(&self, area: Rect, buf: &mut Buffer, _: &Snapshot, theme: &Theme) -> DialogRoom {
        let fields = self.fields();
        // Always as high as all fields together: a dialog that jumps cannot be read.
        let height = (Field::ALL.len() + 1 + SENTENCE_LINES + 2) as u16;
        let (frame, room) = opened(area, buf, theme, "Break something", Size::new(WIDTH, height));
        for (place, (field, y)) in fields.iter().zip(room.y..room.bottom()).enumerate() {
            let line = self.field_line(*field, place == self.cursor, usize::from(room.width), theme);
            line.render(Rect { y, height: 1, ..room }, buf);
        }
        let top = room.bottom().saturating_sub(SENTENCE_LINES as u16).max(room.y);
        let sentence = wrapped(&self.sentence(), usize::from(room.width), 0);
        for (text, y) in sentence.into_iter().zip(top..room.bottom()) {
            Line::styled(text, theme.strong).render(Rect { y, height: 1, ..room }, buf);
        }
        DialogRoom { frame, scroll_end: 0 }
    }

    fn field_line(&self, field: Field, selected: bool, width: usize, theme: &Theme) -> Line<'static> {
        let value = cut(&self.value(field), width.saturating_sub(VALUE_COLUMN + 6));
        let label = format!("{:<VALUE_COLUMN$}", field.label());
        if selected {
            Line::from(vec![
                Span::styled(format!("▸ {label}"), theme.accent),
                Span::styled("◂ ", theme.accent),
                Span::styled(value, theme.strong),
                Span::styled(" ▸", theme.accent),
            ])
        } else {
            Line::from(vec![
                Span::styled(format!("  {label}"), theme.muted),
                Span::styled(format!("  {value}"), theme.text),
            ])
        }
    }

    fn value(&self, field: Field) -> String {
        fn name<T: std::fmt::Display + PartialEq>(dial: &Dial<Option<T>>) -> String {
            dial.value()
                .as_ref()
                .map_or_else(|| "any".to_owned(), ToString::to_string)
        }
        match field {
            Field::Kind => self.kind.value().key().to_owned(),
            Field::Detail => sentence::detail(*self.detail.value()),
            Field::Region => name(&self.region),
            Field::Model => name(&self.model),
            Field::Target => name(&self.target),
            Field::Provider => name(&self.provider),
            Field::Pattern => name(&self.pattern),
            Field::Share => format!(
                "{} {}",
                format::share(self.share.value().get()),
                sentence::whole(*self.kind.value())
            ),
            Field::Shape => sentence::course(*self.shape.value()),
            Field::Lasts => format::countdown(*self.lasts.value()),
        }
    }

    fn under_cursor(&self) -> Field {
        let fields = self.fields();
        fields[self.cursor.min(fields.len() - 1)]
    }

    /// The fields that mean something for the kind. The first ones are always there, so the cursor
    /// stays where it is when the kind is turned.
    fn fields(&self) -> Vec<Field> {
        let kind = *self.kind.value();
        let applies = |field: &Field| match field {
            Field::Detail => self.detail.is_choice(),
            // Capacity and quotas belong to nobody's way of calling.
            Field::Target | Field::Pattern => kind.client_can(),
            _ => true,
        };
        Field::ALL.into_iter().filter(applies).collect()
    }

    fn draft(&self) -> Draft {
        let fields = self.fields();
        let has = |field| fields.contains(&field);
        Draft {
            kind: *self.detail.value(),
            scope: Scope {
                region: self.region.value().clone(),
                model: self.model.value().clone(),
                target: self.target.value().clone().filter(|_| has(Field::Target)),
                provider: self.provider.value().clone(),
                pattern: self.pattern.value().clone().filter(|_| has(Field::Pattern)),
            },
            share: *self.share.value(),
            shape: *self.shape.value(),
            lasts: *self.lasts.value(),
        }
    }
}

/// `any`, and then every name once, in order.
fn each<T: Ord>(names: impl Iterator<Item = T>) -> Dial<Option<T>> {
    let names: BTreeSet<T> = names.collect();
    Dial::new([None].into_iter().chain(names.into_iter().map(Some)).collect())
}

fn pulse(seconds: u32) -> FaultShape {
    FaultShape::Pulse {
        on: SECOND * seconds,
        off: SECOND * seconds,
    }
}

/// The strengths a kind can be turned to, the usual one among them.
fn details(usual: FaultKind) -> Vec<FaultKind> {
    match usual {
        FaultKind::Latency { sigma, .. } => [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800]
            .map(|millis| FaultKind::Latency {
                added: Duration::from_millis(millis),
                sigma,
            })
            .to_vec(),
        FaultKind::SlowStream { .. } => [2.0, 3.0, 5.0, 10.0, 30.0]
            .map(|factor| FaultKind::SlowStream { factor })
            .to_vec(),
        FaultKind::CutStream { .. } => [1, 10, 50]
            .into_iter()
            .flat_map(|after_tokens| {
                [Cut::Exception, Cut::Reset].map(|how| FaultKind::CutStream { after_tokens, how })
            })
            .collect(),
        FaultKind::EndpointOutage(_) => [Outage::Refused, Outage::Silent]
            .map(FaultKind::EndpointOutage)
            .to_vec(),
        other => vec![other],
    }
}
