//! Targets that are not embedded, on the real binary: what is refused and why, a whole drill against
//! another emulator beneath its cap, and an endpoint that is not ours at all.

#![allow(clippy::print_stderr, reason = "a skipped test says why")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use bedrill::bedrock::account::MetricAsk;
use bedrill::bedrock::{Account, ClientPlan, Clients, Target, UrlTarget};
use bedrill::catalog::Catalog;
use bedrill::clock::Clock;
use bedrill::emulator::server::Server;
use bedrill::emulator::service::{Service, ServicePlan};
use bedrill::emulator::world::plan::{AccessPlan, BackgroundPlan, LatencyPlan, WorldPlan};
use bedrill::names::Region;
use bedrill::seed::Seed;
use bedrill::units::Usd;
use tokio::task::LocalSet;

/// A drill that fits every target.
const DRILL: &str = r#"
description = "another target"
duration = "3s"
drain = "5s"
[[pattern]]
kind = "cross-region"
model = "amazon.nova-micro-v1:0"
region = "us-east-1"
arms = ["on-demand"]
rate = "15/s"
[pattern.workload]
max_tokens = 100
[[fault]]
kind = "throttle"
begins = "1s"
lasts = "1s"
share = "50%"
at = "client"
"#;

/// A file of this process's own, deleted at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let path = std::env::temp_dir().join(format!("bedrill-{}-{name}.toml", std::process::id()));
        fs::write(&path, text).expect("a file");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("UTF-8")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}

/// The binary in an environment that names no account.
fn bedrill(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bedrill"));
    let home = std::env::temp_dir().join("bedrill-nobodys-home");
    command
        .args(flags)
        .stdin(Stdio::null())
        .env("BEDRILL_NO_RECORD", "1")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("AWS_CONFIG_FILE", home.join("config"))
        .env("AWS_SHARED_CREDENTIALS_FILE", home.join("credentials"));
    for (key, _) in std::env::vars() {
        let is_aws = key.starts_with("AWS_")
            && ![
                "AWS_EC2_METADATA_DISABLED",
                "AWS_CONFIG_FILE",
                "AWS_SHARED_CREDENTIALS_FILE",
            ]
            .contains(&key.as_str());
        if is_aws || key.to_lowercase().ends_with("_proxy") {
            command.env_remove(key);
        }
    }
    command
}

fn run(flags: &[&str]) -> Output {
    bedrill(flags).output().expect("the binary starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn service(access: AccessPlan) -> Service {
    let plan = WorldPlan {
        latency: LatencyPlan::Fixed {
            first_token: Duration::from_millis(20),
            per_token: Duration::from_micros(200),
        },
        background: BackgroundPlan {
            mean: 0.0,
            swing: 0.0,
            ..BackgroundPlan::default()
        },
        access,
        ..WorldPlan::default()
    };
    Service::new(ServicePlan {
        catalog: Catalog::builtin(),
        plan,
        seed: Seed::new(5),
        clock: Clock::real(),
    })
}

#[tokio::test]
async fn what_is_not_permitted_is_refused_with_its_reason_and_nothing_is_sent() {
    let service = service(AccessPlan::default());
    let server = Server::spawn(service.clone(), 0).expect("a free port");
    let url = format!("http://{}", server.addr());
    let drill = Scratch::new("refused", DRILL);
    let worldly = Scratch::new("worldly", &format!("{DRILL}\n[world]\ntime_scale = 2.0\n"));
    let capacity = Scratch::new(
        "capacity",
        &DRILL
            .replace("kind = \"throttle\"", "kind = \"capacity-outage\"")
            .replace("at = \"client\"", ""),
    );
    let greedy = Scratch::new("greedy", &DRILL.replace("15/s", "4000/s"));
    let yes = ["--yes", "--max-spend", "1"];
    let one = ["--max-spend", "1"];
    for (what, file, flags, words) in [
        (
            "no terminal",
            &drill,
            &one[..],
            "say --yes together with --max-spend",
        ),
        ("no cap", &drill, &["--yes"][..], "--yes needs --max-spend"),
        ("a world", &worldly, &yes[..], "world: target"),
        (
            "a fault of the world",
            &capacity,
            &yes[..],
            "capacity-outage cannot be caused on target",
        ),
        ("too much", &greedy, &yes[..], "--max-quota-share"),
        (
            "virtual time",
            &drill,
            &["--yes", "--max-spend", "1", "--virtual"][..],
            "runs in real time",
        ),
    ] {
        let mut all = vec!["run", file.path(), "--target", &url];
        all.extend(flags);
        let output = run(&all);
        assert_eq!(output.status.code(), Some(2), "{what}: {}", said(&output));
        assert!(said(&output).contains(words), "{what}: {}", said(&output));
    }
    assert_eq!(service.control().ledger().total().calls, 0);
}

#[tokio::test]
async fn a_whole_drill_runs_against_another_emulator_with_the_cap_and_our_faults_marked() {
    let service = service(AccessPlan::default());
    let server = Server::spawn(service.clone(), 0).expect("a free port");
    let url = format!("http://{}", server.addr());
    let drill = Scratch::new("whole", DRILL);
    let output = run(&[
        "run",
        drill.path(),
        "--target",
        &url,
        "--yes",
        "--max-spend",
        "1",
        "--json",
    ]);
    let shown = said(&output);
    for words in [
        &*url,
        "dummy credentials",
        "us-east-1",
        "cut off before $1.00",
        "(applied)",
        "injected at this client",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert!(!shown.contains("123456789012"), "the account is masked: {shown}");
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(document["target"], url.as_str());
    let caveats = document["verdict"]["caveats"].to_string();
    assert!(caveats.contains("injected at the client"), "{document:#}");
    let total = service.control().ledger().total();
    assert!(total.calls > 20, "the calls really went there: {total:?}");

    // A cap of a fiftieth of a cent ends it, with the exit code of a run that was broken off.
    let before = total.cost;
    let output = run(&[
        "run",
        drill.path(),
        "--target",
        &url,
        "--yes",
        "--max-spend",
        "0.0002",
        "--json",
    ]);
    assert_eq!(output.status.code(), Some(5), "{}", said(&output));
    let spent = service.control().ledger().total().cost - before;
    assert!(spent <= Usd::from_dollars(0.0002), "{spent} passes the cap");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("leaves no room for another call"), "{text}");
}

#[tokio::test]
async fn real_credentials_stay_at_home_unless_asked() {
    let service = service(AccessPlan::default());
    let server = Server::spawn(service.clone(), 0).expect("a free port");
    let url = format!("http://{}", server.addr());
    let drill = Scratch::new("secrets", DRILL);
    let with_keys = |flags: &[&str]| {
        let mut command = bedrill(flags);
        command
            .env("AWS_ACCESS_KEY_ID", "AKIAREALREALREAL")
            .env("AWS_SECRET_ACCESS_KEY", "planted-secret")
            .env("AWS_BEARER_TOKEN_BEDROCK", "planted-bearer")
            .env("AWS_REGION", "us-east-1");
        command
    };
    // Somebody pointed the SDK at a plaintext host: what signs does not go there.
    let flags = [
        "run",
        drill.path(),
        "--target",
        "aws",
        "--yes",
        "--max-spend",
        "1",
    ];
    let output = with_keys(&flags)
        .env("AWS_ENDPOINT_URL", &url)
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(
        said(&output).contains("not reached over HTTPS"),
        "{}",
        said(&output)
    );
    assert!(
        said(&output).contains(&format!("every service: {url}")),
        "{}",
        said(&output)
    );
    assert_eq!(service.control().ledger().total().calls, 0);
    let flags = ["run", drill.path(), "--target", &url, "--yes", "--max-spend", "1"];
    let output = with_keys(&flags).output().expect("it starts");
    assert!(said(&output).contains("dummy credentials"), "{}", said(&output));
    let asked = [
        "run",
        drill.path(),
        "--target",
        &url,
        "--yes",
        "--max-spend",
        "1",
        "--send-credentials",
    ];
    let output = with_keys(&asked).output().expect("it starts");
    assert!(!said(&output).contains("dummy credentials"), "{}", said(&output));
    assert!(!said(&output).contains("planted"), "{}", said(&output));
}

/// HTTPS goes through the proxy that the environment names, and the answer of a proxy is no answer of AWS's.
#[test]
fn the_proxy_of_the_environment_is_asked_for_the_way_to_aws() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let proxy = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = std::thread::spawn(move || {
        let (connection, _) = listener.accept().expect("the binary comes");
        let mut lines = BufReader::new(connection);
        let mut first = String::new();
        lines.read_line(&mut first).expect("a request line");
        first
    });
    let drill = Scratch::new("proxy", DRILL);
    let flags = [
        "run",
        drill.path(),
        "--target",
        "aws",
        "--yes",
        "--max-spend",
        "1",
    ];
    let output = bedrill(&flags)
        .env("AWS_ACCESS_KEY_ID", "AKIAREALREALREAL")
        .env("AWS_SECRET_ACCESS_KEY", "planted-secret")
        .env("AWS_REGION", "us-east-1")
        .env("HTTPS_PROXY", proxy)
        .output()
        .expect("it starts");
    let first = asked.join().expect("a request");
    assert!(
        first.starts_with("CONNECT sts.us-east-1.amazonaws.com:443"),
        "{first}"
    );
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("nothing was sent"), "{}", said(&output));
}

/// moto's server from the package index: it is not ours and knows Bedrock's control plane in part, and no
/// inference at all. A drill is confirmed against it and fails call by call; nothing hangs or panics.
#[tokio::test]
async fn an_endpoint_that_is_not_ours_is_asked_what_it_can_tell() {
    let Some(moto) = Moto::start().await else { return };
    let target = Target::Url(UrlTarget {
        url: moto.url.clone(),
        account: None,
    });
    let account = Account::read_only(target.clone(), Clock::real());
    let region = Region::from("us-east-1");
    // STS.
    let identity = account.identity(&region).await.expect("STS answers");
    assert_eq!(identity.masked(), "********9012");
    // Service Quotas and CloudWatch: an answer, or one clear line.
    let quotas = account.applied_quotas(&region).await;
    assert!(
        quotas
            .as_ref()
            .err()
            .is_none_or(|problem| problem.to_string().contains("us-east-1")),
        "{quotas:?}"
    );
    let ask = MetricAsk {
        namespace: "AWS/Bedrock",
        name: "Invocations",
        id: "amazon.nova-micro-v1:0".to_owned(),
        statistic: "Sum",
        period: 60,
    };
    let now = account.clock().wall(account.clock().now()).as_second();
    let values = account.metric_data(&region, &[ask], (now - 600, now)).await;
    assert!(
        values.as_ref().map_or_else(
            |problem| problem.to_string().contains("us-east-1"),
            |values| values.len() == 1
        ),
        "{values:?}"
    );
    // Bedrock's control plane.
    let jobs = account
        .bedrock(&region)
        .list_model_customization_jobs()
        .send()
        .await;
    assert!(jobs.is_err(), "not on the list, so held back: {jobs:?}");
    let logging = account
        .bedrock(&region)
        .get_model_invocation_logging_configuration()
        .send()
        .await;
    assert!(logging.is_ok(), "{logging:?}");
    // S3, which only a drill writes to: a bucket is made, filled, read, emptied and taken away.
    LocalSet::new()
        .run_until(Box::pin(async {
            let clients = Clients::new(ClientPlan::new(target, Clock::real()));
            let bucket = clients.bucket(&region, "bedrill-drill");
            assert!(bucket.make().await.expect("a bucket"));
            bucket.put("run/in.jsonl", b"{}\n".to_vec()).await.expect("put");
            assert_eq!(bucket.list("run/").await.expect("listed"), ["run/in.jsonl"]);
            assert_eq!(bucket.get("run/in.jsonl").await.expect("got"), b"{}\n");
            bucket
                .delete(&["run/in.jsonl".to_owned()])
                .await
                .expect("deleted");
            bucket.remove().await.expect("removed");
        }))
        .await;
    let drill = Scratch::new("moto", DRILL);
    let output = run(&[
        "run",
        drill.path(),
        "--target",
        &moto.url,
        "--yes",
        "--max-spend",
        "1",
        "--json",
    ]);
    assert!(said(&output).contains("********9012"), "{}", said(&output));
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    assert_eq!(document["target"], moto.url.as_str());
}

/// moto's server in a process of its own, ended with it.
struct Moto {
    process: Child,
    url: String,
}

impl Moto {
    /// `None`, with a word, where it is not installed: its path stands in `BEDRILL_MOTO`.
    async fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("BEDRILL_MOTO") else {
            assert!(
                std::env::var_os("BEDRILL_REQUIRE_STRANGERS").is_none(),
                "BEDRILL_MOTO must name moto_server"
            );
            eprintln!("skipped: BEDRILL_MOTO does not name moto_server (.ci/run installs it)");
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let process = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto_server starts");
        let moto = Self {
            process,
            url: format!("http://127.0.0.1:{port}"),
        };
        // A minute of looks: it is Python, and takes its time to start.
        let clock = Clock::real();
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(moto);
            }
            clock.sleep(Duration::from_millis(100)).await;
        }
        panic!("moto_server does not listen");
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
