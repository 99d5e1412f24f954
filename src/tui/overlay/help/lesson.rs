//! What each page teaches.

use super::cost;
use crate::measure::Snapshot;
use crate::patterns::{PatternRow, numbered};
use crate::tui::action::DialogKind;
use crate::tui::viewing::Page;

/// The help of one page, in sentences.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// The page's name.
    pub title: String,
    /// What is to be seen.
    pub see: Vec<String>,
    /// What to try.
    pub attempt: Vec<String>,
    /// What it would cost on AWS.
    pub cost: Vec<String>,
    /// What the figures stand on.
    pub assumptions: Vec<String>,
}

const MARKS: &str = "Every chart of a page shares one time axis, now at the right. Through all of them go ▼ a fault \
    begins, ▲ it ends, ⇄ the route changed, ● a breaker opens, ◐ it probes, ○ it closes, ↕ a dial was turned.";
const INTENDED: &str = "Latency counts from the intended time of a shot, so a stalled sender cannot hide; success \
    counts every shot that the schedule wanted, failed and shed ones against it.";

const OVERVIEW: (&[&str], &[&str]) = (
    &[
        "Every pattern of the run with its ways of calling side by side, on the same seeded arrivals: what differs \
            between them is the pattern, not the luck.",
        INTENDED,
        MARKS,
    ],
    &[
        "o takes a region's capacity: calls to a model in that region fail, a profile called there is served elsewhere.",
        "O takes the region's endpoint: now the profiles fail too, and only a client that goes to another region's \
            endpoint goes on.",
        "m afterwards: the survival matrix holds what was measured. f breaks anything else.",
    ],
);
const CROSS_REGION: (&[&str], &[&str]) = (
    &[
        "One model called three ways: on demand in one region, through a geographic profile, through a global one. \
            All three enter at the same region's endpoint; a profile may be served anywhere on its list.",
        "Each way draws on a quota of its own, and what a region can serve is shared with other customers, so 503s \
            and throttles come below your own quota too.",
        INTENDED,
        MARKS,
    ],
    &[
        "o: the region's capacity goes. Watch where the profiles are served, and what on-demand calls get.",
        "O: the endpoint goes. The profiles are no help: they are called there.",
        "+ until the on-demand quota throttles; the profiles' quotas are others.",
        "a shows the next way of calling in the charts.",
    ],
);
const PROMPT_CACHE: (&[&str], &[&str]) = (
    &[
        "Questions about one long document, on the same arrivals: with a checkpoint behind the document, without, \
            through a profile, and with other regions to go on to. Each way has entries of its own.",
        "Hits count by tokens: read over read, written and uncached. An entry belongs to one region and lives five \
            minutes (or an hour) after its last hit; ~ marks lifetimes, for the service tells nobody when it goes.",
        "Tokens that are read cost a tenth or a quarter, come sooner and are free of the quota; tokens written are \
            none of that.",
        MARKS,
    ],
    &[
        "O: the endpoint goes. The fallback finds its document nowhere, writes it again, and waits for it.",
        "o: the region's capacity goes. The profile's calls are served where the entry may be cold.",
        "- until the pause between two questions passes five minutes: every question is a write.",
        "f, lowered quota: a rate that a warm cache holds and a cold one does not.",
    ],
);
const FALLBACK: (&[&str], &[&str]) = (
    &[
        "Three chains: the same model at other regions' endpoints; other models in the same region; other makers' \
            models there, for data that may not leave it. A breaker for each route keeps a chain from knocking where \
            nobody answers.",
        "A breaker opens ● when too many of its last calls failed, lets a few probes pass ◐ after a while, and closes ○ \
            when they are answered: then traffic fails back by itself.",
        "The scorecard times the newest fault: until the first failure, until the first call elsewhere, until shots \
            succeed again, until traffic is back; and counts what was lost, served twice or paid for nothing.",
        MARKS,
    ],
    &[
        "O: an endpoint dies. Only the chain through other regions' endpoints goes on; see how fast.",
        "f, latency in one region: nothing fails, so no breaker opens. Slow is not broken.",
        "f, throttle with a share of one half: retries first, then the chain, then the breaker.",
        "Enter on a failover in the log opens that request's attempts.",
    ],
);
const PROMPT_ROUTING: (&[&str], &[&str]) = (
    &[
        "A router sends each prompt to its fallback model, unless the other one's answer is predicted to be better by \
            more than the quality difference. The fallback model is the default, and no second try.",
        "Beside it the larger and the smaller model for every prompt, on the same arrivals: the router's cost lies \
            between theirs. Different shares for simple and complex prompts say that it can tell them apart.",
        "Who answered is read from the trace of each answer. Where none is named nothing is guessed.",
        MARKS,
    ],
    &[
        "> raises the quality difference: prompts move to the fallback model. Each setting is a router of its own.",
        "o: the region's capacity goes. Only the router over profiles goes on.",
        "f, throttle on the larger model: the router goes on sending the complex prompts there.",
        "a shows the next way of calling in the charts.",
    ],
);
const OUTSIDE: (&[&str], &[&str]) = (
    &[
        "The calls of a program that is not bedrill's, put together at the server: attempts of one invocation are the \
            SDK's retries; an equal body from the same caller soon after a failure is a repeat by the program's own \
            loop. The second rule is a heuristic.",
        "1.44x with SDK 1.20x and loop 1.20x: each layer multiplies what the one above it asks for. What went on \
            elsewhere tells failover between regions and models.",
        "An operation that nobody repeats is lost once the retry window has passed, so losses are shown that much later.",
        MARKS,
    ],
    &[
        "o and O as for patterns of ours: does the program leave the region, and how soon?",
        "f, throttle with a share of one half: how much more does it send than it would?",
    ],
);
const PROVISIONED: (&[&str], &[&str]) = (
    &[
        "Model units are capacity held for one account: called by an ARN of their own, free of the shared on-demand \
            quota. Beside them units that spill over to on demand, and on demand alone.",
        "Two bars fill to what a unit carries, input and output apart: the one that is full first turns calls away. \
            AWS publishes those rates for no model; the catalogue's are assumptions.",
        "Units are paid by the hour, used or not: the price for a million tokens falls as they fill, and the page says \
            at what use they break even, or that they never do.",
        MARKS,
    ],
    &[
        "+ until the units are full: units alone turn calls away, spill-over pays on demand for the rest.",
        "o: the shared pool goes. The units do not feel it.",
        "O: the endpoint goes. Units have it in common with everybody else.",
    ],
);
const BATCH: (&[&str], &[&str]) = (
    &[
        "Many prompts in one job: a file goes into S3, a file of answers comes out later, at half the price. Beside it \
            online traffic, which the job does not throttle.",
        "A job's states follow one another as the service names them. Completed does not mean that every record \
            succeeded: each comes back as an answer or as an error of its own, and the table counts both.",
        "Jobs take hours. Here their time is compressed, and the page says how many times.",
        MARKS,
    ],
    &[
        "> asks for more jobs at once.",
        "O: the runtime endpoint goes. Online traffic fails, the job goes on.",
        "f, throttle: the online calls meet it, the records do not.",
    ],
);
const GATEWAY: (&[&str], &[&str]) = (
    &[
        "One OpenAI-style endpoint stands in front of several providers and decides which answers: in order, by weight, \
            or by latency. It must be run by somebody, and it fails like anything that is run.",
        "asked is what the emulator saw reach the providers for each call of the client, claimed is what the gateway \
            says of itself. Where it claims less, somebody pays for calls that no log shows.",
        "A provider that fails too often is out for a while ●; others take its share.",
        MARKS,
    ],
    &[
        "O: one region's endpoint goes. See who takes its share, and after how many calls.",
        "f, poisoned: a provider answers 200 with an error inside. Only who reads the body goes on.",
        "f, throttle on one maker: retries of the gateway times retries of the SDK.",
    ],
);
const VERDICT: (&[&str], &[&str]) = (
    &[
        "What the scenario expects, how it stands, and what was found: a figure, its number of samples, and where the \
            truth lies with 95 percent certainty.",
        "held and BROKEN are said only where the whole interval lies on one side of the bound; else it is unsure, and \
            the line says how many samples it would take.",
        "Comparisons set shot against shot: both ways of calling met the same arrivals, so what differs is the way.",
        "At the end the gravest line is the verdict, and the exit code: 0 pass, 3 broken, 4 inconclusive, 5 stopped.",
    ],
    &[
        "↑ ↓ scroll; v closes it.",
        "o or O, and watch which expectations a fault breaks.",
        "bedrill run SCENARIO judges the same without a screen, in virtual time with --virtual.",
    ],
);
const SCORECARD: (&[&str], &[&str]) = (
    &[
        "How each way of calling came through the newest fault. detect, switch, recover and back are times: until the \
            first failure, until the first call elsewhere, until shots succeeded again, until the old route was taken again.",
        "lost are shots that never got an answer. twice and wasted are work done for nothing; extra is what that cost.",
        "calls/shot is amplification: what your retries do to a service that is already in trouble. It is the SDK's \
            retries times the hops of the chain.",
    ],
    &[
        "O on the page of pattern 7: recover says how long users felt it.",
        "f, throttle with a share of one half: calls/shot rises long before anything is lost.",
        "- beside a mark means that it does not apply, or has not happened yet.",
    ],
);
const ATTEMPTS: (&[&str], &[&str]) = (
    &[
        "One request, attempt by attempt: where it went, how long it took, what it got, and the pause before the next.",
        "The bar is the request's own time: what is dark was spent on attempts that failed. A user waits for the whole.",
        "A failed attempt that had begun to stream was paid for; a refused one was not.",
    ],
    &[
        "← → go to the request before or after it in the log.",
        "Look for a retry at a region that is down: only a breaker or another route saves that time.",
    ],
);
const INJECT: (&[&str], &[&str]) = (
    &[
        "Every field is a dial, and the sentence at the foot says what Enter will do. A fault ends by itself, and all are \
            lifted when you leave.",
        "Scope narrows it: a region, a model, an identifier that is called, a maker, a pattern. Share is the part of the \
            calls that meets it; the course says whether it comes at once, grows or pulses.",
        "On the emulator it happens at the server. Against AWS only what a client can do to itself is offered.",
    ],
    &[
        "latency in one region: nothing fails, so no breaker opens. Slow is not broken.",
        "throttle at a half, then 90%: where do retries stop helping?",
        "cut-stream: tokens that were paid for and thrown away.",
    ],
);
const REPLAY: (&[&str], &[&str]) = (
    &[
        "This is a recording: the same events folded again, so every figure is the live run's. Nothing of it can be \
            changed, all of it can be gone to.",
    ],
    &[
        "n and N jump from marker to marker: faults, breakers, changes of route.",
        "i puts a cursor on the charts and reads one second; [ ] zoom, ( ) move.",
        "bedrill report RUN --as-scenario writes the scenario that repeats it.",
    ],
);
const SURVIVAL: (&[&str], &[&str]) = (
    &[
        "Ways of calling down, kinds of fault across; in each cell the share of shots that succeeded, of all that \
            were intended while a fault of that kind was in force. Only what was measured in this run.",
        "A cell of few shots says little: the number beside it tells how many.",
    ],
    &[
        "o, then O: the two outages tell profiles and fallback apart.",
        "f for a column of your own: throttle, latency, cut-stream.",
    ],
);

const DECIDE: (&[&str], &[&str]) = (
    &[
        "Seven questions lead to eight uses, each with the pattern that serves it. What the service does by itself is \
            asked first; what must be run comes last.",
        "A model is only ever recommended where the catalogue says that it offers the pattern today. Costs are \
            reckoned from the catalogue's prices and the figures of the form.",
        "With figures every use is judged at once: the best first, and for each that is refused the reason.",
    ],
    &[
        "↑ ↓ and Enter answer, ← takes an answer back.",
        "e turns to the figures: the questions are judged by them too.",
        "r at a recommendation runs a scenario written from the answers: the present run ends, and d comes back here.",
    ],
);

const CAPACITY: (&[&str], &[&str]) = (
    &[
        "What the account's own services tell: CloudWatch's one-minute figures against the quotas that Service Quotas \
            lists. Nothing is changed, and nothing is sent to a model.",
        "One model under several identifiers is added up: bare, geographic and global calls draw on quotas of their own.",
        "CloudWatch shows no call that was refused by name of its quota: what is said follows from what was let in, and \
            where nothing tells, that is said.",
        "EstimatedTPMQuotaUsage leaves out what calls in flight reserve (prompt and max_tokens), so throttling can begin \
            below 100 percent.",
    ],
    &[
        "i writes an incident summary to paste; the account's number is masked.",
        "`bedrill capacity --once --fail-over 80%` gives the same as an exit code, for cron and CI.",
    ],
);

/// What is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A page; in a replay also what a replay is.
    Page(Page),
    /// A dialog over it.
    Dialog(DialogKind),
}

/// The lesson of a page or a dialog, with what the run has cost so far.
pub fn of(subject: Subject, replay: bool, snapshot: &Snapshot) -> Lesson {
    let row = match subject {
        Subject::Page(page) => pattern_of(page),
        Subject::Dialog(_) => None,
    };
    let (see, attempt) = taught(subject, row.map(|row| row.key));
    let title = match (subject, row) {
        (_, Some(row)) => format!("{} {}", row.number, row.title),
        (Subject::Page(Page::Decide), _) => "Decide".to_owned(),
        (Subject::Page(Page::Capacity), _) => "Capacity".to_owned(),
        (Subject::Page(Page::Survival), _) => "The survival matrix".to_owned(),
        (Subject::Dialog(DialogKind::Verdict), _) => "The verdict".to_owned(),
        (Subject::Dialog(DialogKind::Score), _) => "The scorecard".to_owned(),
        (Subject::Dialog(DialogKind::Attempts), _) => "One request's attempts".to_owned(),
        (Subject::Dialog(DialogKind::Inject), _) => "Breaking something".to_owned(),
        _ => "Overview".to_owned(),
    };
    let promise = row.map(|row| row.promise.to_owned());
    let (replayed, replaying) = if replay { REPLAY } else { (&[][..], &[][..]) };
    Lesson {
        title,
        see: promise
            .into_iter()
            .chain(owned(see))
            .chain(owned(replayed))
            .collect(),
        // In a replay nothing can be broken: what can be tried is where to look.
        attempt: owned(if replay { replaying } else { attempt }).collect(),
        cost: cost::of(row.map(|row| row.key), snapshot),
        assumptions: snapshot.run.assumptions.clone(),
    }
}

/// What is to be seen and what to try.
fn taught(subject: Subject, pattern: Option<&str>) -> (&'static [&'static str], &'static [&'static str]) {
    match (subject, pattern) {
        (Subject::Page(Page::Survival), _) => SURVIVAL,
        (Subject::Page(Page::Decide), _) => DECIDE,
        (Subject::Page(Page::Capacity), _) => CAPACITY,
        (Subject::Dialog(DialogKind::Verdict), _) => VERDICT,
        (Subject::Dialog(DialogKind::Score), _) => SCORECARD,
        (Subject::Dialog(DialogKind::Attempts), _) => ATTEMPTS,
        (Subject::Dialog(DialogKind::Inject), _) => INJECT,
        (_, Some("cross-region")) => CROSS_REGION,
        (_, Some("prompt-routing")) => PROMPT_ROUTING,
        (_, Some("provisioned")) => PROVISIONED,
        (_, Some("batch")) => BATCH,
        (_, Some("prompt-cache")) => PROMPT_CACHE,
        (_, Some("gateway")) => GATEWAY,
        (_, Some("fallback")) => FALLBACK,
        (_, Some("outside")) => OUTSIDE,
        _ => OVERVIEW,
    }
}

fn pattern_of(page: Page) -> Option<&'static PatternRow> {
    let Page::Pattern(number) = page else {
        return None;
    };
    numbered(number)
}

fn owned(sentences: &'static [&'static str]) -> impl Iterator<Item = String> {
    sentences.iter().map(|sentence| (*sentence).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::patterns::TABLE;
    use crate::tui::fixture;

    #[test]
    fn every_pattern_and_every_dialog_has_a_lesson_of_its_own() {
        let overview = taught(Subject::Page(Page::Overview), None);
        for row in TABLE {
            let lesson = taught(Subject::Page(Page::Pattern(row.number)), Some(row.key));
            assert_ne!(lesson, overview, "{}", row.key);
        }
        for dialog in [
            DialogKind::Verdict,
            DialogKind::Score,
            DialogKind::Attempts,
            DialogKind::Inject,
        ] {
            assert_ne!(taught(Subject::Dialog(dialog), None), overview, "{dialog:?}");
        }
    }

    #[test]
    fn in_a_replay_nothing_is_suggested_that_cannot_be_done() {
        let lesson = of(Subject::Page(Page::Overview), true, &fixture::faulted());
        assert!(lesson.see.iter().any(|line| line.contains("recording")));
        assert!(
            lesson
                .attempt
                .iter()
                .all(|line| !line.starts_with('o') && !line.starts_with('O'))
        );
    }
}
