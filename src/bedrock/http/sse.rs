//! Server-sent events, as OpenAI-style streams use them: `data: ...`, an empty line, the next.

use aws_smithy_types::body::SdkBody;
use bytes::BytesMut;
use http_body_util::BodyExt as _;

use crate::event::{Failure, FailureKind};

/// No event is longer; what is would fill the memory.
const MOST_BYTES: usize = 4 << 20;

/// Reads events from a body.
#[derive(Debug)]
pub struct SseReader {
    body: SdkBody,
    lines: Lines,
    ended: bool,
}

impl SseReader {
    /// Events of a body.
    pub fn new(body: SdkBody) -> Self {
        Self {
            body,
            lines: Lines::default(),
            ended: false,
        }
    }

    /// The data of the next event; `None` when the body has ended. Fails if the connection breaks.
    pub async fn next(&mut self) -> Result<Option<String>, Failure> {
        loop {
            if let Some(event) = self.lines.next(self.ended) {
                return Ok(Some(event));
            }
            if self.ended {
                return Ok(None);
            }
            match self.body.frame().await {
                None => self.ended = true,
                Some(Err(problem)) => return Err(broke(&problem.to_string())),
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        self.lines.buffer.extend_from_slice(&data);
                    }
                    if self.lines.buffer.len() > MOST_BYTES {
                        return Err(broke("an event of the stream is longer than 4 MiB"));
                    }
                }
            }
        }
    }
}

fn broke(words: &str) -> Failure {
    Failure::local(FailureKind::StreamCut, words)
}

/// Cuts what has come into events.
#[derive(Debug, Default)]
struct Lines {
    buffer: BytesMut,
    /// The data lines of the event that is not yet whole.
    data: Option<String>,
}

impl Lines {
    /// The data of the next whole event. An end of the body ends the last one too.
    fn next(&mut self, ended: bool) -> Option<String> {
        while let Some(line) = self.line(ended) {
            let line = line.trim_end_matches('\r');
            if line.is_empty() {
                if let Some(data) = self.data.take() {
                    return Some(data);
                }
                continue;
            }
            // Other fields (event, id, retry) and comments say nothing here.
            let Some(data) = line.strip_prefix("data:") else {
                continue;
            };
            let data = data.strip_prefix(' ').unwrap_or(data);
            match &mut self.data {
                Some(before) => {
                    before.push('\n');
                    before.push_str(data);
                }
                None => self.data = Some(data.to_owned()),
            }
        }
        if ended { self.data.take() } else { None }
    }

    fn line(&mut self, ended: bool) -> Option<String> {
        let line = match self.buffer.iter().position(|byte| *byte == b'\n') {
            Some(end) => self.buffer.split_to(end + 1),
            None if ended && !self.buffer.is_empty() => self.buffer.split(),
            None => return None,
        };
        let line = String::from_utf8_lossy(&line);
        Some(line.trim_end_matches('\n').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const STREAM: &str =
        ": hello\n\nevent: x\ndata: {\"a\":1}\r\n\r\ndata:two\ndata: lines\n\n\n\ndata: [DONE]";

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut events = Vec::new();
        for piece in pieces {
            lines.buffer.extend_from_slice(piece);
            events.extend(std::iter::from_fn(|| lines.next(false)));
        }
        events.extend(std::iter::from_fn(|| lines.next(true)));
        events
    }

    proptest! {
        #[test]
        fn events_are_the_same_however_the_bytes_come(cut in 0..STREAM.len(), further in 0..STREAM.len()) {
            let (first, second) = (cut.min(further), cut.max(further));
            let bytes = STREAM.as_bytes();
            let events = read(&[&bytes[..first], &bytes[first..second], &bytes[second..]]);
            prop_assert_eq!(events, ["{\"a\":1}", "two\nlines", "[DONE]"]);
        }
    }
}
