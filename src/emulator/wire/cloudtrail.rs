//! CloudTrail LookupEvents on the wire.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value as Json, json};

use super::answer::uuid;
use super::rpc::{Members, RpcError, Value, structure};
use super::services::{error, malformed};
use crate::clock::{Clock, Moment};
use crate::emulator::api::{Effect, Op, ServiceName};
use crate::emulator::world::trail::{Spot, TrailEvent};
use crate::seed::Seed;

/// The most events of a page, and of one that asks for no number.
const PAGE: i64 = 50;
const KEYS: [&str; 8] = [
    "EventId",
    "EventName",
    "ReadOnly",
    "Username",
    "ResourceType",
    "ResourceName",
    "EventSource",
    "AccessKeyId",
];

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Lookup<'a> {
    attribute: Option<(&'a str, &'a str)>,
    /// Seconds since 1970.
    start: Option<f64>,
    end: Option<f64>,
    wants_insights: bool,
    /// Events on the page.
    pub size: usize,
    /// Where the page begins: below this.
    pub below: Option<Spot>,
}

impl<'a> Lookup<'a> {
    /// Reads and checks what is asked.
    ///
    /// # Errors
    ///
    /// An attribute, a range, a number or a token that the service would refuse.
    pub fn read(members: &Members<'a>) -> Result<Self, RpcError> {
        let attributes = members.structures("LookupAttributes").map_err(malformed)?;
        let attribute = match attributes.as_slice() {
            [] => None,
            [one] => {
                let key = one.need_text("AttributeKey").map_err(malformed)?;
                let value = one.need_text("AttributeValue").map_err(malformed)?;
                if !KEYS.contains(&key) || value.is_empty() {
                    return Err(bad_attribute());
                }
                Some((key, value))
            }
            _ => return Err(bad_attribute()),
        };
        let start = members.time("StartTime").map_err(malformed)?;
        let end = members.time("EndTime").map_err(malformed)?;
        if start.zip(end).is_some_and(|(start, end)| start > end) {
            let said = "The start time is after the end time. Specify a valid time range.";
            return Err(error("InvalidTimeRangeException", said));
        }
        let size = members.whole("MaxResults").map_err(malformed)?.unwrap_or(PAGE);
        if !(1..=PAGE).contains(&size) {
            let said = "The max results specified is invalid. Valid values are 1 to 50.";
            return Err(error("InvalidMaxResultsException", said));
        }
        let category = members.text("EventCategory").map_err(malformed)?;
        if category.is_some_and(|category| category != "insight") {
            return Err(error(
                "InvalidEventCategoryException",
                "The event category is invalid.",
            ));
        }
        let mut lookup = Self {
            attribute,
            start,
            end,
            wants_insights: category.is_some(),
            size: usize::try_from(size).unwrap_or(1),
            below: None,
        };
        if let Some(token) = members.text("NextToken").map_err(malformed)? {
            let said = "The token is invalid, or was made with other parameters.";
            let spot = lookup.spot(token);
            lookup.below = Some(spot.ok_or_else(|| error("InvalidNextTokenException", said))?);
        }
        Ok(lookup)
    }

    /// Whether an event is among what is looked for.
    pub fn wants(&self, event: &TrailEvent, id: &str, clock: &Clock) -> bool {
        let at = clock.wall(event.at).as_second() as f64;
        if self.wants_insights
            || self.start.is_some_and(|start| at < start)
            || self.end.is_some_and(|end| at > end)
        {
            return false;
        }
        let Some((key, value)) = self.attribute else {
            return true;
        };
        match key {
            "EventId" => id == value,
            "EventName" => event.op.name() == value,
            "ReadOnly" => read_only(event.op) == value,
            "Username" => event.principal.name() == value,
            "EventSource" => event.op.service().event_source() == value,
            "AccessKeyId" => event.access_key.as_deref() == Some(value),
            "ResourceName" => resources(event).iter().any(|(_, name)| name == value),
            _ => resources(event).iter().any(|(kind, _)| *kind == value),
        }
    }

    /// The token of the page below a spot.
    pub fn token(&self, (at, number): Spot) -> String {
        let said = format!("bedrill:{:x}:{}:{number}", self.fingerprint(), at.as_nanos());
        URL_SAFE_NO_PAD.encode(said)
    }

    fn spot(&self, token: &str) -> Option<Spot> {
        let decoded = URL_SAFE_NO_PAD.decode(token).ok()?;
        let said = std::str::from_utf8(&decoded).ok()?;
        let rest = said.strip_prefix(&format!("bedrill:{:x}:", self.fingerprint()))?;
        let (at, number) = rest.split_once(':')?;
        Some((Moment::from_nanos(at.parse().ok()?), number.parse().ok()?))
    }

    /// A token fits the parameters it was made with.
    fn fingerprint(&self) -> u64 {
        let said = format!("{:?}{:?}{:?}", self.attribute, self.start, self.end);
        Seed::new(0).derive(&said).number()
    }
}

fn bad_attribute() -> RpcError {
    let said = "Specify exactly one lookup attribute with a valid key and a value.";
    error("InvalidLookupAttributesException", said)
}

const fn read_only(op: Op) -> &'static str {
    match op.effect() {
        // CloudTrail counts inference among what only reads.
        Effect::Reads => "true",
        Effect::Pays if is_inference(op) => "true",
        Effect::Changes | Effect::Pays => "false",
    }
}

const fn is_inference(op: Op) -> bool {
    matches!(
        op,
        Op::Converse | Op::ConverseStream | Op::InvokeModel | Op::InvokeModelWithResponseStream
    )
}

/// What an event is about: kinds and names.
fn resources(event: &TrailEvent) -> Vec<(&'static str, String)> {
    let Some(target) = &event.target else {
        return Vec::new();
    };
    let kind = match event.op.service() {
        ServiceName::Bedrock if target.contains("inference-profile") => "AWS::Bedrock::InferenceProfile",
        ServiceName::Bedrock if target.contains(":provisioned-model/") => "AWS::Bedrock::ProvisionedModel",
        ServiceName::Bedrock => "AWS::Bedrock::Model",
        _ => return Vec::new(),
    };
    vec![(kind, target.to_string())]
}

/// An event's identifier: it follows from the request's.
pub fn event_id(event: &TrailEvent) -> String {
    let seed = Seed::new(0).derive("event").derive(&event.request_id);
    uuid(seed.number(), seed.keyed(1).number())
}

/// An event as LookupEvents tells it.
pub fn event(event: &TrailEvent, id: &str, clock: &Clock) -> Value {
    let resource = |(kind, name): (&'static str, String)| {
        structure([
            ("ResourceType", Value::text(kind)),
            ("ResourceName", Value::text(name)),
        ])
    };
    let resources = resources(event).into_iter().map(resource).collect();
    let mut members = vec![
        ("EventId".into(), Value::text(id)),
        ("EventName".into(), Value::text(event.op.name())),
        ("ReadOnly".into(), Value::text(read_only(event.op))),
    ];
    if let Some(key) = &event.access_key {
        members.push(("AccessKeyId".into(), Value::text(key.as_ref())));
    }
    members.extend([
        (
            "EventTime".into(),
            Value::Time(clock.wall(event.at).as_second() as f64),
        ),
        (
            "EventSource".into(),
            Value::text(event.op.service().event_source()),
        ),
        ("Username".into(), Value::text(event.principal.name())),
        ("Resources".into(), Value::List(resources)),
        (
            "CloudTrailEvent".into(),
            Value::text(record(event, id, clock).to_string()),
        ),
    ]);
    Value::Structure(members)
}

/// The whole record, as CloudTrail writes it.
fn record(event: &TrailEvent, id: &str, clock: &Clock) -> Json {
    let (principal, region) = (&event.principal, event.place.region.as_str());
    let kind = if principal.is_assumed() {
        "AssumedRole"
    } else {
        "IAMUser"
    };
    let mut identity = json!({
        "type": kind,
        "principalId": &*principal.id,
        "arn": &*principal.arn,
        "accountId": &*principal.account,
    });
    if let Some(key) = &event.access_key {
        identity["accessKeyId"] = json!(&**key);
    }
    if !principal.is_assumed() {
        identity["userName"] = json!(principal.name());
    }
    let parameters = match (&event.target, is_inference(event.op)) {
        (Some(target), true) => json!({ "modelId": &**target }),
        _ => Json::Null,
    };
    let mut record = json!({
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": clock.wall(event.at).strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "eventSource": event.op.service().event_source(),
        "eventName": event.op.name(),
        "awsRegion": region,
        "sourceIPAddress": "127.0.0.1",
        "userAgent": &*event.user_agent,
        "requestParameters": parameters,
        "responseElements": null,
        "requestID": &*event.request_id,
        "eventID": id,
        "readOnly": read_only(event.op) == "true",
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": &*event.place.account,
        "eventCategory": "Management",
    });
    if let Some((name, message)) = &event.error {
        record["errorCode"] = json!(&**name);
        record["errorMessage"] = json!(&**message);
    }
    if let Some(served) = &event.inference_region {
        record["additionalEventData"] = json!({ "inferenceRegion": served.as_str() });
    }
    record
}
