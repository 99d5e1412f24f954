//! What only reads can do nothing else: the list that is enforced beneath the SDK, held against the
//! emulator's own table, and commands that do their whole job on an account that allows nothing more.

use std::process::{Command, Stdio};

use bedrill::bedrock::account::{READS, Trouble};
use bedrill::bedrock::{Account, Target, UrlTarget};
use bedrill::catalog::Catalog;
use bedrill::clock::Clock;
use bedrill::emulator::api::{Effect, Op};
use bedrill::emulator::server::Server;
use bedrill::emulator::service::{Service, ServicePlan};
use bedrill::emulator::world::plan::{AccessPlan, WorldPlan};
use bedrill::names::Region;
use bedrill::seed::Seed;

/// An account whose policies allow the operations of the list, and no others.
fn reads_alone() -> Service {
    let actions = READS.iter().map(|read| read.action.to_owned()).collect();
    Service::new(ServicePlan {
        catalog: Catalog::builtin(),
        plan: WorldPlan {
            access: AccessPlan {
                allowed_actions: Some(actions),
                ..AccessPlan::default()
            },
            ..WorldPlan::default()
        },
        seed: Seed::new(3),
        clock: Clock::real(),
    })
}

#[test]
fn every_operation_of_the_list_only_reads() {
    for read in READS {
        let name = if read.operation == "ListObjectsV2" {
            "ListObjects"
        } else {
            read.operation
        };
        let op = Op::ALL.iter().find(|op| op.name() == name);
        let op = op.unwrap_or_else(|| panic!("{name} is no operation of the emulator's"));
        assert_eq!(op.effect(), Effect::Reads, "{name}");
        assert_eq!(op.action(), read.action, "{name}");
        assert!(!read.action.contains("Invoke"), "{name}");
    }
}

#[tokio::test]
async fn an_account_tells_who_one_is_its_quotas_and_its_use_where_nothing_else_is_allowed() {
    let server = Server::spawn(reads_alone(), 0).expect("a free port");
    let target = Target::Url(UrlTarget {
        url: format!("http://{}", server.addr()),
        account: None,
    });
    let account = Account::read_only(target, Clock::real());
    let region = Region::from("us-east-1");
    let identity = account.identity(&region).await.expect("an identity");
    assert_eq!(identity.masked().len(), 12);
    let quotas = account.applied_quotas(&region).await.expect("quotas");
    assert!(quotas.len() > 10, "{}", quotas.len());
    assert_eq!(account.asked()["GetCallerIdentity"], 1);

    // What pays is held back by us, before the account's policies could refuse it.
    let bought = account
        .bedrock(&region)
        .create_provisioned_model_throughput()
        .provisioned_model_name("p")
        .model_id("m")
        .model_units(1)
        .send()
        .await;
    let problem = bought.expect_err("a refusal");
    let problem = account.problem("ListProvisionedModelThroughputs", &region, &problem);
    assert_eq!(problem.trouble, Trouble::HeldBack, "{problem}");
    assert!(problem.message.contains("POST"), "{problem}");
}

/// A recording to be read.
fn recording() -> String {
    let path = format!("{}/readonly.sqlite", env!("CARGO_TARGET_TMPDIR"));
    let _ = std::fs::remove_file(&path);
    let flags = ["run", "region-outage", "--virtual", "--record"];
    let output = Command::new(env!("CARGO_BIN_EXE_bedrill"))
        .args(flags)
        .arg(&path)
        .env_remove("BEDRILL_NO_RECORD")
        .output()
        .expect("the binary starts");
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(complained.contains("recorded in"), "{complained}");
    path
}

#[tokio::test]
async fn commands_that_read_do_their_whole_job_where_converse_and_invoke_are_refused() {
    let service = reads_alone();
    let server = Server::spawn(service.clone(), 0).expect("a free port");
    let url = format!("http://{}", server.addr());
    let run = recording();
    let throttle = "ThrottlingException: Too many tokens, please wait before trying again.";
    let to = ["--target", &url, "--region", "us-east-1"];
    let commands: [(Vec<&str>, &str); 8] = [
        (vec!["check", "region-outage"], "region-outage: in order"),
        (vec!["explain", throttle], "token"),
        (vec!["scenarios"], "quickstart"),
        (vec!["decide", "--rate", "20/s"], "Judged by"),
        (vec!["report", &run, "--markdown", "-"], "region-outage"),
        (vec!["compare", &run, &run], "NO CHANGE"),
        ([&["capacity", "--once"][..], &to].concat(), "us-east-1"),
        ([&["doctor"][..], &to].concat(), "credentials"),
    ];
    for (flags, words) in commands {
        let output = Command::new(env!("CARGO_BIN_EXE_bedrill"))
            .args(&flags)
            .stdin(Stdio::null())
            .env("BEDRILL_NO_RECORD", "1")
            .env("AWS_ENDPOINT_URL", &url)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ACCESS_KEY_ID", "AKIDREADS")
            .env("AWS_SECRET_ACCESS_KEY", "reads")
            .output()
            .expect("the binary starts");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let complained = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{flags:?}: {said}{complained}");
        assert!(said.contains(words), "{flags:?}: {said}");
    }
    assert_eq!(service.control().ledger().total().calls, 0);
}
