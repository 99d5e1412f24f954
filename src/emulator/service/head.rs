//! Response heads: request identifiers, the date, the headers every answer has.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use http::header::{CONTENT_TYPE, DATE, HeaderName};
use http::{HeaderValue, Response, StatusCode};
use jiff::Timestamp;

use super::body::ReplyBody;
use crate::emulator::wire::answer::uuid;
use crate::seed::Seed;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// Makes response heads.
#[derive(Debug)]
pub(super) struct Heads {
    seed: Seed,
    made: AtomicU64,
    date: Mutex<(u64, HeaderValue)>,
}

impl Heads {
    /// Heads whose identifiers come from a seed.
    pub fn new(seed: Seed) -> Self {
        Self {
            seed,
            made: AtomicU64::new(0),
            date: Mutex::new((u64::MAX, HeaderValue::from_static(""))),
        }
    }

    /// The next request identifier. The n-th of a run is the same in each run of the same seed.
    pub fn request_id(&self) -> String {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let high = self.seed.keyed(number);
        uuid(high.number(), high.keyed(number).number())
    }

    /// A response without a body yet.
    pub fn response(
        &self,
        status: StatusCode,
        content_type: &'static str,
        id: &str,
        now: SystemTime,
    ) -> Response<ReplyBody> {
        let mut response = Response::new(ReplyBody::whole(Vec::new()));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.reserve(8);
        if let Ok(id) = HeaderValue::from_str(id) {
            headers.insert(REQUEST_ID, id);
        }
        headers.insert(DATE, self.date(now));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        response
    }

    /// The `date` header, written once a second.
    fn date(&self, now: SystemTime) -> HeaderValue {
        let second = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let mut kept = self.date.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != second {
            let time = i64::try_from(second)
                .ok()
                .and_then(|secs| Timestamp::from_second(secs).ok());
            let written = time
                .unwrap_or(Timestamp::MAX)
                .strftime("%a, %d %b %Y %H:%M:%S GMT")
                .to_string();
            let value = HeaderValue::from_str(&written).unwrap_or(HeaderValue::from_static(""));
            *kept = (second, value);
        }
        kept.1.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn identifiers_repeat_with_the_seed_and_never_within_a_run() {
        let ids = |seed| {
            let heads = Heads::new(Seed::new(seed));
            [heads.request_id(), heads.request_id()]
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
        let [first, second] = ids(1);
        assert_ne!(first, second);
    }

    #[test]
    fn the_date_is_in_the_form_of_http() {
        let heads = Heads::new(Seed::new(1));
        let now = UNIX_EPOCH + Duration::from_secs(1_767_603_600);
        assert_eq!(heads.date(now), "Mon, 05 Jan 2026 09:00:00 GMT");
        assert_eq!(
            heads.date(now + Duration::from_secs(1)),
            "Mon, 05 Jan 2026 09:00:01 GMT"
        );
    }
}
