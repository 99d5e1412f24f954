//! A stream that is slowed down or broken off, frame by frame.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::{Buf, Bytes, BytesMut};
use http_body::{Body, Frame};

use crate::bedrock::attempts::CALL;
use crate::clock::{Clock, Moment};
use crate::fault::Cut;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What is done to a stream.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub(super) clock: Clock,
    /// Tokens come this many times slower, counted from the first.
    pub(super) slowdown: f64,
    /// After so many tokens the stream breaks off.
    pub(super) cut: Option<(u64, Cut)>,
    /// For telling tokens from text.
    pub(super) chars_per_token: f64,
}

/// A response body that runs a course. Reads ahead, so that the times at which the frames really
/// came stretch evenly; holds at most one reply.
pub(super) struct StruckBody {
    inner: SdkBody,
    course: Course,
    /// Bytes of a frame that is not yet whole.
    partial: BytesMut,
    /// Whole frames and when each may go on.
    queue: VecDeque<(Moment, Passing)>,
    ended: bool,
    first_token_at: Option<Moment>,
    tokens: u64,
    wait: Option<(Moment, Wait)>,
}

type Wait = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// What goes on to the reader.
enum Passing {
    Data(Bytes),
    /// The last: what our cut looks like.
    Cut(Cut),
    /// The last: the transport's own error.
    Broken(BoxError),
}

impl StruckBody {
    pub(super) fn new(inner: SdkBody, course: Course) -> Self {
        Self {
            inner,
            course,
            partial: BytesMut::new(),
            queue: VecDeque::new(),
            ended: false,
            first_token_at: None,
            tokens: 0,
            wait: None,
        }
    }

    /// Takes in all that has come.
    fn read_ahead(&mut self, context: &mut Context<'_>) {
        while !self.ended {
            let Poll::Ready(next) = Pin::new(&mut self.inner).poll_frame(context) else {
                return;
            };
            let now = self.course.clock.now();
            match next {
                None => {
                    self.ended = true;
                    if !self.partial.is_empty() {
                        let rest = self.partial.split().freeze();
                        self.queue.push_back((self.due(now), Passing::Data(rest)));
                    }
                }
                Some(Err(error)) => self.last(now, Passing::Broken(error)),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.partial.extend_from_slice(&data);
                        self.split(now);
                    }
                }
            }
        }
    }

    /// Splits whole frames off what has come.
    fn split(&mut self, now: Moment) {
        while let Some(frame) = next(&mut self.partial) {
            if let Some(text) = delta_text(&frame) {
                self.first_token_at.get_or_insert(now);
                if let Some((after, how)) = self.course.cut
                    && self.tokens >= after
                {
                    return self.last(now, Passing::Cut(how));
                }
                let tokens = (text as f64 / self.course.chars_per_token.max(0.1)).round();
                self.tokens += (tokens as u64).max(1);
            }
            self.queue.push_back((self.due(now), Passing::Data(frame)));
        }
    }

    fn last(&mut self, now: Moment, passing: Passing) {
        self.queue.push_back((self.due(now), passing));
        self.partial.clear();
        self.ended = true;
    }

    /// When what came now may go on.
    fn due(&self, now: Moment) -> Moment {
        match self.first_token_at {
            Some(first) => first + now.since(first).mul_f64(self.course.slowdown),
            None => now,
        }
    }

    /// Whether the moment has come; asks to be woken if not.
    fn is_due(&mut self, due: Moment, context: &mut Context<'_>) -> bool {
        if due <= self.course.clock.now() {
            self.wait = None;
            return true;
        }
        let (_, wait) = match &mut self.wait {
            Some(waiting) if waiting.0 == due => waiting,
            wait => {
                let clock = self.course.clock.clone();
                let sleep: Wait = Box::pin(async move { clock.sleep_until(due).await });
                wait.insert((due, sleep))
            }
        };
        let is_due = wait.as_mut().poll(context).is_ready();
        if is_due {
            self.wait = None;
        }
        is_due
    }
}

impl Body for StruckBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        this.read_ahead(context);
        let Some((due, _)) = this.queue.front() else {
            return if this.ended {
                Poll::Ready(None)
            } else {
                Poll::Pending
            };
        };
        let due = *due;
        if !this.is_due(due, context) {
            return Poll::Pending;
        }
        let passing = this.queue.pop_front().map(|(_, passing)| passing);
        Poll::Ready(passing.map(|passing| match passing {
            Passing::Data(data) => Ok(Frame::data(data)),
            Passing::Broken(error) => Err(error),
            Passing::Cut(how) => {
                let _ = CALL.try_with(|call| call.strike());
                match how {
                    Cut::Exception => exception().map(Frame::data),
                    Cut::Reset => {
                        let reset = io::Error::new(io::ErrorKind::ConnectionReset, "connection reset");
                        Err(reset.into())
                    }
                }
            }
        }))
    }
}

/// Splits the first whole frame off what has come.
pub(in crate::bedrock) fn next(bytes: &mut BytesMut) -> Option<Bytes> {
    let length = bytes.get(..4)?.get_u32() as usize;
    (length >= 16 && bytes.len() >= length).then(|| bytes.split_to(length).freeze())
}

/// The payload of a frame, if its headers name this event.
pub(in crate::bedrock) fn payload<'f>(frame: &'f [u8], event: &[u8]) -> Option<&'f [u8]> {
    let headers = frame.get(4..8)?.get_u32() as usize;
    let is_named = frame
        .get(12..12 + headers)?
        .windows(event.len())
        .any(|window| window == event);
    let payload = frame.get(12 + headers..frame.len().checked_sub(4)?)?;
    is_named.then_some(payload)
}

/// The length in characters of a `contentBlockDelta` frame's text; `None` for other frames.
fn delta_text(frame: &[u8]) -> Option<usize> {
    let payload = payload(frame, b"contentBlockDelta")?;
    let event: serde_json::Value = serde_json::from_slice(payload).ok()?;
    let text = event.pointer("/delta/text").and_then(serde_json::Value::as_str);
    Some(text.map_or(0, |text| text.chars().count()))
}

/// The service's exception within a stream.
fn exception() -> Result<Bytes, BoxError> {
    let header =
        |name: &'static str, value: &'static str| Header::new(name, HeaderValue::String(value.into()));
    let payload = serde_json::json!({
        "message": "The system encountered an unexpected error during processing. Try your request again.",
    });
    let message = Message::new(payload.to_string())
        .add_header(header(":message-type", "exception"))
        .add_header(header(":exception-type", "modelStreamErrorException"))
        .add_header(header(":content-type", "application/json"));
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes)?;
    Ok(bytes.into())
}
