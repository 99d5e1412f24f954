//! Pages: a token holds where the next one begins, and which request it belongs to.

use super::error;
use crate::emulator::wire::control::{offset_token, offset_within};
use crate::emulator::wire::rpc::{Members, RpcCall, RpcError, Value};
use crate::seed::Seed;

/// The pages of one request.
#[derive(Debug)]
pub struct Pages {
    list: String,
    /// Where the page asked for begins.
    pub from: usize,
}

impl Pages {
    /// The page that a request asks for.
    ///
    /// # Errors
    ///
    /// `InvalidNextToken`: a token of another request, or none at all.
    pub fn of(call: &RpcCall, input: &Members<'_>) -> Result<Self, RpcError> {
        let list = format!("{} {:x}", call.operation, fingerprint(&call.input));
        let token = input.text("NextToken").map_err(error::malformed)?;
        let from = match token.filter(|token| !token.is_empty()) {
            None => 0,
            Some(token) => offset_within(&list, token).ok_or_else(error::next_token)?,
        };
        Ok(Self { list, from })
    }

    /// A page of these, and the token of the next one.
    pub fn cut<'a, T>(&self, all: &'a [T], most: usize) -> (&'a [T], Option<String>) {
        let from = self.from.min(all.len());
        let until = from.saturating_add(most).min(all.len());
        (&all[from..until], self.token(until, all.len()))
    }

    /// The token of what follows; `None`: nothing does.
    pub fn token(&self, until: usize, total: usize) -> Option<String> {
        (until < total).then(|| offset_token(&self.list, until))
    }
}

/// The request without its token: the same for each of its pages.
fn fingerprint(input: &Value) -> u64 {
    let Value::Structure(members) = input else {
        return 0;
    };
    let members = members.iter().filter(|(name, _)| name != "NextToken");
    let seed = members.fold(Seed::new(0), |seed, member| {
        seed.hashed(format!("{member:?}").as_bytes())
    });
    seed.number()
}
