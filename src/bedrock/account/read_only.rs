//! The transport that only reads: what is no row of [`READS`](super::READS) is not sent.
//!
//! It sits beneath the SDK, so no client, retry or interceptor gets past it. It also keeps the pace,
//! counts, and gives every answer a time limit, body included, so that a dead network shows within
//! seconds. Follows no redirect, as nothing beneath it does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt as _, Limited};
use thiserror::Error;

use super::reads::{Read, ServiceKind};
use crate::clock::{Clock, Moment};

/// One attempt must be answered by then, body and all. With one retry a dead network is told of
/// within five seconds.
const ANSWERED_BY: Duration = Duration::from_millis(2_300);
/// Requests a second to one service in one region, on average; an assumption well beneath the limits
/// that are known (CloudTrail's LookupEvents, the least, takes two).
const PACE: f64 = 8.0;
const PACE_OF_THE_TRAIL: f64 = 1.8;
/// Requests that may go at once after a rest.
const BURST: f64 = 10.0;
/// No answer is longer.
const MOST_BYTES: usize = 16 << 20;

/// A request that was not sent, because it is none of those that only read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "not sent: {method} {path} to {service} is not on the list of operations that only read, and this command must \
     not change or pay for anything"
)]
pub struct NotARead {
    /// The service it was for.
    pub service: ServiceKind,
    /// Its method.
    pub method: String,
    /// Its URL, without the query.
    pub path: String,
}

/// What was sent so far, and how soon the next may go. Shared by the clients of an account.
#[derive(Debug, Default)]
pub(super) struct Pace {
    counts: Mutex<BTreeMap<&'static str, u64>>,
    /// For each service and host: when its next request would be due if none could go early.
    due: Mutex<BTreeMap<(ServiceKind, String), Moment>>,
}

impl Pace {
    /// Requests sent so far, by operation.
    pub(super) fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, read: &Read) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(read.operation).or_default() += 1;
    }

    /// When a request may go; takes its place.
    fn place(&self, service: ServiceKind, host: &str, now: Moment) -> Moment {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let due = due.entry((service, host.to_owned())).or_insert(now);
        let (at, next) = place(*due, now, pace_of(service));
        *due = next;
        at
    }
}

const fn pace_of(service: ServiceKind) -> f64 {
    match service {
        ServiceKind::CloudTrail => PACE_OF_THE_TRAIL,
        _ => PACE,
    }
}

/// When a request goes that is due at a moment, and when the next is due: a bucket of [`BURST`].
fn place(due: Moment, now: Moment, a_second: f64) -> (Moment, Moment) {
    let each = Duration::from_secs_f64(1.0 / a_second);
    let early = each.mul_f64(BURST - 1.0);
    let due = due.max(now);
    ((due - early).max(now), due + each)
}

/// The transport of one service's clients.
#[derive(Debug)]
pub(super) struct ReadOnly {
    pub(super) inner: SharedHttpClient,
    pub(super) service: ServiceKind,
    pub(super) pace: Arc<Pace>,
    pub(super) clock: Clock,
}

impl HttpClient for ReadOnly {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(ReadOnlyConnector {
            inner: self.inner.http_connector(settings, components),
            service: self.service,
            pace: Arc::clone(&self.pace),
            clock: self.clock.clone(),
        })
    }
}

#[derive(Debug)]
struct ReadOnlyConnector {
    inner: SharedHttpConnector,
    service: ServiceKind,
    pace: Arc<Pace>,
    clock: Clock,
}

impl HttpConnector for ReadOnlyConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(read) = Read::of(self.service, &request) else {
            let refused = NotARead {
                service: self.service,
                method: request.method().to_owned(),
                path: request.uri().split('?').next().unwrap_or_default().to_owned(),
            };
            return HttpConnectorFuture::ready(Err(ConnectorError::user(refused.into())));
        };
        let host = request.uri().split('/').nth(2).unwrap_or_default();
        let goes_at = self.pace.place(self.service, host, self.clock.now());
        let (inner, pace, clock) = (self.inner.clone(), Arc::clone(&self.pace), self.clock.clone());
        HttpConnectorFuture::new(async move {
            clock.sleep_until(goes_at).await;
            pace.count(read);
            let answered = clock
                .until(clock.now() + ANSWERED_BY, whole(inner, request))
                .await;
            answered.unwrap_or_else(|| {
                let late = format!("no answer within {ANSWERED_BY:?}");
                Err(ConnectorError::timeout(late.into()))
            })
        })
    }
}

/// An answer with its whole body.
async fn whole(inner: SharedHttpConnector, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let mut response = inner.call(request).await?;
    let body = Limited::new(response.take_body(), MOST_BYTES).collect().await;
    let body = body.map_err(ConnectorError::io)?.to_bytes();
    *response.body_mut() = SdkBody::from(body);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_goes_at_once_and_the_rest_at_the_pace() {
        let mut due = Moment::ZERO;
        let mut goes = Vec::new();
        for _ in 0..12 {
            let (at, next) = place(due, Moment::ZERO, 2.0);
            due = next;
            goes.push(at.as_secs_f64());
        }
        let expected: Vec<f64> = [0.0; 10].into_iter().chain([0.5, 1.0]).collect();
        assert_eq!(goes, expected);
        // After a rest the bucket is full again, and no fuller.
        let rested = Moment::from_secs(3_600);
        assert_eq!(
            place(due, rested, 2.0),
            (rested, rested + Duration::from_millis(500))
        );
    }
}
