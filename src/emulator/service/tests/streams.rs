//! Streams: their grammar, their deadlines and how they break.

use std::time::Duration;

use http_body_util::BodyExt as _;

use super::super::Answer;
use super::super::fixture::*;
use crate::clock::Moment;
use crate::fault::{Cut, FaultKind, Scope};

#[tokio::test(start_paused = true)]
async fn a_converse_stream_keeps_the_recorded_grammar() {
    let read = ask(&service(), converse_stream(NOVA, "Hello")).await;
    assert_eq!(read.header("content-type"), "application/vnd.amazon.eventstream");
    let events = read.events();
    let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    let deltas = kinds.len() - 4;
    assert!(deltas > 3, "{kinds:?}");
    assert_eq!(kinds[0], "messageStart");
    assert!(
        kinds[1..=deltas].iter().all(|kind| *kind == "contentBlockDelta"),
        "no start for text"
    );
    assert_eq!(
        kinds[deltas + 1..],
        ["contentBlockStop", "messageStop", "metadata"]
    );
    assert!(
        events
            .iter()
            .all(|(_, payload)| payload["p"].as_str().is_some_and(|p| (2..=61).contains(&p.len())))
    );
    let (_, metadata) = events.last().expect("metadata");
    let output = metadata["usage"]["outputTokens"].as_u64().expect("a count");
    let mean = (output - 1) as f64 / (deltas - 1) as f64;
    assert!((4.0..=8.0).contains(&mean), "{mean} tokens a delta");
    assert_eq!(events[deltas + 2].1["stopReason"], "end_turn");
}

#[tokio::test(start_paused = true)]
async fn events_come_at_absolute_deadlines_however_late_the_reader() {
    let service = service();
    let clock = service.clock().clone();
    let Answer::Response(response) = service.handle(converse_stream(NOVA, "Hello")).await else {
        panic!("no answer");
    };
    assert_eq!(
        clock.now(),
        Moment::ZERO + FIRST_TOKEN,
        "the head comes with the first token"
    );
    let mut body = response.into_body();
    let first = body
        .frame()
        .await
        .expect("a frame")
        .expect("data")
        .into_data()
        .expect("data");
    assert_eq!(clock.now(), Moment::ZERO + FIRST_TOKEN);
    assert!(String::from_utf8_lossy(&first).contains("contentBlockDelta"));
    // The reader dawdles: what fell due meanwhile comes at once and in one piece.
    clock.sleep(Duration::from_millis(300)).await;
    let before = clock.now();
    let late = body
        .frame()
        .await
        .expect("a frame")
        .expect("data")
        .into_data()
        .expect("data");
    assert_eq!(clock.now(), before);
    let shown = String::from_utf8_lossy(&late);
    assert!(shown.matches("contentBlockDelta").count() >= 3, "{shown}");
    let mut last = None;
    while let Some(frame) = body.frame().await {
        last = frame.expect("data").into_data().ok();
    }
    assert!(String::from_utf8_lossy(&last.expect("the end")).contains("metadata"));
    let output = service.control().ledger().total().usage.output;
    let due = FIRST_TOKEN + PER_TOKEN * u32::try_from(output - 1).expect("few");
    assert_eq!(clock.now(), Moment::ZERO + due, "lateness is not carried on");
}

#[tokio::test(start_paused = true)]
async fn a_cut_stream_ends_in_an_exception_or_a_reset_and_bills_what_came() {
    for (how, events_expected) in [(Cut::Exception, true), (Cut::Reset, false)] {
        let service = service();
        let cut = FaultKind::CutStream {
            after_tokens: 10,
            how,
        };
        service.control().inject(fault(1, cut, Scope::default()));
        let read = ask(&service, converse_stream(NOVA, "Hello")).await;
        let events = read.events();
        let (last, payload) = events.last().expect("events");
        if events_expected {
            assert_eq!(last, "modelStreamErrorException");
            assert_eq!(payload["originalStatusCode"], 500);
            assert!(payload["message"].as_str().is_some_and(|words| !words.is_empty()));
            assert!(read.broken_off.is_none());
        } else {
            assert_eq!(last, "contentBlockDelta");
            assert!(read.broken_off.is_some());
        }
        let total = service.control().ledger().total();
        assert_eq!((total.served, total.broken_off, total.usage.output), (0, 1, 10));
        let came_at = FIRST_TOKEN + PER_TOKEN * 9;
        assert_eq!(service.clock().now(), Moment::ZERO + came_at);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_hung_up_on_is_settled_by_the_clock() {
    let service = service();
    let clock = service.clock().clone();
    let Answer::Response(response) = service.handle(converse_stream(NOVA, "Hello")).await else {
        panic!("no answer");
    };
    clock.sleep(PER_TOKEN * 7).await;
    drop(response);
    let total = service.control().ledger().total();
    assert_eq!(
        (total.broken_off, total.usage.output, total.in_service()),
        (1, 8, 0)
    );
}
