//! The state of the Decide page: the way through the questions, the form of figures, and what
//! they lead to. Plain data and pure steps; what is recommended is [`crate::decide`]'s matter.

pub mod form;

use self::form::{Field, Form};
use super::dial::round;
use crate::catalog::Catalog;
use crate::decide::figures::FigureProblem;
use crate::decide::leaf::Leaf;
use crate::decide::question::{Next, Question};
use crate::decide::refusal::Refusal;
use crate::decide::{Advice, Flow, Recommendation, advise};

/// What the page asks by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The flowchart.
    Questions,
    /// The form.
    Figures,
}

/// The state of the page.
#[derive(Clone, Debug)]
pub struct Deciding {
    /// Questions or figures.
    pub by: By,
    /// The way through the questions.
    pub flow: Flow,
    /// The answer under the cursor, by its place.
    pub choice: usize,
    /// The figures; the questions are judged by them too.
    pub form: Form,
    /// The row under the cursor of the form: its fields, then what they lead to.
    pub row: usize,
    /// Whether the recommendation under the form's cursor is read.
    pub reading: bool,
    /// Lines that a recommendation is scrolled by.
    pub scroll: u16,
    /// What the figures lead to, or what is wrong with them.
    pub advice: Result<Advice, Vec<FigureProblem>>,
    /// What the answers lead to, at a leaf.
    reached: Option<Result<Recommendation, Refusal>>,
}

/// What the form leads to for one leaf.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict<'a> {
    /// It is recommended.
    Recommended(&'a Recommendation),
    /// It is not.
    Refused(&'a Refusal),
}

impl Deciding {
    /// Before the first question, with the usual figures.
    pub fn new(catalog: &Catalog) -> Self {
        let form = Form::new(catalog);
        Self {
            by: By::Questions,
            flow: Flow::new(),
            choice: 0,
            advice: advise(&form.figures(), catalog),
            form,
            row: 0,
            reading: false,
            scroll: 0,
            reached: None,
        }
    }

    /// Moves the cursor, or scrolls what is read; up for a negative step. `end` is how far the last
    /// drawing could be scrolled.
    pub fn step(&mut self, by: i8, end: u16) {
        match (self.by, self.flow.at()) {
            (By::Questions, Next::Ask(question)) => {
                self.choice = round(self.choice, by, question.answers.len());
            }
            (By::Questions, Next::Arrive(_)) => self.scroll_by(by, end),
            (By::Figures, _) if self.reading => self.scroll_by(by, end),
            (By::Figures, _) => {
                self.row = round(self.row, by, self.rows());
                self.scroll = 0;
            }
        }
    }

    /// Scrolls what is read.
    pub fn scroll_by(&mut self, by: i8, end: u16) {
        self.scroll = self.scroll.saturating_add_signed(i16::from(by)).min(end);
    }

    /// Left and right: the dial under the cursor, or an answer given and taken back.
    pub fn turn(&mut self, by: i8, catalog: &Catalog) {
        match (self.by, self.field()) {
            (By::Questions, _) if by > 0 => self.confirm(catalog),
            (By::Questions, _) | (By::Figures, None) if by < 0 => {
                self.take_back();
            }
            (By::Figures, Some(field)) if !self.reading => {
                self.form.turn(field, by);
                self.judge(catalog);
            }
            _ => {}
        }
    }

    /// Gives the answer under the cursor, or opens the recommendation under it.
    pub fn confirm(&mut self, catalog: &Catalog) {
        match (self.by, self.flow.at()) {
            (By::Questions, Next::Ask(question)) => {
                if let Some(answer) = question.answers.get(self.choice) {
                    // The key is the question's own.
                    let _ = self.flow.answer(answer.key);
                    self.choice = 0;
                    self.judge(catalog);
                }
            }
            (By::Questions, Next::Arrive(_)) => {}
            (By::Figures, _) => {
                self.reading = !self.reading && self.field().is_none();
                self.scroll = 0;
            }
        }
    }

    /// Takes the last answer back, or closes the recommendation; `false` if there was nothing to.
    pub fn take_back(&mut self) -> bool {
        self.scroll = 0;
        match self.by {
            By::Figures => std::mem::take(&mut self.reading),
            By::Questions => {
                let last = self.flow.taken().last().copied();
                let was = last.and_then(|step| {
                    let mut answers = step.question.answers.iter();
                    answers.position(|answer| answer == step.answer)
                });
                self.choice = was.unwrap_or(0);
                self.reached = None;
                self.flow.back()
            }
        }
    }

    /// From the questions to the figures, or back.
    pub fn switch(&mut self) {
        self.by = match self.by {
            By::Questions => By::Figures,
            By::Figures => By::Questions,
        };
        self.scroll = 0;
        self.reading = false;
    }

    /// Puts the cursor on an answer or a row of the form; `true` if it stood there already.
    pub fn point(&mut self, place: usize) -> bool {
        let at = match self.by {
            By::Questions => &mut self.choice,
            By::Figures => &mut self.row,
        };
        let stood = *at == place;
        *at = place;
        self.scroll = 0;
        stood
    }

    /// The question to be answered; `None` at a leaf.
    pub fn question(&self) -> Option<&'static Question> {
        match self.flow.at() {
            Next::Ask(question) => Some(question),
            Next::Arrive(_) => None,
        }
    }

    /// The form's field under the cursor.
    pub fn field(&self) -> Option<Field> {
        Field::ALL.get(self.row).copied()
    }

    /// What the figures lead to, the best first, the refused ones last; empty where the figures
    /// are wrong.
    pub fn verdicts(&self) -> Vec<Verdict<'_>> {
        let Ok(advice) = &self.advice else {
            return Vec::new();
        };
        let ranked = advice.ranked.iter().map(Verdict::Recommended);
        ranked
            .chain(advice.refused.iter().map(Verdict::Refused))
            .collect()
    }

    /// What is shown in full: the leaf that was reached; with the form what is under the cursor,
    /// else the best.
    pub fn shown(&self) -> Option<Verdict<'_>> {
        match self.by {
            By::Questions => self.reached.as_ref().map(|reached| match reached {
                Ok(made) => Verdict::Recommended(made),
                Err(refusal) => Verdict::Refused(refusal),
            }),
            By::Figures => {
                let place = self.row.saturating_sub(Field::ALL.len());
                self.verdicts().get(place).copied()
            }
        }
    }

    /// What would be run.
    pub fn recommended(&self) -> Option<&Recommendation> {
        match self.shown()? {
            Verdict::Recommended(made) => Some(made),
            Verdict::Refused(_) => None,
        }
    }

    /// The leaves that can still be reached from a step on.
    pub fn reachable(next: Next) -> Vec<Leaf> {
        match next {
            Next::Arrive(leaf) => vec![leaf],
            Next::Ask(question) => question
                .answers
                .iter()
                .flat_map(|answer| Self::reachable(answer.next))
                .collect(),
        }
    }

    fn rows(&self) -> usize {
        Field::ALL.len() + self.verdicts().len()
    }

    fn judge(&mut self, catalog: &Catalog) {
        let figures = self.form.figures();
        self.advice = advise(&figures, catalog);
        self.reached = self.flow.recommend(&figures, catalog);
        self.row = self.row.min(self.rows() - 1);
        self.scroll = 0;
    }
}

impl PartialEq for Deciding {
    fn eq(&self, other: &Self) -> bool {
        // What follows from the rest is left out.
        (
            self.by,
            &self.flow,
            self.choice,
            self.row,
            self.reading,
            self.scroll,
        ) == (
            other.by,
            &other.flow,
            other.choice,
            other.row,
            other.reading,
            other.scroll,
        ) && self.form == other.form
    }
}

impl Verdict<'_> {
    /// The leaf.
    pub const fn leaf(self) -> Leaf {
        match self {
            Self::Recommended(made) => made.leaf,
            Self::Refused(refusal) => refusal.leaf,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(choices: &[usize]) -> Deciding {
        let catalog = Catalog::builtin();
        let mut deciding = Deciding::new(&catalog);
        for choice in choices {
            deciding.point(*choice);
            deciding.confirm(&catalog);
        }
        deciding
    }

    #[test]
    fn the_cursor_answers_and_goes_back_to_the_answer_that_is_taken_back() {
        let mut deciding = answered(&[1, 1, 1, 1, 0, 1]);
        let made = deciding.recommended().expect("a leaf");
        assert_eq!(made.leaf, Leaf::BurstsGlobal);
        assert!(deciding.take_back());
        assert_eq!((deciding.recommended(), deciding.choice), (None, 1));
        let left = Deciding::reachable(deciding.flow.at());
        assert_eq!(left, [Leaf::BurstsRegional, Leaf::BurstsGlobal]);
        for _ in 0..5 {
            assert!(deciding.take_back());
        }
        assert!(!deciding.take_back());
        assert_eq!(Deciding::reachable(deciding.flow.at()).len(), Leaf::ALL.len());
    }

    #[test]
    fn a_turned_figure_is_judged_at_once_for_the_form_and_for_the_questions() {
        let catalog = Catalog::builtin();
        let mut deciding = answered(&[1, 1, 1, 1, 0, 0]);
        let before = deciding.recommended().and_then(|made| made.costs.monthly);
        deciding.switch();
        assert_eq!(deciding.verdicts().len(), Leaf::ALL.len());
        deciding.point(
            Field::ALL
                .iter()
                .position(|field| *field == Field::Rate)
                .expect("a field"),
        );
        deciding.turn(1, &catalog);
        deciding.switch();
        let after = deciding.recommended().and_then(|made| made.costs.monthly);
        assert!(after > before, "{after:?} is not more than {before:?}");
    }
}
