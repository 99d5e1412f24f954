//! What a drill is sent to.

use std::fmt;

use crate::bedrock::http::HttpCaller;

/// What a drill is sent to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TargetPlan {
    /// The embedded emulator.
    #[default]
    Local,
    /// Amazon Bedrock itself, with the caller's credentials.
    Aws,
    /// An endpoint that speaks Bedrock's protocol, such as `bedrill serve`.
    Url(String),
}

impl TargetPlan {
    /// `local`, `aws` or a URL.
    ///
    /// Fails with what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "local" => Ok(Self::Local),
            "aws" => Ok(Self::Aws),
            url if url.starts_with("http://") || url.starts_with("https://") => {
                HttpCaller::to_url(url).map_err(|bad| bad.to_string())?;
                Ok(Self::Url(url.to_owned()))
            }
            _ => Err(format!("unknown target `{text}`")),
        }
    }
}

impl fmt::Display for TargetPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("local"),
            Self::Aws => f.write_str("aws"),
            Self::Url(url) => f.write_str(url),
        }
    }
}
