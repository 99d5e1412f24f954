//! What a fault will do, in words a person can check before pressing Enter.

use super::Draft;
use crate::fault::{Cut, FaultKind, FaultShape, Outage, Scope};
use crate::names::{ModelId, ModelRef, Provider, Region};
use crate::patterns;
use crate::tui::format::{countdown, duration, share as percent};
use crate::units::Share;

/// `For 30s, 50% of calls entering at us-east-1 are refused with 503 ServiceUnavailableException.`
pub(super) fn of(draft: &Draft) -> String {
    let when = format!("For {}", countdown(draft.lasts));
    let course = match draft.shape {
        FaultShape::Step => String::new(),
        FaultShape::Ramp => " It grows from nothing over that time.".to_owned(),
        FaultShape::Pulse { on, off } => {
            format!(" In turn {} on and {} off.", countdown(on), countdown(off))
        }
    };
    match draft.kind {
        FaultKind::CapacityOutage | FaultKind::LoweredQuota => {
            format!("{when}, {}.{course}", lost(draft))
        }
        kind => format!(
            "{when}, {}{} {}.{course}",
            who(draft.share),
            reach(&draft.scope),
            fate(kind)
        ),
    }
}

/// The kind's own strength in words, for its field.
pub(super) fn detail(kind: FaultKind) -> String {
    match kind {
        FaultKind::Latency { added, sigma } if sigma > 0.0 => {
            format!("{} later, drawn around it", duration(added))
        }
        FaultKind::Latency { added, .. } => format!("{} later", duration(added)),
        FaultKind::SlowStream { factor } => format!("{factor:.0} times slower"),
        FaultKind::CutStream { after_tokens, how } => {
            format!("after {after_tokens} tokens, {}", cut_words(how))
        }
        FaultKind::EndpointOutage(Outage::Refused) => "connections are refused".to_owned(),
        FaultKind::EndpointOutage(Outage::Silent) => "nothing ever answers".to_owned(),
        _ => String::new(),
    }
}

/// What a share is a share of.
pub(super) const fn whole(kind: FaultKind) -> &'static str {
    match kind {
        FaultKind::CapacityOutage => "of the capacity is lost",
        FaultKind::LoweredQuota => "of the quotas is lost",
        _ => "of calls",
    }
}

/// A course in words, for its field.
pub(super) fn course(shape: FaultShape) -> String {
    match shape {
        FaultShape::Step => "step: at once, until its end".to_owned(),
        FaultShape::Ramp => "ramp: grows over its time".to_owned(),
        FaultShape::Pulse { on, off } => {
            format!("pulse: {} on, {} off", countdown(on), countdown(off))
        }
    }
}

fn who(share: Share) -> String {
    if share == Share::ALL {
        "all calls".to_owned()
    } else {
        format!("{} of calls", percent(share.get()))
    }
}

/// Which calls.
fn reach(scope: &Scope) -> String {
    let mut words = String::new();
    let mut say = |before: &str, name: Option<&str>| {
        if let Some(name) = name {
            words.push_str(before);
            words.push_str(name);
        }
    };
    say(" entering at ", scope.region.as_ref().map(Region::as_str));
    say(" to ", scope.model.as_ref().map(ModelId::as_str));
    say(" as ", scope.target.as_ref().map(ModelRef::as_str));
    say(" to models of ", scope.provider.as_ref().map(Provider::as_str));
    say(
        " by ",
        scope
            .pattern
            .as_ref()
            .map(|key| patterns::row(key.as_str()).map_or(key.as_str(), |row| row.title)),
    );
    words
}

/// What becomes of them.
fn fate(kind: FaultKind) -> String {
    let refused = |answer: &str| format!("are refused with {answer}");
    match kind {
        FaultKind::Throttle => refused("429 ThrottlingException"),
        FaultKind::Unavailable => refused("503 ServiceUnavailableException"),
        FaultKind::Internal => refused("500 InternalServerException"),
        FaultKind::ModelTimeout => refused("408 ModelTimeoutException"),
        FaultKind::NotReady => refused("429 ModelNotReadyException"),
        FaultKind::Denied => refused("403 AccessDeniedException"),
        FaultKind::InvalidModel => refused("400 ValidationException: the model identifier is invalid"),
        FaultKind::Poisoned => "of providers beside Bedrock are answered 200 with an error inside".to_owned(),
        FaultKind::Latency { added, sigma } => format!(
            "are answered {}{} later",
            if sigma > 0.0 { "about " } else { "" },
            duration(added)
        ),
        FaultKind::SlowStream { factor } => format!("stream their tokens {factor:.0} times slower"),
        FaultKind::CutStream { after_tokens, how } => {
            format!("break off after {after_tokens} tokens, {}", cut_words(how))
        }
        FaultKind::EndpointOutage(Outage::Refused) => {
            "are refused at the door, profiles called there too".to_owned()
        }
        FaultKind::EndpointOutage(Outage::Silent) => {
            "never get an answer, profiles called there neither".to_owned()
        }
        FaultKind::CapacityOutage | FaultKind::LoweredQuota => String::new(),
    }
}

const fn cut_words(how: Cut) -> &'static str {
    match how {
        Cut::Exception => "by an exception in the stream",
        Cut::Reset => "by a reset of the connection",
    }
}

/// What a region, a model or a maker loses: no call is refused for its own sake.
fn lost(draft: &Draft) -> String {
    let scope = &draft.scope;
    let place = scope.region.as_ref().map_or("every region", Region::as_str);
    let mut whose = match (&scope.model, &scope.provider) {
        (Some(model), _) => format!(" for {model}"),
        (None, Some(provider)) => format!(" for models of {provider}"),
        (None, None) => String::new(),
    };
    let amount = if draft.share == Share::ALL {
        "all".to_owned()
    } else {
        percent(draft.share.get())
    };
    if draft.kind == FaultKind::LoweredQuota {
        return format!("{place} takes away {amount} of your quotas{whose}: throttles come sooner");
    }
    whose.push_str(if scope.region.is_some() {
        ": calls served there fail, a profile is served elsewhere"
    } else {
        ": no profile finds a place to be served"
    });
    format!("{place} loses {amount} of its capacity{whose}")
}
