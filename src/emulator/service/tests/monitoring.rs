//! CloudWatch beside the calls it counts, in virtual time.

use std::io::Write as _;
use std::time::Duration;

use ciborium::value::Value as Cbor;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::Request;
use serde_json::{Value, json};

use super::super::Service;
use super::super::fixture::*;
use crate::clock::Clock;
use crate::emulator::world::plan::{HistoryPlan, WorldPlan};
use crate::fault::{FaultKind, FaultPlan, Outage, Scope};
use crate::units::Share;

/// The virtual clock begins at 2026-01-05 09:00:00.
const EPOCH: i64 = 1_767_603_600;

fn signed(path: &str) -> http::request::Builder {
    let scope = signature("us-east-1").replace("/bedrock/", "/monitoring/");
    Request::post(path).header("authorization", scope)
}

/// A call in JSON; an error's code and words if it is refused.
async fn call(service: &Service, operation: &str, input: &Value) -> Result<Value, (String, String)> {
    let target = format!("GraniteServiceVersion20100801.{operation}");
    let request = signed("/").header("x-amz-target", target);
    let read = ask(
        service,
        request.body(input.to_string().into()).expect("a request"),
    )
    .await;
    if read.status.is_success() {
        return Ok(read.json());
    }
    let code = read
        .header("x-amzn-query-error")
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned();
    Err((
        code,
        read.json()["message"].as_str().unwrap_or_default().to_owned(),
    ))
}

async fn done(service: &Service, operation: &str, input: &Value) -> Value {
    let answer = call(service, operation, input).await;
    answer.unwrap_or_else(|refused| panic!("{operation}: {refused:?}"))
}

fn stat(id: &str, name: &str, statistic: &str) -> Value {
    json!({"Id": id, "MetricStat": {
        "Metric": {"Namespace": "AWS/Bedrock", "MetricName": name,
            "Dimensions": [{"Name": "ModelId", "Value": NOVA}]},
        "Period": 60, "Stat": statistic,
    }})
}

fn quiet() -> WorldPlan {
    WorldPlan {
        history: HistoryPlan {
            lasts: Duration::ZERO,
            ..HistoryPlan::default()
        },
        ..plan(FIRST_TOKEN, PER_TOKEN)
    }
}

const COUNTED: [(&str, &str); 6] = [
    ("invocations", "Invocations"),
    ("throttles", "InvocationThrottles"),
    ("clients", "InvocationClientErrors"),
    ("input", "InputTokenCount"),
    ("output", "OutputTokenCount"),
    ("quota", "EstimatedTPMQuotaUsage"),
];

/// Calls of which three in ten are throttled, one that breaks a rule, and one that meets a dead
/// endpoint; what the caller counted of them, in the order of [`COUNTED`].
async fn traffic(service: &Service) -> [u64; 6] {
    let throttle = FaultPlan {
        share: Share::new(0.3).expect("a share"),
        ..fault(1, FaultKind::Throttle, Scope::default())
    };
    service.control().inject(throttle);
    let mut counts = [0; 6];
    for number in 0..200 {
        let read = ask(service, converse(NOVA, &format!("Question {number}"))).await;
        if read.status == 429 {
            counts[1] += 1;
            continue;
        }
        let usage = read.json()["usage"].clone();
        let tokens = |name: &str| usage[name].as_u64().expect("a count");
        counts[0] += 1;
        counts[3] += tokens("inputTokens");
        counts[4] += tokens("outputTokens");
        // Nova's output counts once.
        counts[5] += tokens("totalTokens");
    }
    service.control().lift_all();
    let broken = post(&format!("/model/{NOVA}/converse"), r#"{"messages":[]}"#);
    assert_eq!(ask(service, broken).await.status, 400);
    counts[2] += 1;
    let outage = FaultKind::EndpointOutage(Outage::Refused);
    service.control().inject(fault(2, outage, Scope::default()));
    assert!(matches!(
        service.handle(converse(NOVA, "Lost")).await,
        super::super::Answer::Dead(_)
    ));
    service.control().lift_all();
    counts
}

#[tokio::test(start_paused = true)]
async fn the_three_forms_give_the_numbers_that_the_caller_counted() {
    let service = serving(quiet(), Clock::virtual_time());
    let counts = traffic(&service).await;
    assert!(counts[1] > 40 && counts[0] > 100, "{counts:?}");
    let now = service.clock().now();
    // Not before the minute has closed and was published.
    service.clock().sleep_until(now + Duration::from_secs(180)).await;
    let end = EPOCH + 3_600;

    let queries: Vec<Value> = COUNTED.iter().map(|(id, name)| stat(id, name, "Sum")).collect();
    let input = json!({"MetricDataQueries": queries, "StartTime": EPOCH, "EndTime": end});
    let by_json = done(&service, "GetMetricData", &input).await;
    let by_json: Vec<f64> = (by_json["MetricDataResults"].as_array().expect("results").iter())
        .map(|result| {
            result["Values"]
                .as_array()
                .expect("values")
                .iter()
                .filter_map(Value::as_f64)
                .sum()
        })
        .collect();
    assert_eq!(by_json, counts.map(|count| count as f64));

    let body = cbor_body(&input);
    let path = "/service/GraniteServiceVersion20100801/operation/GetMetricData";
    let read = ask(&service, signed(path).body(body.into()).expect("a request")).await;
    assert_eq!(read.header("smithy-protocol"), "rpc-v2-cbor");
    let answer: Cbor = ciborium::from_reader(&read.body[..]).expect("CBOR");
    assert_eq!(cbor_sums(&answer), by_json);

    let mut form = format!("Action=GetMetricData&StartTime={EPOCH}&EndTime=2026-01-05T10:00:00Z");
    for ((id, name), place) in COUNTED.iter().zip(1..) {
        let query = format!("&MetricDataQueries.member.{place}.");
        let metric = format!("{query}MetricStat.Metric.");
        form = [
            form,
            format!("{query}Id={id}{query}MetricStat.Period=60{query}MetricStat.Stat=Sum"),
            format!("{metric}Namespace=AWS%2FBedrock{metric}MetricName={name}"),
            format!("{metric}Dimensions.member.1.Name=ModelId{metric}Dimensions.member.1.Value={NOVA}"),
        ]
        .concat();
    }
    let read = ask(&service, signed("/").body(form.into()).expect("a request")).await;
    let xml = String::from_utf8(read.body.to_vec()).expect("text");
    let sums = xml.split("<Values>").skip(1).map(|rest| {
        let (values, _) = rest.split_once("</Values>").unwrap_or((rest, ""));
        let numbers = values
            .split(['<', '>'])
            .filter_map(|text| text.parse::<f64>().ok());
        numbers.sum::<f64>()
    });
    assert_eq!(sums.collect::<Vec<f64>>(), by_json, "{xml}");
}

fn cbor_body(input: &Value) -> Vec<u8> {
    fn cbor(value: &Value) -> Cbor {
        match value {
            Value::Object(members) => Cbor::Map(
                members
                    .iter()
                    .map(|(name, value)| {
                        let is_time = name.ends_with("Time");
                        let value = match value.as_f64().filter(|_| is_time) {
                            Some(secs) => Cbor::Tag(1, Cbor::Float(secs).into()),
                            None => cbor(value),
                        };
                        (Cbor::Text(name.clone()), value)
                    })
                    .collect(),
            ),
            Value::Array(values) => Cbor::Array(values.iter().map(cbor).collect()),
            Value::Number(number) => Cbor::Integer(number.as_i64().expect("a whole number").into()),
            other => Cbor::Text(other.as_str().expect("a text").to_owned()),
        }
    }
    let mut body = Vec::new();
    ciborium::into_writer(&cbor(input), &mut body).expect("it is written");
    body
}

fn cbor_sums(answer: &Cbor) -> Vec<f64> {
    let member = |value: &Cbor, name: &str| -> Option<Cbor> {
        let members = value.as_map()?.iter();
        let mut found = members.filter(|(key, _)| key.as_text() == Some(name));
        found.next().map(|(_, value)| value.clone())
    };
    let results = member(answer, "MetricDataResults").expect("results");
    let results = results.as_array().expect("a list").clone();
    let sum = |result: &Cbor| {
        let values = member(result, "Values").expect("values");
        values
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(Cbor::as_float)
            .sum()
    };
    results.iter().map(sum).collect()
}

#[tokio::test(start_paused = true)]
async fn a_minute_is_published_when_it_is_over_and_the_delay_has_passed() {
    let service = serving(quiet(), Clock::virtual_time());
    assert_eq!(ask(&service, converse(NOVA, "Hello")).await.status, 200);
    let input = json!({"MetricDataQueries": [stat("a", "Invocations", "Sum")],
        "StartTime": EPOCH, "EndTime": EPOCH + 3_600});
    for (secs, seen) in [(59, 0), (119, 0), (120, 1)] {
        service
            .clock()
            .sleep_until(crate::clock::Moment::from_secs(secs))
            .await;
        let answer = done(&service, "GetMetricData", &input).await;
        let times = answer["MetricDataResults"][0]["Timestamps"]
            .as_array()
            .expect("times")
            .len();
        assert_eq!(times, seen, "after {secs} s");
    }
}

#[tokio::test(start_paused = true)]
async fn the_account_opens_with_three_hours_that_repeat_with_the_seed() {
    let service = serving(plan(FIRST_TOKEN, PER_TOKEN), Clock::virtual_time());
    let input = json!({"MetricDataQueries": [
            stat("calls", "Invocations", "Sum"), stat("late", "InvocationLatency", "p99"),
            {"Id": "ratio", "Expression": "late / calls"},
        ], "StartTime": EPOCH - 86_400, "EndTime": EPOCH + 60, "ScanBy": "TimestampAscending"});
    let answer = done(&service, "GetMetricData", &input).await;
    for result in answer["MetricDataResults"].as_array().expect("results") {
        let times = result["Timestamps"].as_array().expect("times");
        assert_eq!(times.len(), 180);
        assert_eq!(
            (&times[0], &times[179]),
            (&json!(EPOCH - 10_800), &json!(EPOCH - 60))
        );
    }
    let again = serving(plan(FIRST_TOKEN, PER_TOKEN), Clock::virtual_time());
    assert_eq!(done(&again, "GetMetricData", &input).await, answer);
    let listed = done(
        &service,
        "ListMetrics",
        &json!({"Namespace": "AWS/Bedrock", "RecentlyActive": "PT3H"}),
    )
    .await;
    assert!(listed["Metrics"].as_array().expect("metrics").len() > 50);
}

#[tokio::test(start_paused = true)]
async fn pages_put_together_are_the_whole() {
    let service = serving(plan(FIRST_TOKEN, PER_TOKEN), Clock::virtual_time());
    let mut input = json!({"MetricDataQueries": [stat("a", "Invocations", "Sum"), stat("b", "InputTokenCount", "Average")],
        "StartTime": EPOCH - 7_200, "EndTime": EPOCH});
    let whole = done(&service, "GetMetricData", &input).await;
    input["MaxDatapoints"] = json!(50);
    let mut gathered = [Vec::new(), Vec::new()];
    let mut pages = 0;
    loop {
        let page = done(&service, "GetMetricData", &input).await;
        for result in page["MetricDataResults"].as_array().expect("results") {
            let place = usize::from(result["Id"] == "b");
            gathered[place].extend(result["Values"].as_array().expect("values").clone());
            let is_whole = gathered[place].len() == 120;
            assert_eq!(
                result["StatusCode"],
                if is_whole { "Complete" } else { "PartialData" }
            );
        }
        pages += 1;
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(pages, 5);
    for (place, gathered) in gathered.into_iter().enumerate() {
        assert_eq!(
            Value::Array(gathered),
            whole["MetricDataResults"][place]["Values"]
        );
    }
    input["NextToken"] = json!("of nothing");
    let refused = call(&service, "GetMetricData", &input)
        .await
        .expect_err("no such page");
    assert_eq!(refused.0, "InvalidNextToken");
}

#[tokio::test(start_paused = true)]
async fn samples_that_a_user_puts_are_read_back_packed_or_not() {
    let service = serving(quiet(), Clock::virtual_time());
    let data: Vec<Value> = (1..=100)
        .map(
            |value| json!({"MetricName": "Wait", "Value": value, "Unit": "Seconds", "Timestamp": EPOCH - 30}),
        )
        .collect();
    let body = json!({"Namespace": "Mine", "MetricData": data}).to_string();
    let packed = |body: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(body).expect("it is packed");
        encoder.finish().expect("it is packed")
    };
    let put = |body: Vec<u8>| {
        let target = "GraniteServiceVersion20100801.PutMetricData";
        let request = signed("/")
            .header("x-amz-target", target)
            .header("content-encoding", "gzip");
        request.body(body.into()).expect("a request")
    };
    assert_eq!(ask(&service, put(packed(body.as_bytes()))).await.status, 200);
    let input = json!({"Namespace": "Mine", "MetricName": "Wait", "Period": 60, "StartTime": EPOCH - 60,
        "EndTime": EPOCH, "Statistics": ["Sum", "SampleCount", "Maximum"], "ExtendedStatistics": ["p90", "tm50"]});
    let answer = done(&service, "GetMetricStatistics", &input).await;
    assert_eq!(
        answer["Datapoints"],
        json!([{"Timestamp": EPOCH - 60, "Sum": 5_050.0, "SampleCount": 100.0, "Maximum": 100.0, "Unit": "Seconds",
            "ExtendedStatistics": {"p90": 90.0, "tm50": 25.5}}])
    );
    // A hundred megabytes of blanks in a few kilobytes.
    let bomb = ask(&service, put(packed(&vec![b' '; 100_000_000]))).await;
    assert_eq!(bomb.status, 413);
    assert_eq!(ask(&service, put(b"no gzip".to_vec())).await.status, 400);
}

#[tokio::test(start_paused = true)]
async fn an_alarm_rises_and_falls_in_its_own_minutes() {
    let service = serving(quiet(), Clock::virtual_time());
    let alarm = json!({"AlarmName": "throttled", "Namespace": "AWS/Bedrock", "MetricName": "InvocationThrottles",
        "Dimensions": [{"Name": "ModelId", "Value": NOVA}], "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": 3, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching"});
    done(&service, "PutMetricAlarm", &alarm).await;
    let states = async |service: &Service| {
        let answer = done(service, "DescribeAlarms", &json!({"AlarmNamePrefix": "throt"})).await;
        answer["MetricAlarms"][0].clone()
    };
    assert_eq!(states(&service).await["StateValue"], "INSUFFICIENT_DATA");
    service.clock().sleep(Duration::from_secs(300)).await;
    service
        .control()
        .inject(fault(1, FaultKind::Throttle, Scope::default()));
    for number in 0..4 {
        ask(&service, converse(NOVA, &format!("{number}"))).await;
    }
    service.control().lift_all();
    // Nobody looks for an hour; the alarm has had its course all the same.
    service.clock().sleep(Duration::from_secs(3_600)).await;
    let now = states(&service).await;
    assert_eq!(now["StateValue"], "OK");
    let history = done(
        &service,
        "DescribeAlarmHistory",
        &json!({"AlarmName": "throttled", "ScanBy": "TimestampAscending"}),
    )
    .await;
    let told: Vec<(i64, &str)> = (history["AlarmHistoryItems"].as_array().expect("items").iter())
        .map(|item| {
            (
                item["Timestamp"].as_i64().expect("a time") - EPOCH,
                item["HistorySummary"].as_str().expect("text"),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (0, "Alarm \"throttled\" created"),
            (60, "Alarm updated from INSUFFICIENT_DATA to OK"),
            (420, "Alarm updated from OK to ALARM"),
            (600, "Alarm updated from ALARM to OK"),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_request_is_said_in_the_services_codes() {
    let service = serving(quiet(), Clock::virtual_time());
    let data =
        |query: Value| json!({"MetricDataQueries": [query], "StartTime": EPOCH, "EndTime": EPOCH + 60});
    let mut odd = stat("a", "Invocations", "Sum");
    odd["MetricStat"]["Period"] = json!(61);
    let cases = [
        (
            "GetMetricData",
            json!({"MetricDataQueries": []}),
            "MissingParameter",
            "MetricDataQueries",
        ),
        (
            "GetMetricData",
            data(stat("A", "Invocations", "Sum")),
            "ValidationError",
            "^[a-z][a-zA-Z0-9_]*$",
        ),
        (
            "GetMetricData",
            data(stat("a", "Invocations", "p101")),
            "ValidationError",
            "is not supported",
        ),
        ("GetMetricData", data(odd), "ValidationError", "multiple of 60"),
        (
            "GetMetricData",
            data(json!({"Id": "e", "Expression": "1 +"})),
            "ValidationError",
            "Error in expression 'e'",
        ),
        (
            "GetMetricData",
            json!({"MetricDataQueries": [stat("a", "b", "Sum")], "StartTime": 60, "EndTime": 60}),
            "ValidationError",
            "The parameter StartTime must not equal parameter EndTime.",
        ),
        (
            "GetMetricStatistics",
            json!({"Namespace": "a", "MetricName": "b", "Period": 60, "StartTime": 0, "EndTime": 259_200,
                "Statistics": ["Sum"]}),
            "InvalidParameterCombination",
            "You have requested up to 4320 datapoints, which exceeds the limit of 1440.",
        ),
        (
            "PutMetricData",
            json!({"Namespace": "AWS/Bedrock", "MetricData": []}),
            "InvalidParameterValue",
            "Namespace",
        ),
        (
            "PutMetricData",
            json!({"Namespace": "a", "MetricData": [{"MetricName": "b"}]}),
            "MissingParameter",
            "MetricData.member.1.Value",
        ),
        (
            "DeleteAlarms",
            json!({"AlarmNames": ["none"]}),
            "ResourceNotFound",
            "none",
        ),
        (
            "DescribeAlarms",
            json!({"StateValue": "FINE"}),
            "ValidationError",
            "[OK, ALARM, INSUFFICIENT_DATA]",
        ),
        (
            "GetDashboard",
            json!({}),
            "InvalidAction",
            "bedrill does not model",
        ),
    ];
    for (operation, input, code, words) in cases {
        let (told, said) = call(&service, operation, &input).await.expect_err(operation);
        assert_eq!(told, code, "{operation} {input}: {said}");
        assert!(said.contains(words), "{operation} {input}: {said}");
    }
}
