//! CloudWatch's operations: one typed reading and one answer each, whatever the protocol.
//!
//! Nothing here knows how a request is written ([`super::rpc`] does) or where figures come from
//! ([`Watch`] does).

mod alarms;
mod data;
mod describe;
mod error;
mod list;
mod page;
mod put;
mod shapes;

use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, HeaderValue};

use super::rpc::{Members, RpcCall, RpcError, Value, structure};
use crate::emulator::world::metrics::Watch;

/// Bytes of a request, as sent (the service's limit for PutMetricData).
const MOST_BYTES: usize = 1_000_000;
/// Bytes of a request once it is unpacked. A thousand samples with thirty dimensions fit.
const MOST_UNPACKED: u64 = 16_000_000;

/// A request's body, unpacked if it came as gzip.
///
/// # Errors
///
/// It is too long, before or after, or no gzip.
pub fn unpacked(headers: &HeaderMap, body: &[u8]) -> Result<Option<Vec<u8>>, RpcError> {
    if body.len() > MOST_BYTES {
        return Err(error::too_large());
    }
    match headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
        None | Some(b"identity") => Ok(None),
        Some(b"gzip") => {
            let mut plain = Vec::new();
            let mut reader = MultiGzDecoder::new(body).take(MOST_UNPACKED + 1);
            reader
                .read_to_end(&mut plain)
                .map_err(|_| RpcError::unreadable("The body is no gzip, as its content-encoding says"))?;
            if plain.len() as u64 > MOST_UNPACKED {
                return Err(error::too_large());
            }
            Ok(Some(plain))
        }
        Some(_) => Err(RpcError::unreadable(
            "Unsupported content-encoding; gzip is taken",
        )),
    }
}

/// Answers a call; `None`: an operation that answers nothing.
///
/// # Errors
///
/// The service's own errors, and operations that are not modelled.
pub fn answer(call: &RpcCall, watch: &mut Watch<'_>) -> Result<Option<Value>, RpcError> {
    let input = Members::of(&call.input).map_err(error::malformed)?;
    match call.operation.as_str() {
        "PutMetricData" => put::data(&input, watch).map(|()| None),
        "GetMetricData" => data::metric_data(call, &input, watch).map(Some),
        "GetMetricStatistics" => data::metric_statistics(&input, watch).map(Some),
        "ListMetrics" => list::metrics(call, &input, watch).map(Some),
        "PutMetricAlarm" => alarms::put(&input, watch).map(|()| None),
        "DeleteAlarms" => alarms::delete(&input, watch).map(|()| None),
        "SetAlarmState" => alarms::set_state(&input, watch).map(|()| None),
        "DescribeAlarms" => describe::alarms(call, &input, watch).map(Some),
        "DescribeAlarmsForMetric" => describe::for_metric(&input, watch).map(Some),
        "DescribeAlarmHistory" => describe::history(call, &input, watch).map(Some),
        // Nothing here can make any of these, so there are none.
        "ListDashboards" => Ok(Some(empty("DashboardEntries"))),
        "DescribeAnomalyDetectors" => Ok(Some(empty("AnomalyDetectors"))),
        "ListAlarmMuteRules" => Ok(Some(empty("AlarmMuteRuleSummaries"))),
        "ListMetricDataQueryDefinitions" => Ok(Some(empty("Items"))),
        other => Err(RpcError::unknown(other)),
    }
}

fn empty(name: &'static str) -> Value {
    structure([(name, Value::List(Vec::new()))])
}
