//! What each page teaches.

use super::cost;
use crate::measure::Snapshot;
use crate::patterns::{PatternRow, numbered};
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

/// The lesson of a page, with what the run has cost so far.
pub fn of(page: Page, snapshot: &Snapshot) -> Lesson {
    let row = pattern_of(page);
    let (see, attempt) = match (page, row.map(|row| row.key)) {
        (Page::Survival, _) => SURVIVAL,
        (Page::Decide, _) => DECIDE,
        (Page::Capacity, _) => CAPACITY,
        (_, Some("cross-region")) => CROSS_REGION,
        (_, Some("prompt-cache")) => PROMPT_CACHE,
        (_, Some("fallback")) => FALLBACK,
        (_, Some("prompt-routing")) => PROMPT_ROUTING,
        (_, Some("outside")) => OUTSIDE,
        _ => OVERVIEW,
    };
    let title = match (page, row) {
        (Page::Decide, _) => "Decide".to_owned(),
        (Page::Capacity, _) => "Capacity".to_owned(),
        (Page::Survival, _) => "The survival matrix".to_owned(),
        (_, Some(row)) => format!("{} {}", row.number, row.title),
        _ => "Overview".to_owned(),
    };
    let promise = row.map(|row| row.promise.to_owned());
    Lesson {
        title,
        see: promise.into_iter().chain(owned(see)).collect(),
        attempt: owned(attempt).collect(),
        cost: cost::of(row.map(|row| row.key), snapshot),
        assumptions: snapshot.run.assumptions.clone(),
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
