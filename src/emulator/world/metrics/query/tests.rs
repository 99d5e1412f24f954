use super::*;
use crate::emulator::world::metrics::Reading;

/// Three minutes: 1, nothing, 3 calls; and throttles in the second alone.
struct Fixture;

impl Source for Fixture {
    fn read(&self, metric: &MetricId, span: Range<i64>) -> Reading {
        let minutes: &[(i64, f64)] = match metric.name.as_str() {
            "Invocations" => &[(600, 1.0), (720, 3.0)],
            "InvocationThrottles" => &[(660, 2.0)],
            _ => &[],
        };
        let within = minutes.iter().filter(|(minute, _)| span.contains(minute));
        Reading {
            unit: "Count".to_owned(),
            samples: within
                .map(|(minute, count)| (*minute, Samples::repeated(1.0, *count)))
                .collect(),
        }
    }

    fn metrics(&self) -> Vec<MetricId> {
        ["InvocationThrottles", "Invocations"].map(metric).into()
    }

    fn published_until(&self) -> i64 {
        780
    }
}

fn metric(name: &str) -> MetricId {
    MetricId::new(
        "AWS/Bedrock",
        name,
        vec![("ModelId".to_owned(), "nova".to_owned())],
    )
}

fn stat(id: &str, name: &str, period: i64) -> DataQuery {
    DataQuery {
        id: id.to_owned(),
        asked: Asked::Metric(MetricStat {
            metric: metric(name),
            period,
            statistic: Statistic::Sum,
            written: "Sum".to_owned(),
            unit: None,
        }),
        label: None,
        returns: false,
    }
}

fn ask(text: &str) -> Result<Vec<Vec<(i64, f64)>>, String> {
    let expression = DataQuery {
        id: "e".to_owned(),
        asked: Asked::Expression(text.to_owned(), Some(60)),
        label: None,
        returns: true,
    };
    let queries = [
        stat("calls", "Invocations", 60),
        stat("throttles", "InvocationThrottles", 60),
        stat("long", "Invocations", 300),
        expression,
    ];
    let found = answer(&queries, 600..1_200, &Fixture).map_err(|error| error.to_string())?;
    Ok(found.into_iter().map(|found| found.points).collect())
}

#[test]
fn useful_queries_give_the_figures_they_should() {
    let cases: [(&str, &[(i64, f64)]); 14] = [
        ("calls + 1", &[(600, 2.0), (720, 4.0)]),
        ("calls + throttles", &[]),
        (
            "FILL(calls, 0) + FILL(throttles, 0)",
            &[(600, 1.0), (660, 2.0), (720, 3.0)],
        ),
        ("FILL(calls, REPEAT)", &[(600, 1.0), (660, 1.0), (720, 3.0)]),
        ("FILL(calls, LINEAR)", &[(600, 1.0), (660, 2.0), (720, 3.0)]),
        (
            "FILL(throttles,0)/(FILL(calls,0)+FILL(throttles,0))",
            &[(600, 0.0), (660, 1.0), (720, 0.0)],
        ),
        ("IF(calls > 1, calls * 10, 0)", &[(600, 0.0), (720, 30.0)]),
        ("RATE(calls) * 60", &[(720, 1.0)]),
        ("SUM([calls, throttles])", &[(600, 1.0), (660, 2.0), (720, 3.0)]),
        ("calls / MAX(calls)", &[(600, 1.0 / 3.0), (720, 1.0)]),
        ("calls / AVG(calls) - 0.5", &[(600, 0.0), (720, 1.0)]),
        ("long", &[(600, 4.0)]),
        (
            "SUM(SEARCH('{AWS/Bedrock,ModelId} MetricName=\"Invocations\"', 'Sum', 60))",
            &[(600, 1.0), (720, 3.0)],
        ),
        ("MIN(METRICS(\"calls\")) ^ 2", &[(600, 1.0), (720, 9.0)]),
    ];
    for (text, expected) in cases {
        assert_eq!(ask(text), Ok(vec![expected.to_vec()]), "{text}");
    }
    let both = ask("SEARCH('{AWS/Bedrock,ModelId} nova', 'Sum', 60)").expect("two series");
    assert_eq!(both, [vec![(660, 2.0)], vec![(600, 1.0), (720, 3.0)]]);
}

#[test]
fn what_is_wrong_with_an_expression_is_said() {
    for (text, expected) in [
        ("calls +", "Syntax error: unexpected end of the expression"),
        ("calls + )", "Syntax error: unexpected ) at character 9"),
        ("other * 2", "Undefined variable other"),
        ("e + 1", "The expression refers to itself by way of e"),
        ("MAX(calls)", "The result must be a time series, not a scalar"),
        (
            "'text' + calls",
            "Unsupported operand types for +: a string and a time series",
        ),
        ("IF(calls)", "IF does not take 1 arguments of these kinds"),
    ] {
        assert_eq!(
            ask(text),
            Err(format!("Error in expression 'e': {expected}")),
            "{text}"
        );
    }
    assert!(
        ask("ANOMALY_DETECTION_BAND(calls)")
            .expect_err("absent")
            .contains("Unknown function")
    );
}
