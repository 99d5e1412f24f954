//! What is found, and what to do about it.

use serde::Serialize;

use super::evidence::Suspect;
use crate::names::Region;
use crate::units::grouped;

/// How urgent a finding is, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Urgency {
    /// Calls are refused now.
    Burning,
    /// They will be soon, at the present slope.
    Soon,
    /// Something cannot be seen.
    Blind,
    /// Near its limit, or out of order.
    Strained,
    /// Worth knowing.
    Note,
    /// All is well.
    Well,
}

impl Urgency {
    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Burning => "burning",
            Self::Soon => "soon",
            Self::Blind => "blind",
            Self::Strained => "strained",
            Self::Note => "note",
            Self::Well => "well",
        }
    }
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Step {
    /// Ask for fewer tokens in each call.
    LowerMaxTokens {
        /// To so many.
        to: u64,
    },
    /// Call a profile, which has a quota of its own.
    MoveToProfile {
        /// The profile.
        id: String,
    },
    /// Call from another region, which has a quota of its own.
    CallFrom {
        /// What to call.
        id: String,
        /// Where.
        region: Region,
    },
    /// Ask for more of a quota.
    AskFor {
        /// Its name.
        name: String,
        /// Its code.
        code: Option<String>,
        /// For so much.
        value: f64,
    },
    /// Open a support case: the quota is not adjustable.
    SupportCase {
        /// Its name.
        name: String,
    },
    /// Put what can wait into batch jobs.
    UseBatch,
    /// Keep prompts in the cache: reads are free of quota.
    CachePrompts,
    /// Back off, and spread what is sent.
    BackOff,
    /// Wait until the minute, or the day, has passed.
    Wait {
        /// In words.
        until: &'static str,
    },
    /// Look at something else.
    Look {
        /// What and why.
        at: String,
    },
}

impl Step {
    /// As a sentence.
    pub fn words(&self) -> String {
        match self {
            Self::LowerMaxTokens { to } => format!(
                "lower max_tokens to about {}: a call reserves its prompt and the whole of max_tokens while it runs",
                grouped(*to as f64)
            ),
            Self::MoveToProfile { id } => format!("call {id}: the profile has a quota of its own"),
            Self::CallFrom { id, region } => {
                format!("call {id} from {region}: quotas are counted in the region called")
            }
            Self::AskFor { name, code, value } => {
                let code = code.as_ref().map_or_else(String::new, |code| format!(" ({code})"));
                format!("ask Service Quotas for {} of {name}{code}", grouped(*value))
            }
            Self::SupportCase { name } => format!("{name} is not adjustable: open a support case"),
            Self::UseBatch => "put what can wait into batch jobs: they draw on no quota of calls".to_owned(),
            Self::CachePrompts => {
                "cache what prompts have in common: tokens read from the cache are free of quota".to_owned()
            }
            Self::BackOff => {
                "retry with exponential backoff and jitter, and cap the rate at the client: every retry counts as a call"
                    .to_owned()
            }
            Self::Wait { until } => format!("wait until {until}"),
            Self::Look { at } => at.clone(),
        }
    }
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// How urgent it is.
    pub urgency: Urgency,
    /// Where.
    pub region: Option<Region>,
    /// The model, where one is concerned.
    pub model: Option<String>,
    /// In a line.
    pub title: String,
    /// The quota by name and code; `None`: none is concerned, or the figures cannot tell.
    pub quota: Option<String>,
    /// What is suspected of refusing calls, the likeliest first; none: nothing is refused, or the
    /// figures cannot tell.
    pub suspects: Vec<Suspect>,
    /// What was seen, in figures.
    pub seen: Vec<String>,
    /// Since when, in seconds since 1970.
    pub since: Option<i64>,
    /// What is left of the quota.
    pub left: Option<f64>,
    /// What would tell more, where the figures cannot.
    pub would_tell: Option<String>,
    /// What to do, the most useful first.
    pub steps: Vec<Step>,
}

impl Finding {
    /// A finding with nothing but its title.
    pub const fn new(urgency: Urgency, title: String) -> Self {
        Self {
            urgency,
            region: None,
            model: None,
            title,
            quota: None,
            suspects: Vec::new(),
            seen: Vec::new(),
            since: None,
            left: None,
            would_tell: None,
            steps: Vec::new(),
        }
    }
}
