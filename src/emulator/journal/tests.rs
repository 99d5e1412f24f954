//! The journal keeps, counts and forgets within its bounds.

use super::*;

fn head(name: &str, second: u64) -> CallHead {
    CallHead {
        number: 0,
        arrived: Moment::from_secs(second),
        caller: CallerId {
            name: name.into(),
            access_key: None,
        },
        user_agent: format!("{name}/1.0").into(),
        operation: "Converse",
        region: Region::from("us-east-1"),
        target: "amazon.nova-lite-v1:0".into(),
        invocation: None,
        attempt: 1,
        body: 7,
    }
}

fn over(head: Arc<CallHead>, end: CallEnd) -> CallRecord {
    CallRecord {
        ended_at: head.arrived,
        head,
        model: None,
        end,
        served: None,
    }
}

#[test]
fn a_call_is_numbered_told_counted_and_kept() {
    let journal = Journal::default();
    let mut feed = journal.listen().expect("the first listener");
    assert!(journal.listen().is_none(), "one listener at most");
    let first = journal.begin(head("shop", 1));
    let second = journal.begin(head("shop", 2));
    assert_eq!((first.number, second.number), (1, 2));
    let throttled = CallEnd::Refused {
        kind: FailureKind::Throttled,
        status: 429,
        code: "ThrottlingException",
        message: "slow down".into(),
    };
    journal.end(over(second, throttled));
    let counts = journal.callers()[0].counts;
    assert_eq!((counts.calls, counts.in_flight, counts.throttled), (2, 1, 1));
    assert!(matches!(feed.try_recv(), Ok(Heard::Began(head)) if head.number == 1));
    assert!(matches!(feed.try_recv(), Ok(Heard::Began(head)) if head.number == 2));
    assert!(matches!(feed.try_recv(), Ok(Heard::Ended(record)) if record.head.number == 2));
    assert_eq!(journal.log().len(), 1);
}

#[test]
fn a_flood_fills_neither_log_nor_feed_nor_callers() {
    let journal = Journal::default();
    let _feed = journal.listen().expect("a listener");
    let calls = Journal::FEED;
    for number in 0..calls {
        let head = journal.begin(head(&format!("bot-{number}"), 1));
        journal.end(over(head, CallEnd::Served));
    }
    assert_eq!(journal.log().len(), Journal::KEPT);
    assert_eq!(
        journal.lost(),
        Journal::FEED as u64,
        "two facts a call, room for half of them"
    );
    let callers = journal.callers();
    assert!(callers.len() <= Journal::MOST_CALLERS + 1);
    let total: u64 = callers.iter().map(|line| line.counts.calls).sum();
    assert_eq!(total, calls as u64);
}
