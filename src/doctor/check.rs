//! The checks, one row each, and what is seen of the world for them.

use std::time::Duration;

use jiff::SignedDuration;

use super::judge::{account, machine, model};
use super::report::{State, Verdict};
use crate::bedrock::account::QuotaSeen;
use crate::bedrock::account::{Identity, ReadProblem, Trouble};
use crate::bedrock::preflight::Access;
use crate::event::Failure;
use crate::names::Region;

/// A check.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Its key in JSON.
    pub key: &'static str,
    /// Its name for a person, at most eleven characters.
    pub title: &'static str,
    /// What it is made for.
    pub scope: Scope,
    /// The IAM action it needs; empty: none.
    pub action: &'static str,
    /// How it comes out if that action is refused: what only enriches a drill warns.
    pub if_denied: State,
    /// What it finds, in a phrase: for the docs.
    pub about: &'static str,
    /// Judges what was seen.
    pub judge: fn(&Seen) -> Verdict,
}

/// What a check is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// This machine: no network.
    Machine,
    /// The account, once.
    Account,
    /// Each region.
    Region,
    /// Each model or profile in each region it is called in.
    Model,
    /// The same, with a billed call; only with `--probe`.
    Probe,
}

/// What was seen. Each check knows one of these.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The configuration file.
    Config {
        /// Its path; `None`: there is no home.
        path: Option<String>,
        /// Whether it is there.
        exists: bool,
        /// What is wrong with it and the environment.
        problems: Vec<String>,
    },
    /// The folder of data.
    Data {
        /// Its path; `None`: there is no home.
        path: Option<String>,
        /// Its permissions, if it is there.
        mode: Option<u32>,
        /// Whether it, or the nearest folder above that is there, can be written.
        writable: bool,
    },
    /// The terminal's size in columns and rows; `None`: there is none.
    Screen(Option<(u16, u16)>),
    /// What the environment says of colours.
    Colours {
        /// Whether `NO_COLOR` asks for none.
        none_wanted: bool,
        /// `TERM`.
        term: String,
        /// `COLORTERM`.
        colorterm: String,
    },
    /// The character set's locale: the first set of `LC_ALL`, `LC_CTYPE`, `LANG`.
    Locale(String),
    /// Open files at once; `None`: no limit.
    Files(Option<u64>),
    /// Who calls.
    Who {
        /// Who, or why nobody can say.
        identity: Result<Identity, ReadProblem>,
        /// Whether a bearer key of Bedrock is set.
        bearer: bool,
        /// Whether the account is shown whole.
        show: bool,
    },
    /// The service's clock less ours; `None`: no answer had a date.
    Clock(Option<SignedDuration>),
    /// Whether a bearer key is set, and whether other credentials are there.
    Bearer {
        /// `AWS_BEARER_TOKEN_BEDROCK` is set.
        set: bool,
        /// Other credentials were taken.
        others: bool,
    },
    /// A region.
    Region {
        /// Its name for people; `None`: the catalogue does not know it.
        name: Option<String>,
    },
    /// Whether Bedrock answered, and after how long.
    Endpoint {
        /// The answer to a question.
        answer: Result<(), ReadProblem>,
        /// How long it took.
        took: Duration,
    },
    /// How many metrics of Bedrock CloudWatch lists.
    Metrics(usize),
    /// A bucket, or how many there are where none is named.
    Bucket {
        /// The bucket's name.
        name: Option<String>,
        /// Whether it can be listed; without a name, how many there are.
        found: Result<usize, ReadProblem>,
    },
    /// What a batch job needs.
    Batch {
        /// The role, where batch is used.
        role: Option<String>,
        /// The caller's account, if known.
        account: Option<String>,
        /// Whether the target is this machine, where roles are not looked at.
        local: bool,
    },
    /// What stands between account and model.
    Access(Access),
    /// A model called by its bare identifier.
    OnDemand {
        /// Whether the region lists it, and then whether it can be called so.
        listed: Option<bool>,
        /// Profiles of it that the region has.
        profiles: Vec<String>,
    },
    /// A profile.
    Profile {
        /// Whether the region lists it, and then whether it is active.
        listed: Option<bool>,
        /// Other profiles of its model that the region has.
        others: Vec<String>,
    },
    /// The quotas a model's calls draw on.
    Quotas {
        /// Those that Service Quotas lists.
        rows: Vec<QuotaSeen>,
        /// Where.
        region: Region,
    },
    /// A call of one token.
    Probe {
        /// How it ended.
        end: Result<(), Failure>,
        /// How long it took.
        took: Duration,
    },
}

/// Why nothing was seen.
#[derive(Clone, Debug)]
pub enum Missed {
    /// The question had no answer.
    Read(ReadProblem),
    /// No answer in time.
    Late,
}

impl From<ReadProblem> for Missed {
    fn from(problem: ReadProblem) -> Self {
        Self::Read(problem)
    }
}

const fn row(
    (key, title): (&'static str, &'static str),
    scope: Scope,
    (action, if_denied): (&'static str, State),
    about: &'static str,
    judge: fn(&Seen) -> Verdict,
) -> Check {
    Check {
        key,
        title,
        scope,
        action,
        if_denied,
        about,
        judge,
    }
}

const NO_ACTION: (&str, State) = ("", State::Unknown);

/// Every check, in the order of the lines.
#[rustfmt::skip]
pub const TABLE: &[Check] = &[
    row(("config", "config"), Scope::Machine, NO_ACTION,
        "the configuration file and the variables: every problem by file and line", machine::config),
    row(("data", "data folder"), Scope::Machine, NO_ACTION,
        "the folder of recordings: can it be written, is it private", machine::data),
    row(("terminal", "terminal"), Scope::Machine, NO_ACTION,
        "its size: the dashboard wants 80x24 or more", machine::terminal),
    row(("colours", "colours"), Scope::Machine, NO_ACTION,
        "what TERM, COLORTERM and NO_COLOR say", machine::colours),
    row(("unicode", "unicode"), Scope::Machine, NO_ACTION,
        "whether the locale is UTF-8", machine::unicode),
    row(("files", "open files"), Scope::Machine, NO_ACTION,
        "how many files may be open at once: a call in flight takes one, on `local` two", machine::files),
    row(("credentials", "credentials"), Scope::Account, ("sts:GetCallerIdentity", State::Unknown),
        "whether there are any, whether they are taken, and whose they are (account masked)", account::credentials),
    row(("clock", "clock"), Scope::Account, NO_ACTION,
        "this machine's clock against the service's `date` header: five minutes off are refused", account::clock),
    row(("bearer", "bearer key"), Scope::Account, NO_ACTION,
        "what a bearer key of Bedrock cannot do", account::bearer),
    row(("region", "region"), Scope::Region, NO_ACTION,
        "whether the catalogue knows it", account::region),
    row(("endpoint", "endpoint"), Scope::Region, NO_ACTION,
        "whether Bedrock answers there at all: name, network, proxy", account::endpoint),
    row(("cloudwatch", "CloudWatch"), Scope::Region, ("cloudwatch:ListMetrics", State::Warn),
        "whether metrics can be listed (GetMetricData is billed and not tried)", account::cloudwatch),
    row(("s3", "S3"), Scope::Region, ("s3:ListBucket", State::Warn),
        "whether the batch bucket can be listed; without one, whether buckets can", account::bucket),
    row(("batch", "batch"), Scope::Region, ("bedrock:ListModelInvocationJobs", State::Warn),
        "whether jobs can be listed; the role's form and account", account::batch),
    row(("access", "access"), Scope::Model, ("bedrock:GetFoundationModelAvailability", State::Unknown),
        "whether the account has access to the model: agreement, authorisation, entitlement, region", model::access),
    row(("on-demand", "on demand"), Scope::Model, ("bedrock:ListFoundationModels", State::Unknown),
        "whether the bare identifier can be called, or a profile only", model::on_demand),
    row(("profile", "profile"), Scope::Model, ("bedrock:ListInferenceProfiles", State::Unknown),
        "whether the profile is there and active", model::profile),
    row(("quota", "quota"), Scope::Model, ("servicequotas:ListServiceQuotas", State::Unknown),
        "the applied quotas that its calls draw on: none may be zero", model::quota),
    row(("probe", "probe"), Scope::Probe, ("bedrock:InvokeModel", State::Fail),
        "one billed call of one token", model::probe),
];

/// The row of a key. Every key that is asked for stands in the table; a test holds it.
pub fn check(key: &str) -> &'static Check {
    TABLE.iter().find(|check| check.key == key).unwrap_or(&TABLE[0])
}

impl Check {
    /// The verdict on what was seen, or on why nothing was.
    pub fn verdict(&self, seen: &Result<Seen, Missed>) -> Verdict {
        match seen {
            Ok(seen) => (self.judge)(seen),
            Err(Missed::Late) => Verdict::new(
                State::Unknown,
                format!("no answer within {} s", super::PATIENCE.as_secs()),
                "see the lines of credentials and endpoint; then try again",
            ),
            Err(Missed::Read(problem)) => self.missed(problem),
        }
    }

    pub(super) fn missed(&self, problem: &ReadProblem) -> Verdict {
        let unknown = |says: String, todo: &str| Verdict::new(State::Unknown, says, todo);
        match &problem.trouble {
            Trouble::Denied(action) => Verdict::new(
                self.if_denied,
                format!("may not be looked at: no policy allows {action}"),
                format!("allow {action} to this user or role"),
            ),
            Trouble::Expired | Trouble::Unknown | Trouble::NoCredentials | Trouble::ClockSkew => unknown(
                "not looked at: the credentials are not taken".to_owned(),
                "mend what the lines of credentials and clock say",
            ),
            Trouble::Throttled => unknown(
                format!("not looked at: {} is throttled", problem.operation),
                "try again in a minute",
            ),
            Trouble::NoSuchHost | Trouble::Unreachable | Trouble::Late => unknown(
                format!("not looked at: {} does not answer", problem.region),
                "mend what the line of the endpoint says",
            ),
            // The answer of a target that has no such service: a name, or a bare status.
            Trouble::Service(code) if code.starts_with("UnknownOperation") || code == "404" => Verdict::new(
                State::Warn,
                "this target does not have it".to_owned(),
                "nothing, unless a drill is to show it",
            ),
            other => {
                let words = match problem.message.as_str() {
                    "" => String::new(),
                    message => format!(": {message}"),
                };
                unknown(
                    format!("not looked at: {other}{words}"),
                    "`bedrill explain` may know the message",
                )
            }
        }
    }
}
