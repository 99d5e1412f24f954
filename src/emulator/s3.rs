//! S3, as far as batch jobs and their callers need it: buckets and objects in memory.
//!
//! The `s3s` crate speaks the protocol, [`store`] keeps what is put, and the two share the run's
//! clock. Answers come at once: how long S3 takes is not modelled. Signatures are not verified.

mod calls;
mod digest;
pub mod store;
mod unsigned;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use s3s::service::{S3Service, S3ServiceBuilder};

use crate::clock::Clock;
use crate::names::Region;
use calls::Calls;
use store::Store;

/// Who calls S3, and where.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account.
    pub account: Arc<str>,
    /// The region in the credentials' scope.
    pub region: Region,
}

/// S3 over one store. Cheap to clone; clones are the same S3.
#[derive(Clone)]
pub struct S3 {
    service: S3Service,
    store: Arc<Mutex<Store>>,
}

impl S3 {
    /// S3 without a bucket.
    pub fn new(clock: Clock) -> Self {
        let store = Arc::new(Mutex::new(Store::default()));
        let calls = Calls {
            store: Arc::clone(&store),
            clock,
        };
        Self {
            service: S3ServiceBuilder::new(calls).build(),
            store,
        }
    }

    /// What is stored, for a moment.
    pub fn store(&self) -> MutexGuard<'_, Store> {
        // A panic while it was held leaves at worst a count that is off.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers a request. `None` for one that cannot be read at all.
    pub async fn answer(&self, caller: Caller, parts: Parts, body: Bytes) -> Option<Response<Bytes>> {
        let (parts, body) = unsigned::unsigned(parts, body)?;
        let mut request = Request::from_parts(parts, s3s::Body::from(body));
        request.extensions_mut().insert(caller);
        let response = match self.service.call(request).await {
            Ok(response) => response,
            Err(problem) => {
                tracing::debug!(?problem, "S3 could not answer");
                return None;
            }
        };
        let (parts, body) = response.into_parts();
        // It is in memory already.
        let body = body.collect().await.ok()?.to_bytes();
        Some(Response::from_parts(parts, body))
    }
}

impl fmt::Debug for S3 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3")
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
