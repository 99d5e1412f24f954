//! What the service checks of a call before it asks for quota or capacity.

use super::Call;
use super::index::{Index, RegionNo, Target};
use super::refused::Refused;
use crate::catalog::{Family, Lifecycle, Model};

/// Whether a call of `target` in `region` is one that the service takes at all.
pub fn check(
    index: &Index,
    region: RegionNo,
    target: &Target,
    has_access: bool,
    call: &Call,
) -> Result<(), Refused> {
    let model = index.model(target.model);
    if model.lifecycle == Lifecycle::EndOfLife {
        return Err(Refused::end_of_life());
    }
    if target.destinations(region).is_empty() {
        let is_here = model.regions.contains(index.region(region));
        return Err(if is_here && !target.is_profile {
            Refused::profile_only(&target.id)
        } else {
            Refused::invalid_identifier()
        });
    }
    check_call(model, has_access, call)
}

/// Whether a model takes a call, wherever it is served.
pub fn check_call(model: &Model, has_access: bool, call: &Call) -> Result<(), Refused> {
    if !has_access {
        return Err(Refused::no_access());
    }
    if call.stream && !model.streaming {
        return Err(Refused::no_streaming());
    }
    check_lengths(model, call)
}

/// The most tokens a reply to a valid call may have.
pub fn reply_limit(model: &Model, call: &Call) -> u64 {
    let room = model.context_window.saturating_sub(call.input_tokens);
    call.max_tokens.unwrap_or(model.max_output).min(room)
}

/// Whether a prompt and its reply fit the model.
pub fn check_lengths(model: &Model, call: &Call) -> Result<(), Refused> {
    let window = model.context_window;
    let input = call.input_tokens;
    match call.max_tokens {
        Some(0) => return Err(Refused::max_tokens_zero()),
        Some(wanted) if wanted > model.max_output => {
            return Err(Refused::max_tokens_over(model.max_output));
        }
        _ => {}
    }
    if input >= window {
        return Err(Refused::input_too_long());
    }
    match call.max_tokens {
        // Other families answer as far as the window reaches.
        Some(wanted) if model.family == Family::Claude && input.saturating_add(wanted) > window => {
            Err(Refused::context_overflow(input, wanted, window))
        }
        _ => Ok(()),
    }
}
