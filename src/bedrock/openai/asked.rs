//! A call of a gateway, watched as the SDK's calls are: one attempt, told with its times and its
//! end, within reach of faults at the client.
//!
//! A fault that cuts or slows streams at the client does not strike here: its injector reads AWS's
//! event streams, not server-sent events. It strikes beneath the gateway, at the emulator.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;

use super::answer::read_whole;
use super::{OpenAiStream, request, too_late};
use crate::bedrock::attempts::{CALL, CallLog};
use crate::bedrock::chat::{Chat, ChatEnd, ChatPiece, Turn};
use crate::bedrock::client::HopPlan;
use crate::bedrock::converse::{Answer, Ask, HopCall};
use crate::bedrock::faults::ClientFaults;
use crate::bedrock::http::{HttpCaller, HttpReply};
use crate::clock::{Clock, Moment};
use crate::event::{Attempt, Failure, FailureKind};
use crate::units::TokenUsage;

/// How a gateway is called.
#[derive(Clone, Debug)]
pub struct GatewayPlan {
    /// The route that an attempt is told with until the gateway says which one answered.
    pub hop: HopPlan,
    /// The `model` of the requests: the name of one of the gateway's groups.
    pub model: Arc<str>,
    /// The server; paths below its URL begin with `/v1`.
    pub http: HttpCaller,
    /// The run's time.
    pub clock: Clock,
    /// Faults at the client.
    pub faults: ClientFaults,
}

/// Calls one group of a gateway.
#[derive(Debug)]
pub struct GatewayClient {
    hop: Arc<HopPlan>,
    model: Arc<str>,
    http: HttpCaller,
    clock: Clock,
}

/// What became of a call.
#[derive(Debug)]
pub struct Asked {
    /// The wire call.
    pub attempts: Vec<Attempt>,
    /// The answer, or why there is none.
    pub end: Result<Answer, Failure>,
    /// The head of the answer, where one came: what the gateway claims.
    pub headers: HeaderMap,
}

impl GatewayClient {
    /// A client; nothing is connected yet.
    pub fn new(plan: GatewayPlan) -> Self {
        Self {
            http: plan.http.tapped(&plan.clock, &plan.faults),
            hop: Arc::new(plan.hop),
            model: plan.model,
            clock: plan.clock,
        }
    }

    /// Calls once and follows the answer to its end or to the deadline.
    pub async fn ask(&self, call: HopCall, ask: &Ask) -> Asked {
        // Not a stream to the injector: it could not read this one.
        let log = Rc::new(CallLog::new(Arc::clone(&self.hop), call, false));
        let mut headers = HeaderMap::new();
        let work = self.follow(&log, call.deadline, ask, &mut headers);
        let end = CALL.scope(Rc::clone(&log), work).await;
        Asked {
            attempts: log.take(),
            end,
            headers,
        }
    }

    async fn follow(
        &self,
        log: &CallLog,
        deadline: Moment,
        ask: &Ask,
        headers: &mut HeaderMap,
    ) -> Result<Answer, Failure> {
        let patience = deadline.min(self.clock.now() + self.hop.attempt_timeout);
        let body = request(&self.model, &chat(ask));
        let sent = self.http.post("/v1/chat/completions", &[], body);
        let reply = match self.clock.until(patience, sent).await {
            Some(Ok(reply)) => reply,
            Some(Err(failure)) => return Err(self.fail(log, failure, None)),
            None => return Err(self.fail(log, self.late(deadline), None)),
        };
        headers.clone_from(&reply.headers);
        if reply.is_event_stream() && (200..300).contains(&reply.status) {
            return self.streamed(log, deadline, ask, reply).await;
        }
        let status = reply.status;
        let read = async { read_whole(status, &reply.bytes().await?) };
        match self.clock.until(patience, read).await {
            Some(Ok((_, end))) => {
                let usage = end.usage.unwrap_or_default();
                log.succeed(self.clock.now(), usage);
                Ok(Answer {
                    usage,
                    first_token_at: None,
                })
            }
            Some(Err(failure)) => Err(self.fail(log, failure, None)),
            None => Err(self.fail(log, self.late(deadline), None)),
        }
    }

    async fn streamed(
        &self,
        log: &CallLog,
        deadline: Moment,
        ask: &Ask,
        reply: HttpReply,
    ) -> Result<Answer, Failure> {
        let mut stream = OpenAiStream::new(reply.events());
        let mut first_token_at = None;
        let mut chars = 0;
        loop {
            let patience = deadline.min(self.clock.now() + self.hop.idle_timeout);
            let next = self.clock.until(patience, stream.next()).await;
            let now = self.clock.now();
            let failure = match next {
                Some(Ok(ChatPiece::Text(text))) => {
                    if first_token_at.is_none() {
                        first_token_at = Some(now);
                        log.first_token(now);
                    }
                    chars += text.chars().count();
                    if now < deadline {
                        continue;
                    }
                    self.late(deadline)
                }
                Some(Ok(ChatPiece::End(ChatEnd { usage, .. }))) => {
                    let usage = usage.unwrap_or_else(|| self.estimate(ask, chars));
                    log.succeed(now, usage);
                    return Ok(Answer {
                        usage,
                        first_token_at,
                    });
                }
                Some(Err(failure)) => failure,
                None if now >= deadline => self.late(deadline),
                None => fell_silent(self.hop.idle_timeout),
            };
            let usage = first_token_at.map(|_| self.estimate(ask, chars));
            return Err(self.fail(log, failure, usage));
        }
    }

    fn fail(&self, log: &CallLog, failure: Failure, usage: Option<TokenUsage>) -> Failure {
        log.fail(self.clock.now(), failure.clone(), usage);
        failure
    }

    fn late(&self, deadline: Moment) -> Failure {
        if self.clock.now() >= deadline {
            Failure::local(FailureKind::Deadline, "the shot's deadline passed")
        } else {
            too_late()
        }
    }

    /// Tokens as near as the texts tell.
    fn estimate(&self, ask: &Ask, chars: usize) -> TokenUsage {
        let tokens = |chars: usize| (chars as f64 / self.hop.chars_per_token.max(0.1)).ceil() as u64;
        let system = ask.system.as_ref().map_or(0, |text| text.chars().count());
        let earlier = ask.history.iter().flat_map(|turn| [&turn.user, &turn.assistant]);
        let earlier = earlier.map(|text| text.chars().count());
        TokenUsage {
            input: tokens(ask.text.chars().count() + earlier.sum::<usize>() + system),
            output: tokens(chars),
            ..TokenUsage::default()
        }
    }
}

fn chat(ask: &Ask) -> Chat {
    let turn = |by_user, text: &String| Turn {
        by_user,
        text: text.clone(),
    };
    let earlier = ask
        .history
        .iter()
        .flat_map(|past| [turn(true, &past.user), turn(false, &past.assistant)]);
    Chat {
        system: ask.system.as_deref().map(str::to_owned),
        turns: earlier.chain([turn(true, &ask.text)]).collect(),
        max_tokens: ask.max_tokens,
        stream: ask.stream,
        ..Chat::default()
    }
}

fn fell_silent(patience: Duration) -> Failure {
    let words = format!("nothing came for {:.1} s", patience.as_secs_f64());
    Failure::local(FailureKind::StreamIdle, words)
}
