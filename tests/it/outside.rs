//! A program from outside is drilled by the binary; the scorecard is compared with the program's own log.
//!
//! The program is `tests/strangers/outside_app.py`: boto3 with one retry of the SDK's, a home-made loop
//! around it, and in one of its two modes a home-made failover. Counts are equal exactly, moments within
//! [`RESOLUTION`]. Without a Python that has boto3 it is skipped, as the other strangers are.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// What a Python program's clock readings around a call may be off the server's.
const RESOLUTION: f64 = 0.1;
/// When the fault of both scenarios begins and ends, in seconds.
const FAULT: (f64, f64) = (4.0, 8.0);

#[test]
fn a_failover_made_at_home_is_found_and_measured() {
    let Some(python) = super::strangers::python() else {
        return;
    };
    let (document, log, exit) = drill(&python, "outside-failover", "failover");
    let own = Own::read(&log);
    assert_eq!(exit, 0, "every expectation holds: {}", document["expectations"]);
    own.agrees_with(&document);
    let card = &document["scorecard"]["arms"][0];
    assert_eq!(
        (&card["arm"], card["lost"].as_u64()),
        (&Value::from("outside/all"), Some(0))
    );
    assert!(
        card["recover_us"].is_null(),
        "nothing was lost, so there is nothing to recover from"
    );
    // The operations that began while the fault was in force, and what each layer made of them.
    let struck: BTreeSet<usize> = own.begun_within(FAULT);
    let attempts: Vec<_> = own
        .attempts
        .iter()
        .filter(|tried| struck.contains(&tried.operation))
        .collect();
    let invocations: BTreeSet<_> = attempts.iter().map(|tried| &tried.invocation).collect();
    assert_eq!(card["intended"].as_u64(), Some(struck.len() as u64));
    close(
        &card["amplification"],
        attempts.len() as f64 / struck.len() as f64,
        1e-6,
    );
    close(
        &card["sdk_amplification"],
        attempts.len() as f64 / invocations.len() as f64,
        1e-6,
    );
    close(
        &card["chain_amplification"],
        invocations.len() as f64 / struck.len() as f64,
        1e-6,
    );
    // When it was noticed, and how soon another region was tried.
    let failed = own
        .attempts
        .iter()
        .filter(|tried| tried.failed)
        .map(|tried| tried.ended_at);
    let noticed = failed.fold(f64::MAX, f64::min);
    let elsewhere = own.attempts.iter().filter(|tried| tried.region == "us-west-2");
    let switched = elsewhere.map(|tried| tried.sent_at).fold(f64::MAX, f64::min);
    close(&card["detect_us"], (noticed - FAULT.0) * 1e6, RESOLUTION * 1e6);
    close(&card["switch_us"], (switched - noticed) * 1e6, RESOLUTION * 1e6);
    let hops = &document["outside"]["hops"];
    assert_eq!(
        (&hops[0]["from"], &hops[0]["to"]),
        (&"us-east-1".into(), &"us-west-2".into())
    );
}

#[test]
fn the_lack_of_a_failover_is_found_with_its_losses_and_its_recovery() {
    let Some(python) = super::strangers::python() else {
        return;
    };
    let (document, log, exit) = drill(&python, "outside-stay", "stay");
    let own = Own::read(&log);
    assert_eq!(exit, 3, "not everything was answered");
    own.agrees_with(&document);
    assert_eq!(document["outside"]["total"]["failovers"], 0);
    let card = &document["scorecard"]["arms"][0];
    assert!(card["switch_us"].is_null(), "it never went elsewhere");
    let lost = own.operations.iter().filter(|operation| !operation.answered);
    let last_loss = lost
        .clone()
        .map(|operation| operation.ended_at)
        .fold(0.0, f64::max);
    assert!(
        lost.clone().count() > 0,
        "the outage was longer than the loop's patience"
    );
    assert_eq!(card["lost"].as_u64(), Some(lost.count() as u64));
    let answered = own.operations.iter().filter(|operation| operation.answered);
    let after = answered
        .map(|operation| operation.ended_at)
        .filter(|ended| *ended > last_loss);
    let recovered = after.fold(f64::MAX, f64::min);
    close(&card["recover_us"], (recovered - FAULT.0) * 1e6, RESOLUTION * 1e6);
}

/// What the program says that it did.
struct Own {
    attempts: Vec<Tried>,
    operations: Vec<Operation>,
}

struct Tried {
    operation: usize,
    invocation: String,
    region: String,
    sent_at: f64,
    ended_at: f64,
    failed: bool,
}

struct Operation {
    began_at: f64,
    ended_at: f64,
    answered: bool,
    waits: usize,
}

impl Own {
    fn read(log: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let number = |value: &Value| value.as_f64().expect("a number");
        let list = |key: &str| log[key].as_array().expect("a list").clone();
        let attempts = list("attempts").into_iter().map(|tried| Tried {
            operation: tried["operation"].as_u64().expect("a place") as usize,
            invocation: text(&tried["invocation"]),
            region: text(&tried["region"]),
            sent_at: number(&tried["sent_at"]),
            ended_at: number(&tried["ended_at"]),
            failed: tried["failed"].as_bool().expect("a flag"),
        });
        let operations = list("operations").into_iter().map(|operation| Operation {
            began_at: number(&operation["began_at"]),
            ended_at: number(&operation["ended_at"]),
            answered: operation["answered"].as_bool().expect("a flag"),
            waits: operation["waits"].as_array().expect("a list").len(),
        });
        let (attempts, operations) = (attempts.collect(), operations.collect::<Vec<_>>());
        assert!(operations.len() > 40, "the program ran through the whole drill");
        Self { attempts, operations }
    }

    fn begun_within(&self, (from, to): (f64, f64)) -> BTreeSet<usize> {
        let begun = self.operations.iter().enumerate();
        let begun = begun.filter(|(_, operation)| (from..to).contains(&operation.began_at));
        begun.map(|(place, _)| place).collect()
    }

    /// Every count of the whole run is the program's own.
    fn agrees_with(&self, document: &Value) {
        let total = &document["outside"]["total"];
        let answered = self
            .operations
            .iter()
            .filter(|operation| operation.answered)
            .count();
        let invocations: BTreeSet<_> = self.attempts.iter().map(|tried| &tried.invocation).collect();
        let mut routes: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        for tried in &self.attempts {
            routes.entry(tried.operation).or_default().push(&tried.region);
        }
        let changes = |regions: &Vec<&str>| regions.windows(2).filter(|pair| pair[0] != pair[1]).count();
        let waits: usize = self.operations.iter().map(|operation| operation.waits).sum();
        for (what, own) in [
            ("operations", self.operations.len()),
            ("answered", answered),
            ("invocations", invocations.len()),
            ("attempts", self.attempts.len()),
            ("failovers", routes.values().map(changes).sum()),
        ] {
            assert_eq!(total[what].as_u64(), Some(own as u64), "{what}: {total}");
        }
        assert_eq!(
            total["loop_backoff"]["count"].as_u64(),
            Some(waits as u64),
            "waits of the loop"
        );
        let arm = &document["arms"][0];
        assert_eq!(arm["intended"].as_u64(), Some(self.operations.len() as u64));
        assert_eq!(document["lost_events"], 0);
        let seen = &document["outside"]["seen"];
        for doubt in ["ambiguous", "unresolved", "unheard", "waiting", "under_way"] {
            assert_eq!(seen[doubt], 0, "{doubt}");
        }
        assert_eq!(seen["callers"][0]["name"], "Boto3");
        assert_eq!(
            seen["callers"][0]["calls"].as_u64(),
            Some(self.attempts.len() as u64)
        );
    }
}

/// A child that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Gone already, where all went well.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The run's document, the program's log, and the run's exit code.
fn drill(python: &str, scenario: &str, mode: &str) -> (Value, Value, i32) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{scenario}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (log, out): (PathBuf, PathBuf) = (folder.join("log.json"), folder.join("run.json"));
    let mut run = Command::new(env!("CARGO_BIN_EXE_bedrill"));
    run.args(["run", &format!("tests/data/scenarios/{scenario}.toml"), "--json"])
        .args(["--listen", "127.0.0.1:0"])
        .env("BEDRILL_NO_RECORD", "1")
        .stdout(std::fs::File::create(&out).expect("a file"))
        .stderr(Stdio::piped());
    let mut run = Running(run.spawn().expect("the binary starts"));
    let mut told = BufReader::new(run.0.stderr.take().expect("standard error"));
    let mut line = String::new();
    told.read_line(&mut line).expect("a line");
    let endpoint = line
        .trim()
        .strip_prefix("listening on ")
        .expect("the ready line")
        .to_owned();
    let program = Command::new(python)
        .args(["tests/strangers/outside_app.py", &endpoint, mode])
        .arg(&log)
        .arg("15")
        .status()
        .expect("Python starts");
    let mut rest = String::new();
    told.read_to_string(&mut rest).expect("what it said");
    let exit = run.0.wait().expect("it ends").code().expect("no signal");
    assert!(program.success(), "the program ended well; the run said:\n{rest}");
    let read = |path: &Path| -> Value {
        let text = std::fs::read_to_string(path).expect("a file");
        serde_json::from_str(&text).unwrap_or_else(|problem| panic!("{problem}: {text}\n{rest}"))
    };
    let found = (read(&out), read(&log), exit);
    std::fs::remove_dir_all(&folder).expect("the folder goes");
    found
}

fn close(found: &Value, wanted: f64, by: f64) {
    let found = found.as_f64().unwrap_or(f64::NAN);
    assert!(
        (found - wanted).abs() <= by,
        "{found} is not {wanted} within {by}"
    );
}
