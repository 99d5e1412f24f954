//! `bedrill serve` and `bedrill fault` on the real binary: the ready line, the control API, leases, the
//! token of a port that others can reach, and a graceful end.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// A server that ends with its owner.
struct Serving {
    child: Child,
    told: BufReader<ChildStdout>,
    url: String,
}

impl Serving {
    fn start(flags: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_bedrill"))
            .args(["serve", "--port", "0", "--json"])
            .args(flags)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let mut told = BufReader::new(child.stdout.take().expect("standard output"));
        let mut line = String::new();
        told.read_line(&mut line).expect("the ready line");
        let ready: Value = serde_json::from_str(&line).expect("one line of JSON");
        let url = ready["listening"].as_str().expect("a URL").to_owned();
        Self { child, told, url }
    }

    /// A request over a connection of its own: status and body.
    fn ask(&self, method: &str, path: &str, (headers, body): (&str, &Value)) -> (u16, Value) {
        let mut stream = self.connect();
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: bedrill\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        )
        .expect("it listens");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        let status = text
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .expect("a status");
        let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn get(&self, path: &str) -> Value {
        self.ask("GET", path, ("", &Value::Null)).1
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask("POST", path, ("", body))
    }

    /// Converse, of an access key.
    fn converse(&self, prompt: &str) -> u16 {
        let signed = "authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260105/us-east-1/bedrock/aws4_request, \
                      SignedHeaders=host, Signature=00\r\nuser-agent: shop/1.0 app/checkout\r\n";
        let body = json!({ "messages": [{ "role": "user", "content": [{ "text": prompt }] }],
                           "inferenceConfig": { "maxTokens": 5 } });
        self.ask("POST", "/model/amazon.nova-lite-v1:0/converse", (signed, &body))
            .0
    }

    fn connect(&self) -> TcpStream {
        let address = self.url.strip_prefix("http://").expect("http");
        TcpStream::connect(address.replace("0.0.0.0", "127.0.0.1")).expect("it listens")
    }

    fn fault(&self, flags: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bedrill"));
        command.arg("fault").args(flags).args(["--at", &self.url]);
        command.output().expect("the binary starts")
    }

    fn signal(&self) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a process");
        kill_process(pid, Signal::TERM).expect("a signal");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Gone already, where the test ended it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn faults_are_added_listed_renewed_and_lifted_in_the_words_of_a_scenario() {
    let server = Serving::start(&["--seed", "11"]);
    assert_eq!(server.converse("one"), 200);
    let added = server.fault(&["add", "kind=throttle", "scope.region=us-east-1", "lasts=90s"]);
    assert!(added.status.success(), "{}", text(&added.stderr));
    assert!(
        text(&added.stdout).contains("us-east-1 throttle"),
        "{}",
        text(&added.stdout)
    );
    assert_eq!(server.converse("two"), 429);
    let health = server.get("/health");
    assert_eq!(
        (&health["seed"], &health["faults"][0]),
        (&json!(11), &json!("us-east-1 throttle"))
    );
    let (status, renewed) = server.post("/_bedrill/v1/faults/1/renew", &json!({ "lasts": "10m" }));
    assert_eq!(status, 200);
    assert!(
        renewed["ends_in_secs"].as_f64().is_some_and(|left| left > 590.0),
        "{renewed}"
    );
    let lifted = server.fault(&["lift", "1"]);
    assert_eq!(text(&lifted.stdout), "1 fault lifted\n");
    assert_eq!(server.converse("three"), 200);
    for (flags, words) in [
        (&["add", "kind=throtle"][..], "throttle"),
        (&["add", "kind=throttle", "at=client"], "only the emulator"),
        (&["lift", "9"], "there is no fault 9"),
    ] {
        let output = server.fault(flags);
        assert_eq!(output.status.code(), Some(2), "{flags:?}");
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    }
}

#[test]
fn a_lease_ends_by_itself_and_quotas_have_one_too() {
    let server = Serving::start(&[]);
    let model = "amazon.nova-lite-v1:0";
    let (status, set) = server.post(
        "/_bedrill/v1/quotas",
        &json!({ "model": model, "requests_per_minute": 0, "lasts": "400ms" }),
    );
    assert_eq!((status, &set["model"]), (201, &json!(model)), "{set}");
    assert_eq!(server.converse("one"), 429);
    // Asked until the lease is over; the test's own time says nothing about the server's.
    while server.get("/_bedrill/v1/quotas")["quotas"] != json!([]) {}
    assert_eq!(server.converse("two"), 200);
}

#[test]
fn the_log_tells_who_called_what_and_no_prompt() {
    let server = Serving::start(&[]);
    server.converse("a secret prompt");
    assert_eq!(server.converse(""), 400);
    let log = server.get("/_bedrill/v1/requests?caller=checkout&status=200");
    let [line] = &log["requests"].as_array().expect("a list")[..] else {
        panic!("one request was answered: {log}");
    };
    assert_eq!(
        (&line["access_key"], &line["operation"]),
        (&json!("AKIDEXAMPLE"), &json!("Converse"))
    );
    assert_eq!(line["usage"]["output"], 5);
    let all = server.get("/_bedrill/v1/requests");
    assert_eq!(all["requests"].as_array().map(Vec::len), Some(2));
    assert!(!all.to_string().contains("secret prompt"));
    let callers = server.get("/_bedrill/v1/callers");
    assert_eq!(
        (&callers["callers"][0]["calls"], &callers["callers"][0]["failed"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(
        server.get("/_bedrill/v1/ledger")["total"]["calls"],
        1,
        "the second was no call of a model"
    );
    assert_eq!(server.post("/_bedrill/v1/reset", &Value::Null).0, 200);
    assert_eq!(server.get("/_bedrill/v1/requests")["requests"], json!([]));
    let (status, problem) = server.ask("GET", "/_bedrill/v1/nonsense", ("", &Value::Null));
    assert_eq!(status, 404);
    assert!(
        problem["error"]
            .as_str()
            .is_some_and(|words| words.contains("docs/serve.md")),
        "{problem}"
    );
}

#[test]
fn a_port_that_others_reach_asks_for_a_token_that_its_owner_alone_can_read() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let file = folder.join(format!("token-{}", std::process::id()));
    let path = file.to_str().expect("a path");
    let mut server = Serving::start(&["--bind", "0.0.0.0", "--token-file", path]);
    let mode = std::fs::metadata(&file).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let secret = std::fs::read_to_string(&file).expect("the token");
    let faults = "/_bedrill/v1/faults";
    assert_eq!(server.ask("GET", faults, ("", &Value::Null)).0, 401);
    let key = format!("authorization: Bearer {}\r\n", secret.trim());
    assert_eq!(server.ask("GET", faults, (&key, &Value::Null)).0, 200);
    assert_eq!(server.get("/health")["status"], "ok", "the liveness needs none");
    assert_eq!(server.converse("one"), 200, "nor do calls of Bedrock");
    server.signal();
    assert_eq!(server.child.wait().expect("it ends").code(), Some(0));
    let mut warning = String::new();
    server
        .child
        .stderr
        .take()
        .expect("standard error")
        .read_to_string(&mut warning)
        .expect("text");
    assert_eq!(
        warning.matches(secret.trim()).count(),
        1,
        "printed once: {warning}"
    );
    assert!(!file.exists(), "the token goes with the server");
}

#[test]
fn an_answer_under_way_ends_before_the_server_does() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let world = folder.join(format!("world-{}.toml", std::process::id()));
    std::fs::write(
        &world,
        "seed = 5\n[world]\nlatency = { first_token = \"700ms\" }\n",
    )
    .expect("a file");
    let mut server = Serving::start(&["--world", world.to_str().expect("a path"), "--drain", "10s"]);
    std::fs::remove_file(&world).expect("read already");
    assert_eq!(server.get("/health")["seed"], 5, "a file with a world alone");
    let status = std::thread::scope(|scope| {
        let asked = scope.spawn(|| server.converse("one"));
        // Until the call is under way.
        while server.get("/_bedrill/v1/callers")["callers"][0]["in_flight"] != json!(1) {}
        server.signal();
        asked.join().expect("an answer")
    });
    assert_eq!(status, 200);
    assert_eq!(server.child.wait().expect("it ends").code(), Some(0));
    let mut rest = String::new();
    server.told.read_to_string(&mut rest).expect("text");
    assert_eq!(rest, "", "one line and no more on standard output");
}
