//! Chats, whoever answers them: what a gateway passes on, and one call of Bedrock's Converse that
//! gives the text back.
//!
//! One wire call each and no retries: who passes on decides about those. Not watched by
//! `super::attempts`, and out of reach of faults at the client: such a call is not the client's.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::{Builder, Region as SdkRegion, StalledStreamProtectionConfig};
use aws_sdk_bedrockruntime::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_bedrockruntime::operation::RequestId as _;
use aws_sdk_bedrockruntime::primitives::event_stream::EventReceiver;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ContentBlockDelta, ConversationRole, ConverseStreamOutput, InferenceConfiguration, Message,
    StopReason, SystemContentBlock, TokenUsage as SdkUsage,
};
use aws_smithy_async::rt::sleep::TokioSleep;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextMut,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;

use super::classify;
use super::client::{ClientPlan, RunTime};
use super::openai::OpenAiStream;
use crate::event::{Failure, FailureKind};
use crate::names::{ModelRef, Region};
use crate::units::TokenUsage;

/// Time to make a connection: one value for every client.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(3_100);

/// A header that an upstream told and that is told on, beside its request identifier: the emulator's
/// word for the region that served.
pub const SERVED_REGION: &str = "x-bedrill-served-region";

/// A conversation to go on with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chat {
    /// The system prompt.
    pub system: Option<String>,
    /// Turns of user and assistant, in order.
    pub turns: Vec<Turn>,
    /// The most tokens to generate.
    pub max_tokens: Option<u64>,
    /// How daring the sampling is.
    pub temperature: Option<f32>,
    /// Where generation stops.
    pub stop: Vec<String>,
    /// Whether the answer is streamed.
    pub stream: bool,
}

/// One turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Whether it is the user's; else the assistant's.
    pub by_user: bool,
    /// What was said.
    pub text: String,
}

/// Who passes a chat on, and how often it did so.
#[derive(Clone, Debug)]
pub struct PassedOn {
    /// The name it gives itself, for the emulator's books.
    pub caller: Arc<str>,
    /// Which attempt at this target it is, from one.
    pub attempt: u32,
    /// Time to the headers of a stream, or to the whole answer.
    pub timeout: Duration,
}

/// What an upstream tells of itself beside its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Its request identifier.
    pub request_id: Option<String>,
    /// The region that served; only the emulator tells.
    pub served_in: Option<String>,
}

/// An answer that has begun.
#[derive(Debug)]
pub struct ChatReply {
    /// What the upstream tells of itself.
    pub origin: Origin,
    /// The answer.
    pub body: ChatBody,
}

/// An answer, whole or to come.
#[derive(Debug)]
pub enum ChatBody {
    /// All of it.
    Whole(String, ChatEnd),
    /// Piece by piece.
    Stream(Box<ChatStream>),
}

/// How an answer ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChatEnd {
    /// Whether it was cut short by `max_tokens`.
    pub is_cut: bool,
    /// What it used, where that was told.
    pub usage: Option<TokenUsage>,
}

/// The next piece of a streamed answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatPiece {
    /// Some text.
    Text(String),
    /// It is whole.
    End(ChatEnd),
}

/// A streamed answer.
#[derive(Debug)]
pub enum ChatStream {
    /// Of Bedrock.
    Bedrock(BedrockStream),
    /// Of an OpenAI-style endpoint.
    OpenAi(OpenAiStream),
}

impl ChatStream {
    /// The next piece. After the end, or an error, there is none.
    pub async fn next(&mut self) -> Result<ChatPiece, Failure> {
        match self {
            Self::Bedrock(stream) => stream.next().await,
            Self::OpenAi(stream) => stream.next().await,
        }
    }
}

/// Calls Converse in one region. Cheap to clone, and may go to any thread.
#[derive(Clone, Debug)]
pub struct BedrockChat {
    client: Client,
}

impl BedrockChat {
    /// A client over a pool of its own. Several regions' clients may share one pool through
    /// [`BedrockChat::regions`].
    pub fn regions(plan: &ClientPlan, regions: impl IntoIterator<Item = Region>) -> Vec<(Region, Self)> {
        let transport = plan.transport();
        let client = |region: &Region| {
            let mut config = Builder::from(&plan.target.base().build())
                .region(SdkRegion::new(region.to_string()))
                .http_client(transport.clone())
                .retry_config(RetryConfig::disabled())
                .sleep_impl(TokioSleep::new())
                .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
            if plan.target.is_local() {
                config = config.time_source(RunTime(plan.clock.clone()));
            }
            Client::from_conf(config.build())
        };
        let made = regions.into_iter().map(|region| {
            let client = client(&region);
            (region, Self { client })
        });
        made.collect()
    }

    /// Asks a model or profile.
    pub async fn chat(&self, target: &ModelRef, chat: &Chat, on: &PassedOn) -> Result<ChatReply, Failure> {
        let marks = Marks::new(on);
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(on.timeout)
            .build();
        let config = Builder::new().timeout_config(timeouts);
        if chat.stream {
            let sent = self
                .client
                .converse_stream()
                .model_id(target.as_str())
                .set_messages(Some(messages(chat)))
                .set_system(system(chat))
                .inference_config(limits(chat))
                .customize()
                .config_override(config)
                .interceptor(marks.clone())
                .send()
                .await;
            let output = sent.map_err(|error| failed(&error))?;
            let origin = marks.origin(output.request_id());
            let stream = BedrockStream {
                events: output.stream,
                is_cut: None,
                usage: None,
            };
            let body = ChatBody::Stream(Box::new(ChatStream::Bedrock(stream)));
            return Ok(ChatReply { origin, body });
        }
        let sent = self
            .client
            .converse()
            .model_id(target.as_str())
            .set_messages(Some(messages(chat)))
            .set_system(system(chat))
            .inference_config(limits(chat))
            .customize()
            .config_override(config)
            .interceptor(marks.clone())
            .send()
            .await;
        let output = sent.map_err(|error| failed(&error))?;
        let origin = marks.origin(output.request_id());
        let content = output.output().and_then(|output| output.as_message().ok());
        let blocks = content.map(Message::content).unwrap_or_default();
        let text = blocks.iter().filter_map(|block| block.as_text().ok());
        let end = ChatEnd {
            is_cut: is_cut(output.stop_reason()),
            usage: output.usage().map(used),
        };
        Ok(ChatReply {
            origin,
            body: ChatBody::Whole(text.map(String::as_str).collect(), end),
        })
    }
}

/// A stream of Converse.
#[derive(Debug)]
pub struct BedrockStream {
    events: EventReceiver<ConverseStreamOutput, ConverseStreamOutputError>,
    is_cut: Option<bool>,
    usage: Option<TokenUsage>,
}

impl BedrockStream {
    async fn next(&mut self) -> Result<ChatPiece, Failure> {
        loop {
            let received = self.events.recv().await;
            match received.map_err(|error| classify::stream(&error))? {
                Some(ConverseStreamOutput::ContentBlockDelta(delta)) => {
                    if let Some(ContentBlockDelta::Text(text)) = delta.delta {
                        return Ok(ChatPiece::Text(text));
                    }
                }
                Some(ConverseStreamOutput::MessageStop(stop)) => {
                    self.is_cut = Some(is_cut(stop.stop_reason()));
                }
                Some(ConverseStreamOutput::Metadata(metadata)) => {
                    self.usage = metadata.usage().map(used);
                    if let Some(is_cut) = self.is_cut {
                        let usage = self.usage;
                        return Ok(ChatPiece::End(ChatEnd { is_cut, usage }));
                    }
                }
                Some(_) => {}
                None => {
                    return match self.is_cut {
                        Some(is_cut) => Ok(ChatPiece::End(ChatEnd {
                            is_cut,
                            usage: self.usage,
                        })),
                        None => Err(Failure::local(
                            FailureKind::StreamCut,
                            "the stream ended without messageStop",
                        )),
                    };
                }
            }
        }
    }
}

fn messages(chat: &Chat) -> Vec<Message> {
    let message = |turn: &Turn| {
        let role = if turn.by_user {
            ConversationRole::User
        } else {
            ConversationRole::Assistant
        };
        let content = ContentBlock::Text(turn.text.clone());
        // Both members are set, so that it can be built.
        Message::builder().role(role).content(content).build().ok()
    };
    chat.turns.iter().filter_map(message).collect()
}

fn system(chat: &Chat) -> Option<Vec<SystemContentBlock>> {
    let text = chat.system.clone()?;
    Some(vec![SystemContentBlock::Text(text)])
}

fn limits(chat: &Chat) -> InferenceConfiguration {
    let most = chat
        .max_tokens
        .map(|most| i32::try_from(most).unwrap_or(i32::MAX));
    InferenceConfiguration::builder()
        .set_max_tokens(most)
        .set_temperature(chat.temperature)
        .set_stop_sequences((!chat.stop.is_empty()).then(|| chat.stop.clone()))
        .build()
}

fn is_cut(stop: &StopReason) -> bool {
    *stop == StopReason::MaxTokens
}

fn used(usage: &SdkUsage) -> TokenUsage {
    let count = |tokens: i32| u64::try_from(tokens).unwrap_or(0);
    TokenUsage {
        input: count(usage.input_tokens()),
        output: count(usage.output_tokens()),
        cache_read: usage.cache_read_input_tokens().map_or(0, count),
        cache_write: usage.cache_write_input_tokens().map_or(0, count),
        ..TokenUsage::default()
    }
}

fn failed<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error {
        SdkError::TimeoutError(_) => {
            Failure::local(FailureKind::Timeout, "no answer within the attempt's time")
        }
        SdkError::DispatchFailure(dispatch) => match dispatch.as_connector_error() {
            Some(connector) => classify::connection(connector),
            None => classify::unsent(error),
        },
        SdkError::ServiceError(service) => classify::answered(
            service.err().code(),
            Some(service.raw().status().as_u16()),
            service.err().message(),
        ),
        other => classify::unsent(other),
    }
}

/// Marks a call with who passes it on, and notes the region that served.
#[derive(Clone, Debug)]
struct Marks {
    caller: Arc<str>,
    attempt: u32,
    served_in: Arc<OnceLock<String>>,
}

impl Marks {
    fn new(on: &PassedOn) -> Self {
        Self {
            caller: Arc::clone(&on.caller),
            attempt: on.attempt,
            served_in: Arc::default(),
        }
    }

    fn origin(&self, request_id: Option<&str>) -> Origin {
        Origin {
            request_id: request_id.map(str::to_owned),
            served_in: self.served_in.get().cloned(),
        }
    }
}

#[dyn_dispatch_hint]
impl Intercept for Marks {
    fn name(&self) -> &'static str {
        "bedrill::Marks"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let headers = context.request_mut().headers_mut();
        // Not signed: AWS would not be told, and the emulator verifies nothing.
        headers.try_insert(CALLER, self.caller.to_string())?;
        headers.try_insert(ATTEMPT, self.attempt.to_string())?;
        Ok(())
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(region) = context.response().headers().get(SERVED_REGION) {
            // Set once: a call has one attempt.
            let _ = self.served_in.set(region.to_owned());
        }
        Ok(())
    }
}

/// Private request headers of the emulator: who calls, and which attempt it is.
pub(super) const CALLER: &str = "x-bedrill-caller";
pub(super) const ATTEMPT: &str = "x-bedrill-attempt";
