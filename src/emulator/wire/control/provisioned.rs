//! Provisioned throughput on the wire: five operations, their checks and their shapes.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{model_arn, offset_token, offset_within, page_size, parameter, parsed, written};
use crate::catalog::Commitment;
use crate::clock::Moment;
use crate::emulator::wire::error::{Exception, Violations, WireError};
use crate::emulator::world::units::{Status, Unit, UnitError};

const TERMS: &[&str] = &["OneMonth", "SixMonths"];
const NAME_PATTERN: &str = "Member must satisfy regular expression pattern: ([0-9a-zA-Z][_-]?)+";
const LONGEST_NAME: usize = 63;

/// An operation on provisioned throughput.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProvisionedOperation {
    /// CreateProvisionedModelThroughput.
    Create,
    /// ListProvisionedModelThroughputs.
    List,
    /// GetProvisionedModelThroughput, by ARN or name.
    Get(String),
    /// UpdateProvisionedModelThroughput.
    Update(String),
    /// DeleteProvisionedModelThroughput.
    Delete(String),
}

/// What is asked for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Creation {
    /// The name it is to have.
    #[serde(default)]
    pub provisioned_model_name: String,
    /// The model with its context variant.
    #[serde(default)]
    pub model_id: String,
    /// How many.
    #[serde(default)]
    pub model_units: i64,
    commitment_duration: Option<String>,
    /// A repeated token buys nothing.
    pub client_request_token: Option<String>,
}

impl Creation {
    /// Reads and checks a body.
    pub fn read(body: &Bytes) -> Result<Self, WireError> {
        let asked: Self = parsed(body)?;
        let mut violations = Violations::default();
        check_name(
            &asked.provisioned_model_name,
            "provisionedModelName",
            &mut violations,
        );
        if asked.model_id.is_empty() {
            violations.missing("modelId");
        }
        if asked.model_units < 1 {
            let constraint = "Member must have value greater than or equal to 1";
            violations.add(format_args!("'{}'", asked.model_units), "modelUnits", constraint);
        }
        if let Some(term) = &asked.commitment_duration {
            violations.unless_among(TERMS, term, "commitmentDuration");
        }
        violations.into_result()?;
        Ok(asked)
    }

    /// The term, checked before.
    pub fn commitment(&self) -> Option<Commitment> {
        self.commitment_duration.as_deref().and_then(Commitment::named)
    }
}

/// What is to be changed.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The new name.
    pub desired_provisioned_model_name: Option<String>,
    /// The new model.
    pub desired_model_id: Option<String>,
}

impl Change {
    /// Reads and checks a body.
    pub fn read(body: &Bytes) -> Result<Self, WireError> {
        let asked: Self = parsed(body)?;
        let mut violations = Violations::default();
        if let Some(name) = &asked.desired_provisioned_model_name {
            check_name(name, "desiredProvisionedModelName", &mut violations);
        }
        violations.into_result()?;
        Ok(asked)
    }
}

/// Letters and digits, each with at most one dash or underscore behind it.
fn check_name(name: &str, path: &str, violations: &mut Violations) {
    let mut after_joint = true;
    let is_sound = name.bytes().all(|byte| {
        let is_joint = matches!(byte, b'_' | b'-');
        let fits = if is_joint {
            !after_joint
        } else {
            byte.is_ascii_alphanumeric()
        };
        after_joint = is_joint;
        fits
    });
    if name.is_empty() {
        violations.missing(path);
    } else if !is_sound || name.len() > LONGEST_NAME {
        violations.add(format_args!("'{name:.100}'"), path, NAME_PATTERN);
    }
}

/// The moments of a run as dates.
#[derive(Clone, Copy)]
pub struct Calendar<'a> {
    /// The present moment.
    pub now: Moment,
    /// The date of a moment.
    pub date: &'a dyn Fn(Moment) -> Timestamp,
}

/// Which units are listed, and which page.
#[derive(Debug)]
pub struct Listing {
    status: Option<String>,
    model: Option<String>,
    name: Option<String>,
    ascending: bool,
    from: usize,
    page: usize,
}

impl Listing {
    /// Reads and checks a query.
    pub fn read(query: &str) -> Result<Self, WireError> {
        let mut violations = Violations::default();
        let status = parameter(query, "statusEquals");
        if let Some(status) = &status {
            violations.unless_among(&Status::ALL.map(Status::name), status, "statusEquals");
        }
        let order = parameter(query, "sortOrder");
        if let Some(order) = &order {
            violations.unless_among(&["Ascending", "Descending"], order, "sortOrder");
        }
        let page = page_size(query, &mut violations);
        violations.into_result()?;
        let from = match parameter(query, "nextToken") {
            None => 0,
            Some(token) => offset_within("units", &token)
                .ok_or_else(|| WireError::validation("The provided nextToken is invalid."))?,
        };
        Ok(Self {
            status,
            model: parameter(query, "modelArnEquals"),
            name: parameter(query, "nameContains"),
            ascending: order.as_deref() == Some("Ascending"),
            from,
            page,
        })
    }

    /// The page of these units, which come the newest first.
    pub fn of(&self, units: &[&Unit], calendar: Calendar<'_>) -> Vec<u8> {
        let wanted = |unit: &&&Unit| {
            let status = unit.status(calendar.now).name();
            self.status.as_deref().is_none_or(|wanted| status == wanted)
                && self.model.as_deref().is_none_or(|arn| variant_arn(unit) == arn)
                && self.name.as_deref().is_none_or(|part| unit.name.contains(part))
        };
        let mut matching: Vec<&Unit> = units.iter().filter(wanted).copied().collect();
        if self.ascending {
            matching.reverse();
        }
        let until = self.from.saturating_add(self.page).min(matching.len());
        let shown = matching.get(self.from..until).unwrap_or_default();
        written(&UnitList {
            provisioned_model_summaries: shown.iter().map(|unit| entry(unit, calendar)).collect(),
            next_token: (until < matching.len()).then(|| offset_token("units", until)),
        })
    }
}

/// One unit, as GetProvisionedModelThroughput tells it.
pub fn details(unit: &Unit, calendar: Calendar<'_>) -> Vec<u8> {
    written(&UnitDetails {
        failure_message: unit.failure(calendar.now),
        entry: entry(unit, calendar),
    })
}

/// The answer to a creation.
pub fn created(arn: &str) -> Vec<u8> {
    written(&Created {
        provisioned_model_arn: arn,
    })
}

/// A refusal on the wire.
pub fn refused(error: &UnitError) -> WireError {
    let exception = match error {
        UnitError::NotFound(_) => Exception::ResourceNotFound,
        UnitError::Quota { .. } => Exception::ServiceQuotaExceeded,
        UnitError::Committed { .. } => Exception::Conflict,
        UnitError::NotOffered { .. }
        | UnitError::NameTaken(_)
        | UnitError::NotReady { .. }
        | UnitError::FixedModel => Exception::Validation,
    };
    WireError::new(exception, error.to_string())
}

fn variant_arn(unit: &Unit) -> String {
    model_arn(unit.region.as_str(), &unit.variant)
}

fn entry<'u>(unit: &'u Unit, calendar: Calendar<'_>) -> UnitEntry<'u> {
    let date = |moment| (calendar.date)(moment).to_string();
    UnitEntry {
        provisioned_model_name: &unit.name,
        provisioned_model_arn: &unit.arn,
        model_arn: variant_arn(unit),
        desired_model_arn: variant_arn(unit),
        foundation_model_arn: model_arn(unit.region.as_str(), unit.model.as_str()),
        model_units: unit.units,
        desired_model_units: unit.units,
        status: unit.status(calendar.now).name(),
        commitment_duration: unit.commitment.map(Commitment::name),
        commitment_expiration_time: unit.committed_until().map(date),
        creation_time: date(unit.created_at),
        last_modified_time: date(unit.modified_at),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created<'a> {
    provisioned_model_arn: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnitList<'a> {
    provisioned_model_summaries: Vec<UnitEntry<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnitDetails<'a> {
    #[serde(flatten)]
    entry: UnitEntry<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_message: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UnitEntry<'a> {
    provisioned_model_name: &'a str,
    provisioned_model_arn: &'a str,
    model_arn: String,
    desired_model_arn: String,
    foundation_model_arn: String,
    model_units: u64,
    desired_model_units: u64,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    commitment_duration: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commitment_expiration_time: Option<String>,
    creation_time: String,
    last_modified_time: String,
}
