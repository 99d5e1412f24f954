//! Calls put together into operations, by the rule of the module.

use super::*;
use crate::catalog::Catalog;
use crate::emulator::journal::{CallEnd, ServedPart};
use crate::fault::Outage;
use crate::names::Region;

const LITE: &str = "amazon.nova-lite-v1:0";

/// Calls of a program, in the order in which they come and go.
struct Program {
    assembly: Assembly,
    calls: u64,
}

impl Program {
    fn new() -> Self {
        let routes = Routes::new(Catalog::builtin(), &[]);
        Self {
            assembly: Assembly::new(Duration::from_secs(10), routes),
            calls: 0,
        }
    }

    /// A call from one moment to another, in milliseconds.
    fn call(&mut self, (from, to): (u64, u64), what: (&str, u64, &str), end: CallEnd) {
        let head = self.begin(from, what);
        self.end(&head, to, end);
    }

    fn begin(&mut self, from: u64, (region, body, invocation): (&str, u64, &str)) -> Arc<CallHead> {
        self.calls += 1;
        let head = Arc::new(CallHead {
            number: self.calls,
            arrived: Moment::from_millis(from),
            caller: CallerId {
                name: "shop".into(),
                access_key: None,
            },
            user_agent: "shop/1".into(),
            operation: "Converse",
            region: Region::from(region),
            target: LITE.into(),
            invocation: (!invocation.is_empty()).then(|| invocation.into()),
            attempt: 1,
            body,
        });
        self.assembly.began(ArmId(0), &head);
        head
    }

    fn end(&mut self, head: &Arc<CallHead>, to: u64, end: CallEnd) {
        let served = (end == CallEnd::Served).then(|| ServedPart {
            region: head.region.clone(),
            first_token_at: None,
            usage: TokenUsage {
                output: 7,
                ..TokenUsage::default()
            },
            cost: Usd::from_dollars(0.01),
        });
        self.assembly.ended(&Arc::new(CallRecord {
            head: Arc::clone(head),
            model: None,
            ended_at: Moment::from_millis(to),
            end,
            served,
        }));
    }

    fn shots(&mut self, now: u64) -> Vec<ShotRecord> {
        let events = self.assembly.take(Moment::from_millis(now));
        let shots = events.into_iter().filter_map(|event| match event.fact {
            Fact::ShotEnded(record) => Some(*record),
            _ => None,
        });
        shots.collect()
    }
}

fn unavailable() -> CallEnd {
    CallEnd::Refused {
        kind: FailureKind::Unavailable,
        status: 503,
        code: "ServiceUnavailableException",
        message: "no".into(),
    }
}

#[test]
fn sdk_retries_loop_repeats_and_a_failover_are_one_operation() {
    let mut program = Program::new();
    program.call((0, 100), ("us-east-1", 1, "a"), unavailable());
    program.call((300, 400), ("us-east-1", 1, "a"), unavailable());
    program.call((900, 1_000), ("us-west-2", 1, "b"), CallEnd::Served);
    let events = program.assembly.take(Moment::from_millis(1_000));
    assert!(
        matches!(&events[0].fact, Fact::FailedOver(failover)
            if failover.from.label != failover.to.label && failover.took == Duration::from_millis(900)),
        "{events:?}"
    );
    let Fact::ShotEnded(shot) = &events[1].fact else {
        panic!("a shot: {events:?}");
    };
    let seen: Vec<_> = (shot.attempts.iter())
        .map(|attempt| (attempt.hop, attempt.number, attempt.backoff.as_millis()))
        .collect();
    assert_eq!(seen, [(0, 1, 0), (0, 2, 200), (1, 1, 500)]);
    assert!(shot.succeeded());
    assert_eq!((shot.usage.output, shot.cost), (7, Usd::from_dollars(0.01)));
    assert_eq!(shot.latency_from_send(), Duration::from_secs(1));
}

#[test]
fn what_nobody_repeats_within_the_window_is_lost_as_of_its_last_failure() {
    let mut program = Program::new();
    program.call((0, 100), ("us-east-1", 1, "a"), CallEnd::Dead(Outage::Refused));
    program.call((200, 5_000), ("us-east-1", 2, "b"), CallEnd::Served);
    assert_eq!(
        program.shots(10_100),
        [],
        "it may still be repeated, and what came later waits for it"
    );
    let shots = program.shots(10_101);
    let ends: Vec<_> = shots
        .iter()
        .map(|shot| (shot.ended_at, shot.end.clone()))
        .collect();
    assert_eq!(
        ends,
        [
            (Moment::from_millis(100), ShotEnd::Failed(FailureKind::Connection)),
            (Moment::from_millis(5_000), ShotEnd::Succeeded),
        ]
    );
    program.call((10_200, 10_300), ("us-east-1", 1, "c"), CallEnd::Served);
    let [late] = &program.shots(10_300)[..] else {
        panic!("an operation of its own");
    };
    assert_eq!(late.attempts.len(), 1);
}

#[test]
fn an_equal_request_after_an_answer_is_another_operation() {
    let mut program = Program::new();
    program.call((0, 100), ("us-east-1", 1, ""), CallEnd::Served);
    program.call((200, 300), ("us-east-1", 1, ""), CallEnd::Served);
    let shots = program.shots(300);
    assert_eq!(shots.len(), 2);
    assert_eq!(shots.iter().map(|shot| shot.id.index).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn of_two_that_failed_alike_the_oldest_is_repeated_and_the_doubt_is_counted() {
    let mut program = Program::new();
    // Both are under way before the first of them fails, so neither is the other's repeat.
    let (first, second) = (
        program.begin(0, ("us-east-1", 1, "a")),
        program.begin(50, ("us-east-1", 1, "b")),
    );
    program.end(&first, 100, unavailable());
    program.end(&second, 150, unavailable());
    program.call((400, 500), ("us-east-1", 1, "c"), CallEnd::Served);
    assert_eq!(program.assembly.doubts(), (1, 0, 0));
    let answered = program.shots(500);
    assert!(
        answered.is_empty(),
        "the other one may yet be lost as of before that"
    );
    let shots = program.shots(20_000);
    let tried: Vec<_> = (shots.iter())
        .map(|shot| (shot.id.index, shot.attempts.len(), shot.succeeded()))
        .collect();
    assert_eq!(tried, [(1, 1, false), (0, 2, true)]);
}
