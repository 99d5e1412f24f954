//! STS GetCallerIdentity: the query protocol in, XML out. The first call of every set-up.

use http::StatusCode;
use percent_encoding::percent_decode_str;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// An STS answer: a status and an XML document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlAnswer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The document.
    pub body: String,
}

/// Answers a request by its parameters (the body, or the query of a GET).
pub fn answer(parameters: &str, account: &str, request_id: &str) -> XmlAnswer {
    match parameter(parameters, "Action").as_deref() {
        Some("GetCallerIdentity") => identity(account, request_id),
        Some(other) => {
            let told = format!(
                "The action {} is not valid for this endpoint: bedrill models GetCallerIdentity only.",
                shown(other)
            );
            refusal(StatusCode::BAD_REQUEST, "InvalidAction", &told, request_id)
        }
        None => refusal(
            StatusCode::BAD_REQUEST,
            "MissingAction",
            "The request is missing an action.",
            request_id,
        ),
    }
}

/// An error in the query protocol's shape.
pub fn refusal(status: StatusCode, code: &str, message: &str, request_id: &str) -> XmlAnswer {
    let kind = if status.is_server_error() {
        "Receiver"
    } else {
        "Sender"
    };
    let body = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\">\n  <Error>\n    <Type>{kind}</Type>\n    <Code>{code}</Code>\n    \
         <Message>{message}</Message>\n  </Error>\n  <RequestId>{request_id}</RequestId>\n</ErrorResponse>\n"
    );
    XmlAnswer { status, body }
}

fn identity(account: &str, request_id: &str) -> XmlAnswer {
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\">\n  <GetCallerIdentityResult>\n    \
         <Arn>arn:aws:iam::{account}:user/bedrill</Arn>\n    <UserId>AIDABEDRILLEMULATOR00</UserId>\n    \
         <Account>{account}</Account>\n  </GetCallerIdentityResult>\n  <ResponseMetadata>\n    \
         <RequestId>{request_id}</RequestId>\n  </ResponseMetadata>\n</GetCallerIdentityResponse>\n"
    );
    XmlAnswer {
        status: StatusCode::OK,
        body,
    }
}

fn parameter(parameters: &str, name: &str) -> Option<String> {
    let pairs = parameters.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.into_iter().find(|(key, _)| *key == name)?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}

/// A name from the outside, safe within XML.
fn shown(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(64)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_names_the_account_of_the_credentials() {
        let answer = answer(
            "Action=GetCallerIdentity&Version=2011-06-15",
            "123456789012",
            "id-1",
        );
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.body.contains("<Account>123456789012</Account>"));
        assert!(answer.body.contains("<RequestId>id-1</RequestId>"));
    }

    #[test]
    fn another_action_is_refused_and_cannot_write_markup() {
        let answer = answer("Action=Assume%3CRole%3E", "123456789012", "id-1");
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
        assert!(answer.body.contains("<Code>InvalidAction</Code>"));
        assert!(answer.body.contains("The action AssumeRole is not valid"));
    }
}
