//! AWS event-stream frames, and the padding recent payloads carry.
//!
//! Normal frames have the headers `:event-type`, `:content-type`, `:message-type`, in this order
//! (recorded exchanges); a failure in mid-stream has `:message-type`, `:exception-type`,
//! `:content-type`.

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use serde::Serialize;

use super::error::Exception;
use crate::seed::Stream;

/// What padding is a prefix of.
const PADDING: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// Frames to be sent, with the draws for their padding.
#[derive(Debug)]
pub struct Frames {
    ready: BytesMut,
    draws: Stream,
}

impl Frames {
    /// No frames yet.
    pub fn new(draws: Stream) -> Self {
        Self {
            ready: BytesMut::new(),
            draws,
        }
    }

    /// The text of the next payload's `p`: 2 to 61 characters, 31 on average.
    pub fn padding(&mut self) -> &'static str {
        &PADDING[..2 + self.draws.below(60)]
    }

    /// Adds an event with a JSON payload.
    pub fn event<T: Serialize>(&mut self, event_type: &'static str, payload: &T) {
        let headers = vec![
            text_header(":event-type", event_type),
            text_header(":content-type", "application/json"),
            text_header(":message-type", "event"),
        ];
        self.write(headers, payload);
    }

    /// Adds a `chunk` event of `InvokeModelWithResponseStream`: a JSON document within base64.
    pub fn chunk<T: Serialize>(&mut self, document: &T) {
        #[derive(Serialize)]
        struct Chunk {
            bytes: String,
            p: &'static str,
        }
        let document = serde_json::to_vec(document).unwrap_or_default();
        let chunk = Chunk {
            bytes: STANDARD.encode(document),
            p: self.padding(),
        };
        self.event("chunk", &chunk);
    }

    /// Adds the failure that ends a stream.
    pub fn exception(&mut self, exception: Exception, message: &str) {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Payload<'a> {
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            original_status_code: Option<u16>,
            #[serde(skip_serializing_if = "Option::is_none")]
            original_message: Option<&'a str>,
        }
        let (name, original) = match exception {
            Exception::Throttling => ("throttlingException", None),
            Exception::Validation => ("validationException", None),
            Exception::ServiceUnavailable => ("serviceUnavailableException", None),
            Exception::ModelError => ("modelStreamErrorException", Some(500)),
            _ => ("internalServerException", None),
        };
        let headers = vec![
            text_header(":message-type", "exception"),
            text_header(":exception-type", name),
            text_header(":content-type", "application/json"),
        ];
        let payload = Payload {
            message,
            original_status_code: original,
            original_message: original.map(|_| message),
        };
        self.write(headers, &payload);
    }

    /// Takes the frames there are.
    pub fn take(&mut self) -> Bytes {
        self.ready.split().freeze()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    fn write<T: Serialize>(&mut self, headers: Vec<Header>, payload: &T) {
        // Payloads are plain structures of text and numbers: serializing into memory cannot fail.
        let payload = serde_json::to_vec(payload).unwrap_or_default();
        let written = write_message_to(&Message::new_from_parts(headers, payload), &mut self.ready);
        // Fails only for headers over 32 KiB and payloads over 16 MiB; the longest here are a few
        // hundred bytes.
        debug_assert!(written.is_ok(), "{written:?}");
    }
}

fn text_header(name: &'static str, value: &'static str) -> Header {
    Header::new(name, HeaderValue::String(value.into()))
}

#[cfg(test)]
mod tests {
    use aws_smithy_eventstream::frame::read_message_from;

    use super::*;
    use crate::seed::Seed;

    fn frames() -> Frames {
        Frames::new(Seed::new(1).stream())
    }

    #[test]
    fn a_frame_reads_back_with_its_headers_in_order() {
        let mut frames = frames();
        frames.event("messageStart", &serde_json::json!({"role": "assistant"}));
        let message = read_message_from(frames.take()).expect("a sound frame");
        let names: Vec<&str> = message
            .headers()
            .iter()
            .map(|header| header.name().as_str())
            .collect();
        assert_eq!(names, [":event-type", ":content-type", ":message-type"]);
        assert_eq!(message.payload().as_ref(), br#"{"role":"assistant"}"#);
        assert!(frames.is_empty());
    }

    #[test]
    fn padding_is_a_prefix_of_2_to_61_characters() {
        let mut frames = frames();
        let lengths: Vec<usize> = (0..10_000).map(|_| frames.padding().len()).collect();
        assert_eq!(lengths.iter().min(), Some(&2));
        assert_eq!(lengths.iter().max(), Some(&61));
        let mean = lengths.iter().sum::<usize>() as f64 / lengths.len() as f64;
        assert!((30.5..32.5).contains(&mean), "mean {mean}");
    }

    #[test]
    fn an_exception_names_itself_and_its_origin() {
        let mut frames = frames();
        frames.exception(Exception::ModelError, "broke off");
        let message = read_message_from(frames.take()).expect("a sound frame");
        let kind = message.headers()[1].value().as_string().expect("text").as_str();
        assert_eq!(kind, "modelStreamErrorException");
        assert_eq!(
            message.payload().as_ref(),
            br#"{"message":"broke off","originalStatusCode":500,"originalMessage":"broke off"}"#
        );
    }
}
