//! Batch jobs from the request to their files in S3.

use std::collections::BTreeSet;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::emulator::service::Service;
use crate::emulator::service::fixture::{FIRST_TOKEN, NOVA, PER_TOKEN, Read, ask, plan, request, serving};
use crate::emulator::world::batch::JobStatus;
use crate::emulator::world::plan::WorldPlan;
use crate::units::Usd;

/// Time goes a minute in each second; a record takes half a second of life, 120 to a second here.
fn service() -> Service {
    serving(
        WorldPlan {
            time_scale: 60.0,
            ..plan(FIRST_TOKEN, PER_TOKEN)
        },
        Clock::virtual_time(),
    )
}

async fn s3(service: &Service, method: Method, path: &str, body: impl Into<bytes::Bytes>) -> Read {
    let mut request = request(method, "us-east-1", path, body);
    let scope = "AWS4-HMAC-SHA256 Credential=AKID/20260105/us-east-1/s3/aws4_request, SignedHeaders=host, \
                 Signature=0";
    request
        .headers_mut()
        .insert("authorization", scope.parse().expect("a header"));
    ask(service, request).await
}

fn converse_line(n: usize, max_tokens: i64) -> String {
    let input = json!({
        "messages": [{ "role": "user", "content": [{ "text": format!("question {n}") }] }],
        "inferenceConfig": { "maxTokens": max_tokens },
    });
    json!({ "recordId": format!("R{n}"), "modelInput": input }).to_string()
}

/// Records of which every fiftieth is refused by the model.
fn lines(count: usize) -> Vec<String> {
    (1..=count)
        .map(|n| converse_line(n, if n % 50 == 0 { 0 } else { 100 }))
        .collect()
}

async fn upload(service: &Service, lines: &[String]) {
    s3(service, Method::PUT, "/jobs", "").await;
    let put = s3(service, Method::PUT, "/jobs/in/a.jsonl", lines.join("\n")).await;
    assert_eq!(put.status, StatusCode::OK, "{:?}", put.body);
}

fn create_body(token: &str) -> Value {
    json!({
        "jobName": "nightly",
        "roleArn": "arn:aws:iam::123456789012:role/batch",
        "modelId": NOVA,
        "modelInvocationType": "Converse",
        "clientRequestToken": token,
        "timeoutDurationInHours": 24,
        "inputDataConfig": { "s3InputDataConfig": { "s3Uri": "s3://jobs/in/a.jsonl", "s3InputFormat": "JSONL" } },
        "outputDataConfig": { "s3OutputDataConfig": { "s3Uri": "s3://jobs/out/" } },
    })
}

async fn call(service: &Service, method: Method, path: &str, body: &str) -> (StatusCode, Value) {
    let read = ask(service, request(method, "us-east-1", path, body.to_owned())).await;
    let body = serde_json::from_slice(&read.body).expect("JSON");
    (read.status, body)
}

async fn create(service: &Service, body: &Value) -> String {
    let (status, created) = call(service, Method::POST, "/model-invocation-job", &body.to_string()).await;
    assert_eq!(status, StatusCode::OK, "{created}");
    created["jobArn"].as_str().expect("an ARN").to_owned()
}

async fn get(service: &Service, arn: &str) -> Value {
    let path = format!(
        "/model-invocation-job/{}",
        arn.replace(':', "%3A").replace('/', "%2F")
    );
    let (status, job) = call(service, Method::GET, &path, "").await;
    assert_eq!(status, StatusCode::OK, "{job}");
    job
}

fn count(job: &Value, name: &str) -> u64 {
    job[format!("{name}RecordCount")].as_u64().expect("a count")
}

async fn until_over(service: &Service, arn: &str) -> Value {
    for _ in 0..4_000 {
        let job = get(service, arn).await;
        let over = ["Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"];
        if over.contains(&job["status"].as_str().expect("a status")) {
            return job;
        }
        service.clock().sleep(Duration::from_millis(500)).await;
    }
    panic!("the job never ended");
}

/// The lines of a job's answers, and its manifest.
async fn output(service: &Service, arn: &str) -> (Vec<Value>, Value) {
    let id = arn.rsplit('/').next().expect("an identifier");
    let file = s3(service, Method::GET, &format!("/jobs/out/{id}/a.jsonl.out"), "").await;
    let manifest = s3(
        service,
        Method::GET,
        &format!("/jobs/out/{id}/manifest.json.out"),
        "",
    )
    .await;
    assert_eq!((file.status, manifest.status), (StatusCode::OK, StatusCode::OK));
    let lines = file
        .body
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty());
    (
        lines
            .map(|line| serde_json::from_slice(line).expect("JSON"))
            .collect(),
        serde_json::from_slice(&manifest.body).expect("JSON"),
    )
}

#[tokio::test(start_paused = true)]
async fn a_thousand_records_of_which_twenty_are_bad_complete_with_twenty_errors() {
    let service = service();
    upload(&service, &lines(1_000)).await;
    let submitted = service.clock().now();
    let arn = create(&service, &create_body("one")).await;
    let (mut seen, mut last) = (Vec::new(), 0);
    let job = loop {
        let job = get(&service, &arn).await;
        let now = service.clock().now();
        let status = job["status"].as_str().expect("a status").to_owned();
        let processed = count(&job, "processed");
        // Sixteen minutes of life until it begins, then 120 records in a second.
        let running = now.since(submitted).as_nanos().saturating_sub(16_000_000_000);
        let due = u64::try_from(running * 120 / 1_000_000_000)
            .expect("small")
            .min(1_000);
        assert_eq!(processed, due, "{status} at {now:?}");
        assert_eq!(count(&job, "success") + count(&job, "error"), processed);
        assert_eq!(count(&job, "error"), processed / 50);
        assert!(processed >= last);
        last = processed;
        let begun = !["Submitted", "Validating", "Scheduled"].contains(&status.as_str());
        assert_eq!(count(&job, "total"), if begun { 1_000 } else { 0 }, "{status}");
        if seen.last() != Some(&status) {
            seen.push(status.clone());
        }
        if status == "Completed" {
            break job;
        }
        service.clock().sleep(Duration::from_millis(250)).await;
    };
    assert_eq!(
        seen,
        ["Submitted", "Validating", "Scheduled", "InProgress", "Completed"]
    );
    assert_eq!((count(&job, "success"), count(&job, "error")), (980, 20));
    let (lines, manifest) = output(&service, &arn).await;
    let ids: BTreeSet<&str> = lines
        .iter()
        .filter_map(|line| line["recordId"].as_str())
        .collect();
    assert_eq!((lines.len(), ids.len()), (1_000, 1_000), "every record once");
    let errors: Vec<&Value> = lines.iter().filter(|line| !line["error"].is_null()).collect();
    assert_eq!(errors.len(), 20);
    assert_eq!(errors[0]["error"]["errorCode"], 400);
    assert!(errors.iter().all(|line| line["modelOutput"].is_null()));
    let mut tokens = (0, 0);
    for usage in lines.iter().map(|line| &line["modelOutput"]["usage"]) {
        tokens.0 += usage["inputTokens"].as_u64().unwrap_or_default();
        tokens.1 += usage["outputTokens"].as_u64().unwrap_or_default();
    }
    assert_eq!(manifest["inputTokenCount"].as_u64(), Some(tokens.0));
    assert_eq!(manifest["outputTokenCount"].as_u64(), Some(tokens.1));
    assert_eq!(manifest["errorRecordCount"], 20);
    // Half of 0.035 and 0.14 dollars a million.
    let half = Usd::from_picos(tokens.0 * 17_500 + tokens.1 * 70_000);
    assert_eq!(service.control().jobs()[0].cost, half);
    let told: Vec<JobStatus> = service
        .control()
        .job_changes(0)
        .iter()
        .map(|change| change.status)
        .collect();
    let words: Vec<&str> = told.into_iter().map(JobStatus::word).collect();
    assert_eq!(words, seen);
}

#[tokio::test(start_paused = true)]
async fn one_malformed_line_fails_validation_and_is_named() {
    let service = service();
    let mut lines = lines(1_000);
    lines[499] = r#"{"recordId":"R500","modelInput":{"#.to_owned();
    upload(&service, &lines).await;
    let arn = create(&service, &create_body("one")).await;
    let job = until_over(&service, &arn).await;
    assert_eq!(job["status"], "Failed");
    let message = job["message"].as_str().expect("a message");
    assert!(message.contains("a.jsonl at line 500"), "{message}");
    assert_eq!(count(&job, "processed"), 0);
    assert_eq!(service.control().jobs()[0].cost, Usd::ZERO);
    let failed = service.control().job_changes(0).pop().expect("a change");
    assert_eq!(
        (failed.status, failed.message.as_deref()),
        (JobStatus::Failed, Some(message))
    );
}

#[tokio::test(start_paused = true)]
async fn ninety_nine_records_are_refused_with_the_services_words() {
    let service = service();
    upload(&service, &lines(99)).await;
    let arn = create(&service, &create_body("one")).await;
    let job = until_over(&service, &arn).await;
    assert_eq!(job["status"], "Failed");
    let message = job["message"].as_str().expect("a message");
    assert!(
        message.contains("contains less records (99) than the required minimum of: 100"),
        "{message}"
    );
    // One more is enough.
    upload(&service, &lines(100)).await;
    let arn = create(&service, &create_body("two")).await;
    assert_eq!(until_over(&service, &arn).await["status"], "Completed");
}

#[tokio::test(start_paused = true)]
async fn time_that_runs_out_leaves_a_partial_job_with_its_output() {
    let mut slow = WorldPlan {
        time_scale: 3_600.0,
        ..plan(FIRST_TOKEN, PER_TOKEN)
    };
    // 24 hours hold some 475 of a thousand.
    slow.batch.records_per_minute = 1.0 / 3.0;
    let service = serving(slow, Clock::virtual_time());
    upload(&service, &lines(1_000)).await;
    let arn = create(&service, &create_body("one")).await;
    let job = until_over(&service, &arn).await;
    assert_eq!(job["status"], "PartiallyCompleted");
    let processed = count(&job, "processed");
    assert!((470..480).contains(&processed), "{processed}");
    assert_eq!(count(&job, "total"), 1_000);
    let (lines, manifest) = output(&service, &arn).await;
    assert_eq!(lines.len() as u64, processed);
    assert_eq!(manifest["processedRecordCount"].as_u64(), Some(processed));
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_the_middle_bills_what_was_processed_and_no_more() {
    let service = service();
    upload(&service, &lines(1_000)).await;
    let arn = create(&service, &create_body("one")).await;
    service.clock().sleep(Duration::from_secs(18)).await;
    let before = service.control().jobs()[0].clone();
    assert_eq!(
        (before.status, before.counts.processed()),
        (JobStatus::InProgress, 240)
    );
    let id = arn.rsplit('/').next().expect("an identifier");
    let stop = format!("/model-invocation-job/{id}/stop");
    let (status, answer) = call(&service, Method::POST, &stop, "").await;
    assert_eq!((status, answer), (StatusCode::OK, json!({})));
    assert_eq!(get(&service, &arn).await["status"], "Stopping");
    let job = until_over(&service, &arn).await;
    assert_eq!(
        (job["status"].as_str(), count(&job, "processed")),
        (Some("Stopped"), 240)
    );
    service.clock().sleep(Duration::from_secs(60)).await;
    let after = service.control().jobs()[0].clone();
    assert_eq!((after.counts, after.cost), (before.counts, before.cost));
    assert_eq!(output(&service, &arn).await.0.len(), 240);
    let (status, answer) = call(&service, Method::POST, &stop, "").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        answer["message"].as_str().expect("words").contains("Stopped"),
        "{answer}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_repeated_token_makes_one_job_and_lists_are_filtered_and_paged() {
    let service = service();
    upload(&service, &lines(100)).await;
    let first = create(&service, &create_body("same")).await;
    assert_eq!(create(&service, &create_body("same")).await, first);
    for n in 0..4 {
        let mut body = create_body(&format!("other-{n}"));
        body["jobName"] = json!(format!("extra-{n}"));
        service.clock().sleep(Duration::from_secs(1)).await;
        create(&service, &body).await;
    }
    let list = |query: &str| {
        let path = format!("/model-invocation-jobs?{query}");
        let service = service.clone();
        async move { call(&service, Method::GET, &path, "").await.1 }
    };
    let names = |page: &Value| -> Vec<String> {
        let jobs = page["invocationJobSummaries"].as_array().expect("a list").clone();
        jobs.iter()
            .map(|job| job["jobName"].as_str().expect("a name").to_owned())
            .collect()
    };
    assert_eq!(names(&list("nameContains=nightly").await), ["nightly"]);
    let page = list("maxResults=3").await;
    assert_eq!(names(&page), ["extra-3", "extra-2", "extra-1"]);
    let token = page["nextToken"].as_str().expect("more");
    let rest = list(&format!("maxResults=3&nextToken={token}")).await;
    assert_eq!(names(&rest), ["extra-0", "nightly"]);
    assert!(rest["nextToken"].is_null());
    let ascending = list("sortOrder=Ascending&statusEquals=Submitted").await;
    assert_eq!(names(&ascending), ["extra-3"], "the others are read already");
    let none = list("submitTimeAfter=2099-01-01T00%3A00%3A00Z").await;
    assert!(names(&none).is_empty());
    let (status, _) = call(
        &service,
        Method::GET,
        "/model-invocation-jobs?statusEquals=Lost",
        "",
    )
    .await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test(start_paused = true)]
async fn records_in_the_models_own_form_are_answered_in_it() {
    let service = service();
    let line = |n: usize| {
        let input = json!({
            "schemaVersion": "messages-v1",
            "messages": [{ "role": "user", "content": [{ "text": format!("question {n}") }] }],
        });
        // Without an identifier: the service makes one up.
        json!({ "modelInput": input }).to_string()
    };
    let lines: Vec<String> = (0..120).map(line).collect();
    upload(&service, &lines).await;
    let mut body = create_body("one");
    body["modelInvocationType"] = json!("InvokeModel");
    let arn = create(&service, &body).await;
    let job = until_over(&service, &arn).await;
    assert_eq!(
        (job["status"].as_str(), count(&job, "success")),
        (Some("Completed"), 120)
    );
    let (lines, _) = output(&service, &arn).await;
    let ids: BTreeSet<&str> = lines
        .iter()
        .filter_map(|line| line["recordId"].as_str())
        .collect();
    assert_eq!(ids.len(), 120);
    let said = lines[0]["modelOutput"]["output"]["message"]["content"][0]["text"].as_str();
    assert!(
        said.is_some_and(|text| text.starts_with("This is an emulated answer")),
        "{}",
        lines[0]
    );
}

#[tokio::test(start_paused = true)]
async fn what_breaks_a_rule_is_refused_at_once() {
    let service = service();
    upload(&service, &lines(100)).await;
    let cases: [(&str, Value, &str); 6] = [
        ("timeoutDurationInHours", json!(23), "greater than or equal to 24"),
        ("timeoutDurationInHours", json!(169), "less than or equal to 168"),
        ("jobName", json!("no spaces please"), "jobName"),
        ("roleArn", json!("batch"), "roleArn"),
        ("modelId", json!("no.such-model"), "model identifier is invalid"),
        ("modelId", json!("us.anthropic.claude-sonnet-5"), "batch"),
    ];
    for (member, value, words) in cases {
        let mut body = create_body("one");
        body[member] = value;
        let (status, answer) = call(&service, Method::POST, "/model-invocation-job", &body.to_string()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{member}: {answer}");
        let message = answer["message"].as_str().expect("words");
        assert!(message.contains(words), "{member}: {message}");
    }
    let (status, _) = call(&service, Method::GET, "/model-invocation-job/abcdefghijkl", "").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let mut body = create_body("nowhere");
    body["inputDataConfig"]["s3InputDataConfig"]["s3Uri"] = json!("s3://not-there/a.jsonl");
    let arn = create(&service, &body).await;
    let job = until_over(&service, &arn).await;
    assert_eq!(job["status"], "Failed");
    assert!(job["message"].as_str().expect("words").contains("not-there"));
}

#[tokio::test(start_paused = true)]
async fn the_quota_of_open_jobs_holds_for_each_model() {
    let service = service();
    upload(&service, &lines(100)).await;
    for n in 0..100 {
        create(&service, &create_body(&format!("t{n}"))).await;
    }
    let body = create_body("one-too-many").to_string();
    let (status, answer) = call(&service, Method::POST, "/model-invocation-job", &body).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(
        answer["message"].as_str().expect("words").contains("100"),
        "{answer}"
    );
    let mut other = create_body("other");
    other["modelId"] = json!("amazon.nova-lite-v1:0");
    create(&service, &other).await;
}
