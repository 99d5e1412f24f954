//! One call of Converse or ConverseStream, followed to its end.

use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_bedrockruntime::types::{
    CachePointBlock, CachePointType, ContentBlock, ContentBlockDelta, ConversationRole, ConverseStreamOutput,
    InferenceConfiguration, Message, SystemContentBlock,
};

use super::attempts::{CALL, CallLog};
use super::classify;
use super::client::HopClient;
use crate::catalog::CacheTtl;
use crate::clock::Moment;
use crate::event::{Attempt, Exchange, Failure, FailureKind};
use crate::seed::Seed;
use crate::units::TokenUsage;

/// How long the end of the body is waited for once the answer is whole: a connection that was read
/// to its end goes back to the pool.
const LINGER: Duration = Duration::from_millis(50);

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask {
    /// A long text before everything else.
    pub document: Option<SharedDocument>,
    /// The system prompt.
    pub system: Option<Arc<str>>,
    /// The turns before, of a conversation.
    pub history: Vec<Exchange>,
    /// The user's message.
    pub text: String,
    /// `maxTokens`; `None` leaves it to the service.
    pub max_tokens: Option<u64>,
    /// Whether the answer is streamed.
    pub stream: bool,
}

/// A long text that many calls have in common.
#[derive(Clone, Debug)]
pub struct SharedDocument {
    /// A line before the text. Callers with another line never meet each other's cache entries.
    pub head: Arc<str>,
    /// The text.
    pub text: Arc<str>,
    /// The checkpoint behind it, and the lifetime it asks for; `None`: no checkpoint.
    pub point: Option<CacheTtl>,
}

/// The circumstances of a call.
#[derive(Clone, Copy, Debug)]
pub struct HopCall {
    /// The place in the chain, from zero.
    pub hop: u8,
    /// The seed of this call: of its luck and of the SDK's jitter.
    pub seed: Seed,
    /// How often the shot's chain had been gone through before: the emulator gives a call that comes
    /// again its own luck.
    pub round: u32,
    /// How long the chain had backed off before.
    pub backoff: Duration,
    /// When the whole shot must be over.
    pub deadline: Moment,
}

/// What became of a call.
#[derive(Clone, Debug)]
pub struct HopOutcome {
    /// Every wire call, in order. Empty only if the SDK could not even make the request.
    pub attempts: Vec<Attempt>,
    /// The answer, or why there is none.
    pub end: Result<Answer, Failure>,
}

/// A whole answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it used, as the service says.
    pub usage: TokenUsage,
    /// When the first token came, if it was streamed.
    pub first_token_at: Option<Moment>,
}

impl HopClient {
    /// Calls, with the SDK's retries, and follows the answer to its end or to the deadline.
    pub async fn converse(&self, call: HopCall, ask: &Ask) -> HopOutcome {
        let log = Rc::new(CallLog::new(self.plan.clone(), call, ask.stream));
        // Pinned where they stand: the SDK's futures are large, and each move of one copies it.
        let work = pin!(async {
            if ask.stream {
                self.streamed(&log, call.deadline, ask).await
            } else {
                self.whole(&log, call.deadline, ask).await
            }
        });
        let end = CALL.scope(Rc::clone(&log), work).await;
        HopOutcome {
            attempts: log.take(),
            end,
        }
    }

    async fn whole(&self, log: &CallLog, deadline: Moment, ask: &Ask) -> Result<Answer, Failure> {
        let clock = self.clock();
        let call = self
            .sdk()
            .converse()
            .model_id(self.plan.route.target.as_str())
            .set_messages(Some(messages(ask)))
            .set_system(system(ask))
            .set_inference_config(limits(ask))
            .send();
        match clock.until(deadline, pin!(call)).await {
            None => Err(late(log, clock.now())),
            Some(Err(error)) => Err(log.last_failure().unwrap_or_else(|| classify::unsent(&error))),
            Some(Ok(output)) => {
                let usage = output.usage().map(used).unwrap_or_default();
                let router = output.trace().and_then(|trace| trace.prompt_router());
                if let Some(model) = router.and_then(|router| router.invoked_model_id()) {
                    log.invoked(model);
                }
                log.succeed(clock.now(), usage);
                Ok(Answer {
                    usage,
                    first_token_at: None,
                })
            }
        }
    }

    async fn streamed(&self, log: &CallLog, deadline: Moment, ask: &Ask) -> Result<Answer, Failure> {
        let clock = self.clock();
        let call = self
            .sdk()
            .converse_stream()
            .model_id(self.plan.route.target.as_str())
            .set_messages(Some(messages(ask)))
            .set_system(system(ask))
            .set_inference_config(limits(ask))
            .send();
        let mut stream = match clock.until(deadline, pin!(call)).await {
            None => return Err(late(log, clock.now())),
            Some(Err(error)) => {
                return Err(log.last_failure().unwrap_or_else(|| classify::unsent(&error)));
            }
            Some(Ok(output)) => output.stream,
        };
        let mut progress = Progress::default();
        let mut now = clock.now();
        let broke = loop {
            let quiet = if progress.whole_at.is_some() {
                LINGER
            } else {
                self.plan.idle_timeout
            };
            let patience = deadline.min(now + quiet);
            let received = clock.until(patience, stream.recv()).await;
            now = clock.now();
            match received {
                Some(Ok(Some(event))) => {
                    progress.take(event, now, log);
                    // A stream that never pauses would never let the timer have its turn.
                    if now >= deadline {
                        break Some(deadline_passed());
                    }
                }
                Some(Ok(None)) => break progress.missing(),
                Some(Err(error)) => break Some(classify::stream(&error)),
                None if now >= deadline => break Some(deadline_passed()),
                None => break Some(fell_silent(self.plan.idle_timeout)),
            }
        };
        // All that was asked for has come: what the connection does afterwards is no failure.
        if let (Some(whole_at), Some(usage)) = (progress.whole_at, progress.usage) {
            log.succeed(whole_at, usage);
            return Ok(Answer {
                usage,
                first_token_at: progress.first_token_at,
            });
        }
        let failure = broke.unwrap_or_else(|| Failure::local(FailureKind::StreamCut, "the stream ended"));
        log.fail(
            now,
            failure.clone(),
            progress.estimate(ask, self.plan.chars_per_token),
        );
        Err(failure)
    }
}

/// How far a stream has come.
#[derive(Debug, Default)]
struct Progress {
    first_token_at: Option<Moment>,
    chars: u64,
    stopped: bool,
    usage: Option<TokenUsage>,
    /// When the last of `messageStop` and `metadata` came.
    whole_at: Option<Moment>,
}

impl Progress {
    fn take(&mut self, event: ConverseStreamOutput, now: Moment, log: &CallLog) {
        match event {
            ConverseStreamOutput::ContentBlockDelta(delta) => {
                if self.first_token_at.is_none() {
                    self.first_token_at = Some(now);
                    log.first_token(now);
                }
                if let Some(ContentBlockDelta::Text(text)) = delta.delta() {
                    self.chars += text.chars().count() as u64;
                }
            }
            ConverseStreamOutput::MessageStop(_) => self.stopped = true,
            ConverseStreamOutput::Metadata(metadata) => {
                self.usage = metadata.usage().map(used);
                let router = metadata.trace().and_then(|trace| trace.prompt_router());
                if let Some(model) = router.and_then(|router| router.invoked_model_id()) {
                    log.invoked(model);
                }
            }
            _ => {}
        }
        if self.stopped && self.usage.is_some() {
            self.whole_at.get_or_insert(now);
        }
    }

    /// What a stream that ended without an error lacks. The SDK calls that end a normal one.
    fn missing(&self) -> Option<Failure> {
        let lacks = match (self.stopped, self.usage) {
            (false, _) => "the stream ended without messageStop",
            (true, None) => "the stream ended without metadata",
            (true, Some(_)) => return None,
        };
        Some(Failure::local(FailureKind::StreamCut, lacks))
    }

    /// What a stream that broke off has used, as near as its text tells. Before the first token it
    /// is taken to have used nothing.
    fn estimate(&self, ask: &Ask, chars_per_token: f64) -> Option<TokenUsage> {
        self.first_token_at?;
        let tokens = |chars: u64| (chars as f64 / chars_per_token.max(0.1)).ceil() as u64;
        let document = ask.document.as_ref().map(|document| &document.text);
        let before = [ask.system.as_ref(), document].into_iter().flatten();
        let earlier = ask.history.iter().flat_map(|turn| [&turn.user, &turn.assistant]);
        let prompt = ask.text.chars().count()
            + before.map(|text| text.chars().count()).sum::<usize>()
            + earlier.map(|text| text.chars().count()).sum::<usize>();
        Some(self.usage.unwrap_or(TokenUsage {
            input: tokens(prompt as u64),
            output: tokens(self.chars),
            ..TokenUsage::default()
        }))
    }
}

fn messages(ask: &Ask) -> Vec<Message> {
    let message = |role, text: &str| {
        Message::builder()
            .role(role)
            .content(ContentBlock::Text(text.to_owned()))
            .build()
            .expect("role and content are set")
    };
    let turns = ask.history.iter().flat_map(|turn| {
        [
            message(ConversationRole::User, &turn.user),
            message(ConversationRole::Assistant, &turn.assistant),
        ]
    });
    turns
        .chain([message(ConversationRole::User, &ask.text)])
        .collect()
}

/// The document goes first, with its checkpoint: what follows may differ from call to call.
fn system(ask: &Ask) -> Option<Vec<SystemContentBlock>> {
    let mut blocks = Vec::new();
    let text = |text: &str| SystemContentBlock::Text(text.to_owned());
    if let Some(document) = &ask.document {
        // One copy for each call: the SDK owns what it sends.
        blocks.extend([text(&document.head), text(&document.text)]);
        if let Some(ttl) = document.point {
            blocks.push(checkpoint(ttl));
        }
    }
    blocks.extend(ask.system.as_deref().map(text));
    (!blocks.is_empty()).then_some(blocks)
}

fn checkpoint(ttl: CacheTtl) -> SystemContentBlock {
    let point = CachePointBlock::builder().r#type(CachePointType::Default);
    let point = match ttl {
        // The usual one is left out: models that offer no other may not know the member.
        CacheTtl::FiveMinutes => point,
        CacheTtl::OneHour => point.ttl(aws_sdk_bedrockruntime::types::CacheTtl::OneHour),
    };
    SystemContentBlock::CachePoint(point.build().expect("the type is set"))
}

fn limits(ask: &Ask) -> Option<InferenceConfiguration> {
    let max_tokens = i32::try_from(ask.max_tokens?).unwrap_or(i32::MAX);
    Some(InferenceConfiguration::builder().max_tokens(max_tokens).build())
}

fn used(usage: &aws_sdk_bedrockruntime::types::TokenUsage) -> TokenUsage {
    let count = |tokens: i32| u64::try_from(tokens).unwrap_or(0);
    TokenUsage {
        input: count(usage.input_tokens()),
        output: count(usage.output_tokens()),
        cache_read: usage.cache_read_input_tokens().map_or(0, count),
        cache_write: usage.cache_write_input_tokens().map_or(0, count),
        cache_write_1h: usage
            .cache_details()
            .iter()
            .filter(|detail| *detail.ttl() == aws_sdk_bedrockruntime::types::CacheTtl::OneHour)
            .map(|detail| count(detail.input_tokens()))
            .sum(),
    }
}

fn deadline_passed() -> Failure {
    Failure::local(FailureKind::Deadline, "the shot's deadline passed")
}

/// Ends a call whose deadline came before an answer, be it in an attempt or backing off.
fn late(log: &CallLog, now: Moment) -> Failure {
    let failure = deadline_passed();
    log.fail(now, failure.clone(), None);
    failure
}

fn fell_silent(patience: Duration) -> Failure {
    let words = format!("nothing came for {:.1} s", patience.as_secs_f64());
    Failure::local(FailureKind::StreamIdle, words)
}
