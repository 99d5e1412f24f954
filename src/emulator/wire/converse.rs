//! Converse and ConverseStream: one body for every family.

pub mod reply;
pub mod request;
mod rules;

use super::ask::Ask;
use super::error::WireError;
use crate::catalog::Model;

/// Reads a request body. `model` is the one behind the `modelId`, where it is known.
pub fn read(body: &[u8], model: Option<&Model>) -> Result<Ask, WireError> {
    let request = request::parse(body)?;
    let mut ask = count(&request, model)?;
    if request.is_scripted() {
        ask.script = super::script::of_converse(body);
    }
    if request.guardrail_config.is_some() {
        ask.guard = super::guardrail::GuardAsk::of_converse(body)?;
    }
    Ok(ask)
}

/// Reads the `converse` member of a CountTokens request that was parsed with it.
pub fn count(request: &request::Request<'_>, model: Option<&Model>) -> Result<Ask, WireError> {
    rules::check(request, model)?;
    let ask = request.ask();
    model.map_or(Ok(()), |model| ask.prefix.check(model))?;
    Ok(ask)
}

#[cfg(test)]
mod tests;
