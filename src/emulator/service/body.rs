//! Response bodies: whole ones, and streams that follow their own deadlines.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::Stream;
use http_body::{Body, Frame, SizeHint};
use thiserror::Error;

use super::work::Work;
use crate::clock::Moment;
use crate::emulator::wire::answer::Narrator;
use crate::emulator::wire::error::Exception;
use crate::emulator::wire::eventstream::Frames;
use crate::fault::Cut;
use crate::seed::{Seed, Stream as Draws};

/// The connection is reset in the middle of a stream, because the world said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the emulator reset the connection in the middle of a stream, as a fault asked")]
pub struct BrokenOff;

/// Pieces of a body that take their own time.
struct Pieces(Pin<Box<dyn Stream<Item = Result<Bytes, BrokenOff>> + Send + Sync>>);

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pieces")
    }
}

/// A response's body.
#[derive(Debug)]
pub struct ReplyBody(Kind);

#[derive(Debug)]
enum Kind {
    Whole(Bytes),
    Telling(Box<Telling>),
    Told(Pieces),
}

impl ReplyBody {
    pub(super) fn whole(body: Vec<u8>) -> Self {
        Self(Kind::Whole(body.into()))
    }

    pub(super) const fn bytes(body: Bytes) -> Self {
        Self(Kind::Whole(body))
    }

    pub(super) fn telling(telling: Telling) -> Self {
        Self(Kind::Telling(Box::new(telling)))
    }

    /// A body whose pieces come when they come.
    pub(super) fn told(pieces: impl Stream<Item = Result<Bytes, BrokenOff>> + Send + Sync + 'static) -> Self {
        Self(Kind::Told(Pieces(Box::pin(pieces))))
    }

    /// The bytes of a body that is no stream, without polling; empty for a stream.
    pub fn whole_bytes(&self) -> Bytes {
        match &self.0 {
            Kind::Whole(bytes) => bytes.clone(),
            Kind::Telling(_) | Kind::Told(_) => Bytes::new(),
        }
    }

    /// Whether it is a stream that takes its time.
    pub const fn is_stream(&self) -> bool {
        matches!(self.0, Kind::Telling(_) | Kind::Told(_))
    }
}

impl Body for ReplyBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        match &mut self.0 {
            Kind::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Kind::Telling(telling) => telling
                .poll(cx)
                .map(|next| next.map(|data| data.map(Frame::data))),
            Kind::Told(pieces) => {
                let next = pieces.0.as_mut().poll_next(cx);
                next.map(|next| next.map(|data| data.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(bytes) => bytes.is_empty(),
            Kind::Telling(telling) => matches!(telling.stage, Stage::Over),
            Kind::Told(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Telling(_) | Kind::Told(_) => SizeHint::default(),
        }
    }
}

/// A stream being told: each event at its own absolute deadline, so that a late one delays none
/// after it. Events that are due together travel together.
pub(super) struct Telling {
    work: Work,
    narrator: Box<dyn Narrator>,
    frames: Frames,
    sizes: Draws,
    told: u64,
    stage: Stage,
    sleep: Option<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>,
}

impl fmt::Debug for Telling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telling")
            .field("work", &self.work)
            .field("told", &self.told)
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    /// Nothing was said.
    Opening,
    /// The tokens up to this one come next.
    Text(u64),
    /// All was said, and the connection is to be reset once it has been sent.
    Breaking,
    /// The connection is to be reset now.
    Reset,
    /// All was said.
    Over,
}

impl Telling {
    /// Tokens of a delta after the first: 5.8 on average, as recorded from the service. The first
    /// delta holds the first token alone, so that it comes when the first token does.
    const SIZES: [u64; 10] = [2, 4, 5, 5, 6, 6, 6, 7, 8, 9];

    pub fn new(work: Work, narrator: Box<dyn Narrator>) -> Self {
        let seed = Seed::new(work.serving.text_seed);
        Self {
            narrator,
            frames: Frames::new(seed.derive("padding").stream()),
            sizes: seed.derive("delta sizes").stream(),
            told: 0,
            stage: Stage::Opening,
            sleep: None,
            work,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        loop {
            if let Some(sleep) = &mut self.sleep {
                ready!(sleep.as_mut().poll(cx));
                self.sleep = None;
            }
            let now = self.work.now();
            let mut next = self.next_due();
            while next.is_some_and(|due| due <= now) {
                self.say();
                next = self.next_due();
            }
            if !self.frames.is_empty() {
                return Poll::Ready(Some(Ok(self.frames.take())));
            }
            match (next, self.stage) {
                (Some(due), _) => self.sleep = Some(Box::pin(self.work.sleep_until(due))),
                (None, Stage::Breaking) => {
                    // A server that gets the error now would drop what it has not sent yet.
                    self.stage = Stage::Reset;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                (None, Stage::Reset) => {
                    self.stage = Stage::Over;
                    return Poll::Ready(Some(Err(BrokenOff)));
                }
                (None, _) => return Poll::Ready(None),
            }
        }
    }

    /// When the next thing is to be said; `None`: nothing is left.
    fn next_due(&self) -> Option<Moment> {
        match self.stage {
            Stage::Opening => Some(self.work.due(1)),
            Stage::Text(to) => Some(self.work.due(to)),
            Stage::Breaking | Stage::Reset | Stage::Over => None,
        }
    }

    fn say(&mut self) {
        match self.stage {
            Stage::Opening => {
                self.narrator.open(&mut self.frames);
                self.advance(1);
            }
            Stage::Text(to) => {
                let chunk = self.work.speech.chunk(self.told, to);
                if !chunk.is_empty() {
                    self.narrator.text(&chunk, to, &mut self.frames);
                }
                self.told = to;
                let size = Self::SIZES[self.sizes.below(Self::SIZES.len())];
                self.advance(to + size);
            }
            Stage::Breaking | Stage::Reset | Stage::Over => {}
        }
    }

    /// Goes on to the tokens up to `to`, or ends where there are none.
    fn advance(&mut self, to: u64) {
        if self.told < self.work.last_token {
            self.stage = Stage::Text(to.min(self.work.last_token));
            return;
        }
        self.stage = match self.work.serving.cut {
            None => {
                let ending = self.work.finish();
                self.narrator.close(&ending, &mut self.frames);
                Stage::Over
            }
            Some((_, Cut::Exception)) => {
                self.work.break_off();
                let exception = Exception::ModelError;
                self.frames.exception(exception, exception.usual_words());
                Stage::Over
            }
            Some((_, Cut::Reset)) => {
                self.work.break_off();
                Stage::Breaking
            }
        };
    }
}
