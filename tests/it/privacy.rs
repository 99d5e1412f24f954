//! Secrets are planted in environment and inputs, the real binary does its whole work with the loudest log
//! there is, and nothing of them may stand in anything it wrote.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;
use rusqlite::types::ValueRef;

use super::doctor::{Served, bedrill, folder};
use super::pty::Pty;

const SECRETS: [(&str, &str); 10] = [
    ("access key", "ASIAPLANTEDSECRETS01"),
    ("secret key", "planted/Secret+Key0123456789abcdefABCDEF"),
    ("session token", "planted-session-token-0123456789"),
    ("bearer key", "planted-bearer-key-0123456789"),
    ("gateway key", "sk-planted-gateway-key-0123456789"),
    ("prompt", "plantedprompt overdue invoice"),
    ("system prompt of the file", "plantedfilesystem words"),
    ("system prompt", "plantedsystem of the workload"),
    ("role's account", "219876543210"),
    ("emulator's account", "123456789012"),
];

const SCENARIO: &str = r#"
description = "What must not come out again."
duration = "4s"
drain = "4s"
[world]
time_scale = 100000
[[pattern]]
kind = "cross-region"
model = "anthropic.claude-sonnet-4-6"
region = "us-east-1"
rate = "8/s"
[pattern.workload]
prompts_file = "prompts.jsonl"
system = "plantedsystem of the workload"
[[pattern]]
kind = "batch"
model = "amazon.nova-lite-v1:0"
region = "us-east-1"
rate = "1/s"
[pattern.job]
records = 100
begins = "0s"
role = "arn:aws:iam::219876543210:role/planted"
"#;

const GATEWAY: &str = r#"
description = "A gateway that is not there."
duration = "1s"
[[pattern]]
kind = "gateway"
model = "amazon.nova-micro-v1:0"
region = "us-east-1"
url = "http://127.0.0.1:9"
key = "sk-planted-gateway-key-0123456789"
alias = "any"
rate = "1/s"
"#;

const PROMPTS: &str = r#"{"prompt": "plantedprompt overdue invoice", "system": "plantedfilesystem words"}
"#;

/// The binary with every secret in its environment and the loudest log.
fn planted(home: &Path, flags: &[&str]) -> Command {
    let mut command = bedrill(home, flags);
    command.current_dir(home).env_remove("BEDRILL_NO_RECORD");
    for (name, value) in environment() {
        command.env(name, value);
    }
    command.env("BEDRILL_DATA", home.join("data"));
    command
}

fn environment() -> [(&'static str, &'static str); 6] {
    let of = |name: &str| SECRETS.iter().find(|(known, _)| *known == name).expect(name).1;
    [
        ("AWS_ACCESS_KEY_ID", of("access key")),
        ("AWS_SECRET_ACCESS_KEY", of("secret key")),
        ("AWS_SESSION_TOKEN", of("session token")),
        ("AWS_BEARER_TOKEN_BEDROCK", of("bearer key")),
        ("RUST_LOG", "trace"),
        ("RUST_BACKTRACE", "full"),
    ]
}

/// Runs it, keeps what it printed, and gives its exit code.
fn run(home: &Path, name: &str, command: &mut Command) -> Option<i32> {
    let output = command.output().expect("it starts");
    fs::write(home.join(format!("{name}.stdout")), &output.stdout).expect("a file");
    fs::write(home.join(format!("{name}.stderr")), &output.stderr).expect("a file");
    output.status.code()
}

#[test]
fn nothing_that_a_run_writes_holds_a_secret_a_prompt_or_an_account() {
    let inputs = folder("privacy-inputs");
    let home = folder("privacy");
    for (name, text) in [
        ("planted.toml", SCENARIO),
        ("gateway.toml", GATEWAY),
        ("prompts.jsonl", PROMPTS),
    ] {
        fs::write(inputs.join(name), text).expect("a file");
    }
    let input = |name: &str| inputs.join(name).display().to_string();
    let (scenario, gateway) = (input("planted.toml"), input("gateway.toml"));
    let command = |flags: &[&str]| planted(&home, flags);

    let check = command(&["check", "--json", "--log", "check.log", &scenario, &gateway]).status();
    assert!(check.is_ok());
    let virtually = [
        "run",
        "--virtual",
        "--json",
        "--log",
        "virtual.log",
        "--record",
        "one.sqlite",
        &scenario,
    ];
    assert_eq!(run(&home, "virtual", &mut command(&virtually)), Some(0));
    let really = ["run", "--log", "real.log", "--html", "run.html", &scenario];
    // On a busy machine nobody can say whether the schedule was kept.
    assert!([Some(0), Some(4)].contains(&run(&home, "real", &mut command(&really))));
    assert_ne!(
        run(
            &home,
            "gateway",
            &mut command(&["run", "--log", "g.log", &gateway])
        ),
        Some(0)
    );
    let wrong = [
        "check",
        &gateway,
        "--set",
        "pattern.gateway.key=[\"sk-planted-gateway-key-0123456789\"]",
    ];
    assert_eq!(run(&home, "wrong", &mut command(&wrong)), Some(2));
    let reports = [
        "report",
        "one.sqlite",
        "--html",
        "r.html",
        "--markdown",
        "r.md",
        "--json",
        "r.json",
        "--junit",
        "r.xml",
        "--csv",
        "r.csv",
    ];
    assert_eq!(run(&home, "report", &mut command(&reports)), Some(0));
    run(
        &home,
        "again",
        &mut command(&["report", "one.sqlite", "--as-scenario"]),
    );
    run(&home, "config", &mut command(&["config"]));

    look_and_panic(&home, &scenario);
    assert_no_leak(&home);
    // What looks for secrets can find them: the logs are loud and the prompts were asked.
    let loud = fs::read_to_string(home.join("real.log")).expect("a log");
    assert!(loud.contains("TRACE") || loud.contains("DEBUG"), "{loud}");
    let folder_mode = fs::metadata(home.join("data/runs"))
        .expect("the folder")
        .permissions()
        .mode();
    assert_eq!(folder_mode & 0o777, 0o700);
}

/// The pre-flight of a server with the planted credentials, and a panic of the dashboard.
fn look_and_panic(home: &Path, scenario: &str) {
    let command = |flags: &[&str]| planted(home, flags);
    let served = Served::start(&mut command(&["serve", "--port", "0", "--log", "serve.log"]));
    let doctor = [
        "doctor",
        "--target",
        "aws",
        "--region",
        "us-east-1",
        "--log",
        "doctor.log",
        "--probe",
        "--yes",
    ];
    run(
        &home,
        "doctor",
        command(&doctor).env("AWS_ENDPOINT_URL", &served.url),
    );
    run(
        &home,
        "local",
        &mut command(&["doctor", scenario, "--json", "--log", "local.log"]),
    );
    drop(served);

    let log = home.join("panic.log").display().to_string();
    let data = home.join("data").display().to_string();
    let mut variables = environment().to_vec();
    variables.push(("BEDRILL_DATA", &data));
    let flags = [scenario, "--log", &log, "--test-panic-after", "1500"];
    let (status, screen) = Pty::spawn(env!("CARGO_BIN_EXE_bedrill"), &flags, &variables, (200, 50)).ended();
    assert!(!status.success());
    assert!(
        screen.contains("panicked") || screen.contains("backtrace"),
        "{screen}"
    );
    fs::write(home.join("panic.screen"), screen).expect("a file");
}

/// Looks for every secret in every file, and at who can read what bedrill wrote.
fn assert_no_leak(home: &Path) {
    let files = files_in(home);
    assert!(files.len() > 20, "{files:?}");
    let mut leaks = Vec::new();
    for file in &files {
        let mut text = String::from_utf8_lossy(&fs::read(file).expect("a file")).into_owned();
        if file.extension().is_some_and(|ending| ending == "sqlite") {
            text += &dump(file);
        }
        for (name, secret) in SECRETS {
            if text.contains(secret) {
                let at = text.find(secret).unwrap_or_default();
                let from = text.floor_char_boundary(at.saturating_sub(80));
                leaks.push(format!("{}: {name}: ...{}", file.display(), &text[from..at]));
            }
        }
        let printed = ["stdout", "stderr", "screen"];
        let is_ours = file
            .extension()
            .is_none_or(|ending| printed.iter().all(|printed| ending != *printed));
        let mode = fs::metadata(file).expect("a file").permissions().mode() & 0o777;
        assert!(!is_ours || mode == 0o600, "{}: {mode:o}", file.display());
    }
    assert!(leaks.is_empty(), "secrets are written:\n{}", leaks.join("\n"));
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_in(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Every value of every table, as text; what is packed with zlib or gzip is unpacked.
fn dump(file: &Path) -> String {
    let database = Connection::open(file).expect("a database");
    let mut tables = database
        .prepare("select name from sqlite_master where type = 'table'")
        .expect("a list");
    let names = tables
        .query_map([], |row| row.get::<_, String>(0))
        .expect("names");
    let mut text = String::new();
    for name in names {
        let name = name.expect("a name");
        let mut all = database
            .prepare(&format!("select * from \"{name}\""))
            .expect("a table");
        let columns = all.column_count();
        let mut rows = all.query([]).expect("rows");
        while let Some(row) = rows.next().expect("a row") {
            for column in 0..columns {
                match row.get_ref(column).expect("a value") {
                    ValueRef::Text(bytes) => text += &String::from_utf8_lossy(bytes),
                    ValueRef::Blob(bytes) => text += &unpacked(bytes),
                    _ => {}
                }
                text.push('\n');
            }
        }
    }
    text
}

fn unpacked(bytes: &[u8]) -> String {
    use std::io::Read as _;
    let mut out = Vec::new();
    let is_zlib = flate2::read::ZlibDecoder::new(bytes)
        .read_to_end(&mut out)
        .is_ok();
    if !is_zlib {
        out.clear();
        if flate2::read::DeflateDecoder::new(bytes)
            .read_to_end(&mut out)
            .is_err()
        {
            out = bytes.to_vec();
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
