//! The questions on a terminal: numbered answers, a way back, and what to do with the result.

use std::io::{self, BufRead, Write};
use std::path::Path;

use super::{report, write_new};
use crate::catalog::Catalog;
use crate::decide::figures::Figures;
use crate::decide::question::{Next, Question};
use crate::decide::{Flow, Recommendation};
use crate::patterns;

/// Where the scenario goes if nobody says otherwise.
const FILE: &str = "decided.toml";

/// A conversation, over any input and output.
pub struct Dialogue<'a, I, O> {
    /// Lines that a person types.
    pub input: I,
    /// What the person reads.
    pub out: O,
    /// The way so far.
    pub flow: Flow,
    /// What the traffic is like.
    pub figures: Figures,
    /// What is offered.
    pub catalog: &'a Catalog,
}

/// How a conversation ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The person left.
    Quit,
    /// This scenario is to be shown on the dashboard.
    Run(String),
}

/// What was typed.
enum Said {
    Quit,
    Back,
    Text(String),
}

impl<I: BufRead, O: Write> Dialogue<'_, I, O> {
    /// Asks until the person leaves or wants the scenario run.
    pub fn hold(&mut self) -> io::Result<End> {
        loop {
            let end = match self.flow.at() {
                Next::Ask(question) => self.ask(question)?,
                Next::Arrive(_) => self.arrive()?,
            };
            if let Some(end) = end {
                return Ok(end);
            }
        }
    }

    fn ask(&mut self, question: &'static Question) -> io::Result<Option<End>> {
        let number = self.flow.taken().len() + 1;
        writeln!(self.out, "\n{number}. {}\n   {}", question.text, question.hint)?;
        for (place, answer) in question.answers.iter().enumerate() {
            writeln!(self.out, "   {}  {}", place + 1, answer.text)?;
        }
        let most = question.answers.len();
        loop {
            let said = self.prompt(&format!("1-{most}, b back, q quit"))?;
            let text = match said {
                Said::Quit => return Ok(Some(End::Quit)),
                Said::Back if self.flow.back() => return Ok(None),
                Said::Back => {
                    writeln!(self.out, "   this is the first question")?;
                    continue;
                }
                Said::Text(text) => text,
            };
            let place = text
                .parse::<usize>()
                .ok()
                .and_then(|number| number.checked_sub(1));
            let numbered = place.and_then(|place| question.answers.get(place));
            let key = numbered.map_or(text.as_str(), |answer| answer.key);
            match self.flow.answer(key) {
                Ok(_) => return Ok(None),
                Err(_) => writeln!(self.out, "   `{text}` is none of them")?,
            }
        }
    }

    fn arrive(&mut self) -> io::Result<Option<End>> {
        let Some(made) = self.flow.recommend(&self.figures, self.catalog) else {
            return Ok(None);
        };
        writeln!(self.out)?;
        match made {
            Err(refusal) => {
                report::refused(&refusal, &mut self.out)?;
                self.choose("b back, q quit", |_, _| Ok(None))
            }
            Ok(made) => {
                let Next::Arrive(leaf) = self.flow.at() else {
                    return Ok(None);
                };
                report::recommendation(&made, &self.figures.suited_to(leaf), &mut self.out)?;
                let runs = patterns::row(made.pattern).is_some_and(|row| row.available);
                let offer = if runs {
                    "r run it, w write the scenario, b back, q quit"
                } else {
                    "w write the scenario, b back, q quit"
                };
                self.choose(offer, |dialogue, text| match text {
                    "r" if runs => Ok(Some(End::Run(made.scenario.clone()))),
                    "w" => dialogue.write(&made).map(|()| None),
                    _ => Ok(None),
                })
            }
        }
    }

    /// Offers what can be done with a result until the person goes back, leaves, or `act` ends it.
    fn choose(
        &mut self,
        offer: &str,
        act: impl Fn(&mut Self, &str) -> io::Result<Option<End>>,
    ) -> io::Result<Option<End>> {
        writeln!(self.out)?;
        loop {
            match self.prompt(offer)? {
                Said::Quit => return Ok(Some(End::Quit)),
                Said::Back => {
                    self.flow.back();
                    return Ok(None);
                }
                Said::Text(text) => {
                    if let Some(end) = act(self, &text)? {
                        return Ok(Some(end));
                    }
                }
            }
        }
    }

    fn write(&mut self, made: &Recommendation) -> io::Result<()> {
        let name = match self.prompt_raw(&format!("file [{FILE}]"))? {
            None => return Ok(()),
            Some(name) if name.is_empty() => FILE.to_owned(),
            Some(name) => name,
        };
        match write_new(Path::new(&name), &made.scenario) {
            Ok(()) => writeln!(self.out, "   {name} is written; `bedrill {name}` runs it"),
            Err(problem) => writeln!(self.out, "   {problem}"),
        }
    }

    fn prompt(&mut self, offer: &str) -> io::Result<Said> {
        loop {
            match self.prompt_raw(offer)?.as_deref() {
                // The end of the input is a way to leave.
                None | Some("q" | "quit") => return Ok(Said::Quit),
                Some("b" | "back") => return Ok(Said::Back),
                Some("") => {}
                Some(text) => return Ok(Said::Text(text.to_owned())),
            }
        }
    }

    /// A line that was typed; `None` at the end of the input.
    fn prompt_raw(&mut self, offer: &str) -> io::Result<Option<String>> {
        write!(self.out, "{offer}: ")?;
        self.out.flush()?;
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 {
            writeln!(self.out)?;
            return Ok(None);
        }
        Ok(Some(line.trim().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What ends a conversation of these lines, and what was said.
    fn talk(lines: &str) -> (End, String) {
        let catalog = Catalog::builtin();
        let mut said = Vec::new();
        let end = Dialogue {
            input: lines.as_bytes(),
            out: &mut said,
            flow: Flow::new(),
            figures: Figures::default(),
            catalog: &catalog,
        }
        .hold()
        .expect("memory takes everything");
        (end, String::from_utf8(said).expect("UTF-8"))
    }

    #[test]
    fn numbers_and_keys_answer_back_takes_back_and_run_ends_with_the_scenario() {
        let (end, said) = talk("2\nno\nb\n2\n2\n2\n1\n1\nr\n");
        let End::Run(scenario) = end else {
            panic!("it did not end with a scenario:\n{said}");
        };
        assert!(scenario.contains("kind = \"cross-region\""), "{scenario}");
        assert_eq!(
            said.matches("Must a rate of tokens be yours alone?").count(),
            3,
            "{said}"
        );
        assert!(
            said.contains("bursts, regional: Cross-region inference"),
            "{said}"
        );
    }

    #[test]
    fn what_is_no_answer_is_said_and_asked_again_and_the_end_of_input_leaves() {
        let (end, said) = talk("b\n7\nperhaps\n1\n");
        assert_eq!(end, End::Quit);
        for words in [
            "this is the first question",
            "`7` is none",
            "`perhaps` is none",
            "large datasets: Batch",
        ] {
            assert!(said.contains(words), "{words} is missing:\n{said}");
        }
    }
}
