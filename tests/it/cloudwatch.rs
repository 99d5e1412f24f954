//! CloudWatch from outside: boto3, the AWS CLI and the Rust SDK against the emulator on a socket.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use aws_sdk_cloudwatch::config::{BehaviorVersion, Credentials, Region as SdkRegion};
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use aws_sdk_cloudwatch::{Client, Config};
use bedrill::bedrock::{Ask, ClientPlan, Clients, HopCall, HopPlan, RetrySpec, Target};
use bedrill::catalog::Catalog;
use bedrill::clock::{Clock, Moment};
use bedrill::emulator::server::Server;
use bedrill::emulator::service::{Service, ServicePlan};
use bedrill::emulator::world::plan::{HistoryPlan, LatencyPlan, WorldPlan};
use bedrill::event::{FaultId, Route};
use bedrill::fault::{FaultKind, FaultPlan, FaultShape, Scope};
use bedrill::names::{ModelId, ModelRef, PatternKey, Provider, Region};
use bedrill::seed::Seed;
use bedrill::units::Share;

use super::strangers;

const MODEL: &str = "us.amazon.nova-micro-v1:0";
const METRICS: [&str; 4] = [
    "Invocations",
    "InvocationThrottles",
    "InputTokenCount",
    "OutputTokenCount",
];

fn plan() -> WorldPlan {
    WorldPlan {
        latency: LatencyPlan::Fixed {
            first_token: Duration::from_millis(2),
            per_token: Duration::from_micros(50),
        },
        metrics_delay: Duration::ZERO,
        ..WorldPlan::default()
    }
}

fn service(plan: WorldPlan, clock: Clock) -> Service {
    Service::new(ServicePlan {
        catalog: Catalog::builtin(),
        plan,
        seed: Seed::new(7),
        clock,
    })
}

fn within<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(work)
}

#[test]
fn boto3_and_the_aws_cli_read_put_and_watch_in_every_protocol() {
    let Some(python) = strangers::python() else {
        return;
    };
    let server = within(async { Server::spawn(service(plan(), Clock::real()), 0).expect("a free port") });
    strangers::run(&python, "cloudwatch.py", &server, &[]);
}

/// Calls of bedrill's own client, a third of them throttled by the service, beside calls of boto3's;
/// every fifth attempt of the client's meets a fault of its own making. The clock begins ten seconds
/// before a full minute, so the minute closes while we look.
#[test]
fn cloudwatch_counts_what_the_client_and_boto3_count_and_no_fault_of_the_clients() {
    let Some(python) = strangers::python() else {
        return;
    };
    let begin = 1_767_603_600 - 10;
    within(async {
        let clock = Clock::real_at(UNIX_EPOCH + Duration::from_secs(begin));
        let quiet = WorldPlan {
            history: HistoryPlan {
                lasts: Duration::ZERO,
                ..HistoryPlan::default()
            },
            ..plan()
        };
        let service = service(quiet, clock.clone());
        service
            .control()
            .inject(fault(1, FaultKind::Throttle, 0.3, false));
        let server = Server::spawn(service, 0).expect("a free port");
        let url = format!("http://{}", server.addr());
        let script = format!(
            "{}/tests/strangers/cloudwatch_beside.py",
            env!("CARGO_MANIFEST_DIR")
        );
        let python = |arguments: &[&str]| {
            let mut command = Command::new(&python);
            command
                .arg(&script)
                .arg(&url)
                .args(arguments)
                .stdout(Stdio::piped());
            command.spawn().expect("Python")
        };
        let told = |child: std::process::Child| -> [f64; 4] {
            let output = child.wait_with_output().expect("its end");
            assert!(output.status.success());
            serde_json::from_slice(&output.stdout).expect("four sums")
        };

        let beside = python(&["call", "100"]);
        let mine = calls(&url, &clock).await;
        let beside = told(beside);
        let counted: Vec<f64> = mine
            .iter()
            .zip(beside)
            .map(|(mine, beside)| mine + beside)
            .collect();
        assert!(
            mine[0] > 100.0 && beside[0] > 50.0 && mine[1] > 40.0 && beside[1] > 15.0,
            "{mine:?} {beside:?}"
        );

        // Traffic is over; the minute it ended in closes.
        let open = begin + clock.now().as_secs();
        let closes = Moment::from_secs(open - open % 60 + 60 - begin);
        clock.sleep_until(closes + Duration::from_millis(10)).await;
        let end = begin + 3_600;
        assert_eq!(sums(&url, begin, end).await, counted, "CBOR by the Rust SDK");
        let (start, end) = (begin.to_string(), end.to_string());
        for protocol in ["json", "query", "smithy-rpc-v2-cbor"] {
            assert_eq!(
                told(python(&["read", protocol, &start, &end])).to_vec(),
                counted,
                "{protocol}"
            );
        }
    });
}

fn fault(id: u32, kind: FaultKind, share: f64, at_client: bool) -> FaultPlan {
    FaultPlan {
        id: FaultId(id),
        kind,
        scope: Scope::default(),
        share: Share::new(share).expect("a share"),
        shape: FaultShape::Step,
        begins_at: Moment::ZERO,
        lasts: Duration::from_secs(3_600),
        at_client,
    }
}

/// What bedrill's client counts of 300 calls: successes, attempts that the service throttled, tokens
/// in and out.
async fn calls(url: &str, clock: &Clock) -> [f64; 4] {
    let plan = ClientPlan::new(Target::Endpoint(url.to_owned()), clock.clone());
    plan.faults.inject(&fault(2, FaultKind::Throttle, 0.2, true));
    let route = Route {
        region: Region::from("us-east-1"),
        target: ModelRef::from(MODEL),
        model: ModelId::from("amazon.nova-micro-v1:0"),
        provider: Provider::from("Amazon"),
        label: "us-east-1".into(),
    };
    let hop = Clients::new(plan).hop(HopPlan {
        pattern: PatternKey::from("fallback"),
        route: Arc::new(route),
        sdk_attempts: 1,
        retry_spec: RetrySpec::V2_0,
        attempt_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_secs(2),
        chars_per_token: 4.4,
    });
    let mut sums = [0.0; 4];
    let mut injected = 0;
    for number in 0..300 {
        let ask = Ask {
            document: None,
            history: Vec::new(),
            system: None,
            text: format!("Question {number}"),
            max_tokens: Some(90),
            stream: number % 2 == 0,
        };
        let circumstances = HopCall {
            hop: 0,
            round: 0,
            seed: Seed::new(number),
            backoff: Duration::ZERO,
            deadline: clock.now() + Duration::from_secs(30),
        };
        let outcome = hop.converse(circumstances, &ask).await;
        for attempt in &outcome.attempts {
            if attempt.injected {
                injected += 1;
            } else if attempt.failure().is_some() {
                sums[1] += 1.0;
            }
        }
        if let Ok(answer) = outcome.end {
            sums[0] += 1.0;
            sums[2] += answer.usage.input as f64;
            sums[3] += answer.usage.output as f64;
        }
    }
    assert!(injected > 30, "{injected}");
    sums
}

/// CloudWatch's sums, by the Rust SDK.
async fn sums(url: &str, start: u64, end: u64) -> Vec<f64> {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .credentials_provider(Credentials::new("AKIDX", "secret", None, None, "test"))
        .region(SdkRegion::new("us-east-1"))
        .endpoint_url(url);
    let model = Dimension::builder().name("ModelId").value(MODEL).build();
    let queries = METRICS.iter().zip(["a", "b", "c", "d"]).map(|(name, id)| {
        let metric = Metric::builder()
            .namespace("AWS/Bedrock")
            .metric_name(*name)
            .dimensions(model.clone());
        let looked_at = MetricStat::builder()
            .metric(metric.build())
            .period(60)
            .stat("Sum")
            .build();
        MetricDataQuery::builder().id(id).metric_stat(looked_at).build()
    });
    let time = |secs: u64| DateTime::from_secs(secs.cast_signed());
    let answer = Client::from_conf(config.build())
        .get_metric_data()
        .set_metric_data_queries(Some(queries.collect()))
        .start_time(time(start))
        .end_time(time(end))
        .send()
        .await
        .expect("an answer");
    let results = answer.metric_data_results().iter();
    results.map(|result| result.values().iter().sum()).collect()
}
