//! The flowchart: seven questions, each with answers that lead to the next or to a leaf.
//!
//! What the service does by itself is asked first; what must be run comes last. The picture in
//! `docs/patterns.md` is drawn from here, and a test holds the two together.

use std::fmt::Write as _;

use super::leaf::Leaf;

/// A question of the flowchart.
#[derive(Debug, PartialEq, Eq)]
pub struct Question {
    /// Its key on the command line and in JSON.
    pub key: &'static str,
    /// The question.
    pub text: &'static str,
    /// What to think of when answering it.
    pub hint: &'static str,
    /// The answers, at least two.
    pub answers: &'static [Answer],
}

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its key on the command line and in JSON, unique within its question.
    pub key: &'static str,
    /// The answer, in a few words.
    pub text: &'static str,
    /// Where it leads.
    pub next: Next,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Another question.
    Ask(&'static Question),
    /// A recommendation.
    Arrive(Leaf),
}

impl Question {
    /// The question that is asked first.
    pub const FIRST: &'static Self = &WAIT;

    /// The answer with a key.
    pub fn answer(&self, key: &str) -> Option<&'static Answer> {
        self.answers.iter().find(|answer| answer.key == key)
    }
}

const fn answer(key: &'static str, text: &'static str, next: Next) -> Answer {
    Answer { key, text, next }
}

static WAIT: Question = Question {
    key: "wait",
    text: "May the answers come hours later?",
    hint: "A data set, a nightly run, an evaluation: nobody sits before the screen.",
    answers: &[
        answer(
            "yes",
            "yes, and there are many",
            Next::Arrive(Leaf::LargeDatasets),
        ),
        answer("no", "no, somebody waits", Next::Ask(&GUARANTEE)),
    ],
};
static GUARANTEE: Question = Question {
    key: "guarantee",
    text: "Must a rate of tokens be yours alone?",
    hint: "A contract names a rate, or a throttle at the wrong moment costs more than an idle unit.",
    answers: &[
        answer(
            "yes",
            "yes, by contract",
            Next::Arrive(Leaf::GuaranteedThroughput),
        ),
        answer("no", "no, a quota will do", Next::Ask(&REPEAT)),
    ],
};
static REPEAT: Question = Question {
    key: "repeat",
    text: "Do prompts begin with the same long text?",
    hint: "A document under discussion, a long system prompt, many tools: the same from the first token on.",
    answers: &[
        answer("yes", "most of each does", Next::Arrive(Leaf::RepeatedContexts)),
        answer("no", "no", Next::Ask(&MIX)),
    ],
};
static MIX: Question = Question {
    key: "mix",
    text: "Are easy prompts mixed with hard ones, and is the bill the worry?",
    hint: "The larger model is paid for every prompt, and needed for some.",
    answers: &[
        answer("yes", "yes", Next::Arrive(Leaf::QualityAgainstCost)),
        answer("no", "no", Next::Ask(&BURSTS)),
    ],
};
static BURSTS: Question = Question {
    key: "bursts",
    text: "Do bursts exceed one region, or may its capacity fail you?",
    hint: "Throttles and 503s in one region while others are idle. The loss of an endpoint is another matter.",
    answers: &[
        answer("yes", "yes", Next::Ask(&RESIDENCY)),
        answer("no", "no, something else", Next::Ask(&CONTROL)),
    ],
};
static RESIDENCY: Question = Question {
    key: "residency",
    text: "Must prompts stay in one geography?",
    hint: "A global profile may be served on any continent; a geographic one never leaves its own.",
    answers: &[
        answer("yes", "yes", Next::Arrive(Leaf::BurstsRegional)),
        answer("no", "no, anywhere", Next::Arrive(Leaf::BurstsGlobal)),
    ],
};
static CONTROL: Question = Question {
    key: "control",
    text: "Who decides where a failed request goes next?",
    hint: "A gateway is one more thing that can fail; a chain is code in each client.",
    answers: &[
        answer(
            "gateway",
            "one endpoint before several providers",
            Next::Arrive(Leaf::OneApi),
        ),
        answer(
            "client",
            "the client, by its own rules",
            Next::Arrive(Leaf::CustomRouting),
        ),
    ],
};

/// The flowchart as a Mermaid diagram, questions in the order they are asked.
pub fn mermaid() -> String {
    let mut drawn = String::from("flowchart TD\n");
    draw(Question::FIRST, &mut drawn);
    drawn
}

fn draw(question: &Question, drawn: &mut String) {
    // Writing to a String cannot fail.
    let _ = writeln!(drawn, "    {}{{\"{}\"}}", question.key, question.text);
    for answer in question.answers {
        let _ = match answer.next {
            Next::Ask(next) => writeln!(drawn, "    {} -->|{}| {}", question.key, answer.text, next.key),
            Next::Arrive(leaf) => writeln!(
                drawn,
                "    {} -->|{}| {}[\"{}: {}\"]",
                question.key,
                answer.text,
                leaf.key(),
                leaf,
                leaf.pattern()
            ),
        };
    }
    for answer in question.answers {
        if let Next::Ask(next) = answer.next {
            draw(next, drawn);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_picture_in_the_docs_is_drawn_from_the_questions() {
        let page = include_str!("../../docs/patterns.md");
        let picture = format!("```mermaid\n{}```", mermaid());
        assert!(
            page.contains(&picture),
            "put this into docs/patterns.md:\n{picture}"
        );
    }

    #[test]
    fn the_decide_page_has_the_picture_and_every_key() {
        const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/decide.md");
        let page = fs::read_to_string(PAGE).expect("docs/decide.md");
        let (before, rest) = page.split_once(BEGIN).expect("where it begins");
        let (_, after) = rest.split_once(END).expect("where it ends");
        let written = format!("{before}{BEGIN}\n{}{END}{after}", section());
        if std::env::var_os("BEDRILL_BLESS").is_some() {
            fs::write(PAGE, &written).expect("docs/decide.md can be written");
        }
        let found = fs::read_to_string(PAGE).expect("docs/decide.md");
        assert!(
            found == written,
            "docs/decide.md has drifted from the questions: run `BEDRILL_BLESS=1 cargo test the_decide_page`"
        );
    }
    const BEGIN: &str = "<!-- begin -->";
    const END: &str = "<!-- end -->";

    /// The picture, and a table with the keys of questions and answers.
    fn section() -> String {
        fn visit(question: &Question, rows: &mut String) {
            let answers: Vec<String> = question
                .answers
                .iter()
                .map(|answer| format!("`{}` {}", answer.key, answer.text))
                .collect();
            let _ = writeln!(
                rows,
                "| `{}` | {} {} | {} |",
                question.key,
                question.text,
                question.hint,
                answers.join("; ")
            );
            for answer in question.answers {
                if let Next::Ask(next) = answer.next {
                    visit(next, rows);
                }
            }
        }
        let mut rows = String::new();
        visit(Question::FIRST, &mut rows);
        format!(
            "```mermaid\n{}```\n\n| Key | Question | Answers |\n|---|---|---|\n{rows}",
            mermaid()
        )
    }

    #[test]
    fn each_leaf_is_reached_by_one_way_only() {
        fn leaves(question: &Question, found: &mut Vec<Leaf>) {
            for answer in question.answers {
                match answer.next {
                    Next::Ask(next) => leaves(next, found),
                    Next::Arrive(leaf) => found.push(leaf),
                }
            }
        }
        let mut found = Vec::new();
        leaves(Question::FIRST, &mut found);
        let distinct: BTreeSet<Leaf> = found.iter().copied().collect();
        assert_eq!(found.len(), distinct.len());
        assert_eq!(distinct, BTreeSet::from(Leaf::ALL));
    }

    proptest! {
        #[test]
        fn any_answers_lead_to_a_leaf_within_seven_questions(choices in prop::collection::vec(any::<prop::sample::Index>(), 7)) {
            let mut at = Next::Ask(Question::FIRST);
            for choice in choices {
                if let Next::Ask(question) = at {
                    at = choice.get(question.answers).next;
                }
            }
            prop_assert!(matches!(at, Next::Arrive(_)), "still asking: {at:?}");
        }
    }
}
