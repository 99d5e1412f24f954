//! Passing a chat on: asks, waits for the first token, and goes on to the next where that fails.
//!
//! Before the first token every failure leads to another attempt; after it none does. What was
//! asked in vain is not told to the client: the headers claim what LiteLLM's do.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::providers::Providers;
use super::route::{self, Group, Nobody};
use crate::bedrock::chat::{Chat, ChatBody, ChatEnd, ChatPiece, ChatReply, ChatStream, Origin, PassedOn};
use crate::clock::{Clock, Moment};
use crate::event::{Failure, FailureKind};
use crate::seed::{Seed, Stream};
use crate::units::Usd;

/// Everything a request is passed on with.
pub(super) struct Relay<'a> {
    pub group: &'a Mutex<Group>,
    pub providers: &'a Providers,
    pub clock: &'a Clock,
    /// The name under which the upstreams know this group.
    pub caller: &'a Arc<str>,
}

/// An answer that has begun, and what is claimed of it.
#[derive(Debug)]
pub(super) struct Relayed {
    /// Who answers, by place in the group.
    pub place: usize,
    /// What the upstream told of itself.
    pub origin: Origin,
    /// Deployments that were tried in vain before.
    pub hops: u32,
    /// Attempts at the one that answers, beyond the first.
    pub retries: u32,
    pub answer: RelayedAnswer,
}

#[derive(Debug)]
pub(super) enum RelayedAnswer {
    Whole(String, ChatEnd),
    /// The first piece has come.
    Stream(ChatPiece, Box<ChatStream>),
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) struct Unanswered {
    /// The last failure.
    pub failure: Failure,
    /// Attempts at the last deployment, beyond the first.
    pub retries: u32,
    /// Names of those tried after the first.
    pub fallbacks: Vec<Arc<str>>,
}

impl Relay<'_> {
    /// Passes a chat on until somebody answers, or nobody is left.
    pub async fn pass_on(&self, chat: &Arc<Chat>, seed: Seed) -> Result<Relayed, Unanswered> {
        if !lock(self.group).may_begin() {
            return Err(Unanswered {
                failure: Failure {
                    status: Some(400),
                    code: Some("budget_exceeded".to_owned()),
                    ..Failure::local(
                        FailureKind::QuotaExceeded,
                        "Budget has been exceeded: nothing is asked",
                    )
                },
                retries: 0,
                fallbacks: Vec::new(),
            });
        }
        let mut luck = seed.stream();
        let mut tried: Vec<usize> = Vec::new();
        let mut last: Option<(Failure, u32)> = None;
        loop {
            let next = lock(self.group).next(self.clock.now(), &tried, &mut luck);
            let place = match next {
                Ok(place) => place,
                Err(nobody) => return Err(self.unanswered(nobody, &tried, last)),
            };
            let (answer, retries) = self.try_at(place, chat, &mut luck).await;
            match answer {
                Ok((origin, answer)) => {
                    return Ok(Relayed {
                        place,
                        origin,
                        hops: tried.len() as u32,
                        retries,
                        answer,
                    });
                }
                Err(failure) => last = Some((failure, retries)),
            }
            tried.push(place);
        }
    }

    /// Asks one deployment, again as often as the plan says; how often again it was.
    async fn try_at(
        &self,
        place: usize,
        chat: &Arc<Chat>,
        luck: &mut Stream,
    ) -> (Result<(Origin, RelayedAnswer), Failure>, u32) {
        let plan = Arc::clone(lock(self.group).plan());
        let mut attempt = 0;
        loop {
            let begun = self.clock.now();
            let on = PassedOn {
                caller: Arc::clone(self.caller),
                attempt: attempt + 1,
                timeout: plan.timeout,
            };
            let asked = self.ask(place, chat, &on).await;
            let now = self.clock.now();
            let failure = match asked {
                Ok(answer) => {
                    lock(self.group).answered(place, now, now.since(begun));
                    return (Ok(answer), attempt);
                }
                Err(failure) => failure,
            };
            let another = {
                let mut group = lock(self.group);
                group.failed(place, now, failure.kind);
                group.has_another(now, place)
            };
            if attempt >= plan.retries || !route::is_retried(failure.kind) {
                return (Err(failure), attempt);
            }
            // Where somebody else is well LiteLLM does not wait at all.
            if !another {
                self.clock.sleep(route::wait(attempt, luck)).await;
            }
            attempt += 1;
        }
    }

    /// One attempt, as far as the whole answer or the first token.
    async fn ask(
        &self,
        place: usize,
        chat: &Arc<Chat>,
        on: &PassedOn,
    ) -> Result<(Origin, RelayedAnswer), Failure> {
        let plan = Arc::clone(lock(self.group).plan());
        let Some(deployment) = plan.deployments.get(place) else {
            return Err(Failure::local(FailureKind::Other, "no such deployment"));
        };
        let deadline: Moment = self.clock.now() + on.timeout;
        let ChatReply { origin, body } = self.providers.ask(deployment, chat, on).await?;
        let answer = match body {
            ChatBody::Whole(text, end) => RelayedAnswer::Whole(text, end),
            ChatBody::Stream(mut stream) => {
                let first = self.clock.until(deadline, stream.next()).await;
                let first = first.unwrap_or_else(|| Err(too_late(on.timeout)))?;
                RelayedAnswer::Stream(first, stream)
            }
        };
        Ok((origin, answer))
    }

    fn unanswered(&self, nobody: Nobody, tried: &[usize], last: Option<(Failure, u32)>) -> Unanswered {
        let group = lock(self.group);
        let names = tried.iter().skip(1);
        let fallbacks = names.map(|place| Arc::clone(&group.plan().deployments[*place].id));
        let (failure, retries) = last.unwrap_or_else(|| {
            let words = match nobody {
                Nobody::AllOut => "No deployments available for selected model: all are in cooldown",
                Nobody::AllTried => "No deployments available for selected model",
            };
            let failure = Failure {
                status: Some(429),
                ..Failure::local(FailureKind::Throttled, words)
            };
            (failure, 0)
        });
        Unanswered {
            failure,
            retries,
            fallbacks: fallbacks.collect(),
        }
    }
}

fn too_late(timeout: Duration) -> Failure {
    let words = format!("no first token within {:.1} s", timeout.as_secs_f64());
    Failure::local(FailureKind::Timeout, words)
}

/// Reckons what an answer cost, and books it.
pub(super) fn book(group: &Mutex<Group>, place: usize, end: ChatEnd) -> Usd {
    let mut group = lock(group);
    let deployment = group.plan().deployments.get(place);
    let cost = match (deployment, end.usage) {
        (Some(deployment), Some(usage)) => deployment.way.cost(usage),
        _ => Usd::ZERO,
    };
    group.charge(cost);
    cost
}

/// A panic of another request leaves the state as it was: still good.
pub(super) fn lock(group: &Mutex<Group>) -> std::sync::MutexGuard<'_, Group> {
    group.lock().unwrap_or_else(PoisonError::into_inner)
}
