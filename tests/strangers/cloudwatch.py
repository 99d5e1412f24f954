"""CloudWatch with boto3 and the AWS CLI against the emulator.

Run by tests/it/cloudwatch.rs: cloudwatch.py ENDPOINT. The account has three hours of history.
"""

import datetime
import functools
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader

import command_line

ENDPOINT = sys.argv[1]
MODEL = "us.amazon.nova-lite-v1:0"
DIMENSIONS = [{"Name": "ModelId", "Value": MODEL}]
NOW = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
AGO = NOW - datetime.timedelta(hours=3)


class OneProtocol(Loader):
    """A loader whose CloudWatch speaks one protocol alone."""

    def __init__(self, protocol):
        super().__init__()
        self.protocol = protocol

    def load_service_model(self, service, type_name, api_version=None):
        model = super().load_service_model(service, type_name, api_version)
        if service == "cloudwatch" and type_name == "service-2":
            metadata = dict(model["metadata"], protocol=self.protocol, protocols=[self.protocol])
            if self.protocol == "query":
                metadata.pop("awsQueryCompatible", None)
            model = dict(model, metadata=metadata)
        return model


def client(protocol=None):
    session = boto3.Session(
        region_name="us-east-1", aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="secret"
    )
    if protocol:
        session._session.register_component("data_loader", OneProtocol(protocol))
    seen = []
    made = session.client(
        "cloudwatch",
        endpoint_url=ENDPOINT,
        config=Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=5),
    )
    made.meta.events.register("before-send.cloudwatch.*", lambda request, **_: seen.append(request))
    return made, seen


def spoken(request):
    if "/service/" in request.url:
        return "smithy-rpc-v2-cbor"
    return "json" if "X-Amz-Target" in request.headers else "query"


def stat(name, statistic, ident):
    metric = {"Namespace": "AWS/Bedrock", "MetricName": name, "Dimensions": DIMENSIONS}
    return {"Id": ident, "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic}}


QUERIES = [
    stat("Invocations", "Sum", "calls"),
    stat("InvocationLatency", "p99", "late"),
    stat("EstimatedTPMQuotaUsage", "Maximum", "used"),
    stat("InvocationThrottles", "Sum", "throttles"),
    {"Id": "ratio", "Expression": "FILL(throttles,0)/(calls+FILL(throttles,0))"},
    {
        "Id": "all",
        "Expression": "SUM(SEARCH('{AWS/Bedrock,ModelId} MetricName=\"Invocations\" ModelId=nova', 'Sum', 60))",
    },
]


def answers(made):
    got = made.get_metric_data(MetricDataQueries=QUERIES, StartTime=AGO, EndTime=NOW)
    listed = made.list_metrics(Namespace="AWS/Bedrock", Dimensions=DIMENSIONS)["Metrics"]
    statistics = made.get_metric_statistics(
        Namespace="AWS/Bedrock", MetricName="OutputTokenCount", Dimensions=DIMENSIONS,
        StartTime=AGO, EndTime=NOW, Period=300, Statistics=["Sum", "Average"], ExtendedStatistics=["p50"],
    )
    results = [(r["Id"], r["StatusCode"], r["Timestamps"], r["Values"]) for r in got["MetricDataResults"]]
    return results, listed, statistics["Datapoints"]


def test_the_three_protocols_give_the_same():
    told = {}
    for protocol in ("json", "smithy-rpc-v2-cbor", "query"):
        made, seen = client(protocol)
        told[protocol] = answers(made)
        assert {spoken(request) for request in seen} == {protocol}, [spoken(request) for request in seen]
    assert told["json"] == told["smithy-rpc-v2-cbor"] == told["query"]
    results, listed, points = told["json"]
    by_id = {ident: values for ident, _, _, values in results}
    assert len(by_id["calls"]) >= 175 and min(by_id["calls"]) > 0, by_id["calls"]
    assert len(by_id["ratio"]) >= len(by_id["calls"]) - 1 and max(by_id["used"]) > 1_000
    assert sum(by_id["all"]) > sum(by_id["calls"])
    assert all(status == "Complete" for _, status, _, _ in results)
    times = results[0][2]
    assert times == sorted(times, reverse=True), "the newest first"
    assert {"MetricName", "Namespace", "Dimensions"} <= set(listed[0])
    assert points[0]["Unit"] == "Count" and points[0]["ExtendedStatistics"]["p50"] > 0


def test_boto3_puts_packed_samples_and_reads_them():
    made, seen = client()
    data = [
        {"MetricName": "Wait", "Value": float(n), "Unit": "Seconds",
         "Dimensions": [{"Name": "Shop", "Value": "a & b <c>"}]} for n in range(1, 401)
    ]
    made.put_metric_data(Namespace="Mine", MetricData=data)
    assert seen[-1].headers.get("Content-Encoding") in ("gzip", b"gzip"), dict(seen[-1].headers)
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=2)
    points = made.get_metric_statistics(
        Namespace="Mine", MetricName="Wait", Dimensions=data[0]["Dimensions"], Period=3600,
        StartTime=later - datetime.timedelta(hours=1), EndTime=later, Statistics=["Sum", "SampleCount"],
    )["Datapoints"]
    assert sum(point["Sum"] for point in points) == 80_200, points
    assert sum(point["SampleCount"] for point in points) == 400


def test_each_paginator_walks_to_its_end():
    made, _ = client()
    for n in range(7):
        made.put_metric_alarm(
            AlarmName=f"alarm-{n}", Namespace="AWS/Bedrock", MetricName="InvocationThrottles",
            Dimensions=DIMENSIONS, Statistic="Sum", Period=60, EvaluationPeriods=3, DatapointsToAlarm=2,
            Threshold=1.5, ComparisonOperator="GreaterThanThreshold", TreatMissingData="notBreaching",
        )

    def walk(operation, key, **arguments):
        pages = list(made.get_paginator(operation).paginate(**arguments))
        return pages, [item for page in pages for item in page.get(key, [])]

    pages, alarms = walk("describe_alarms", "MetricAlarms", PaginationConfig={"PageSize": 3})
    assert (len(pages), [alarm["AlarmName"] for alarm in alarms]) == (3, [f"alarm-{n}" for n in range(7)])
    assert alarms[0]["Threshold"] == 1.5 and alarms[0]["DatapointsToAlarm"] == 2
    pages, items = walk("describe_alarm_history", "AlarmHistoryItems", PaginationConfig={"PageSize": 2})
    assert len(pages) >= 4 and len(items) >= 7
    _, metrics = walk("list_metrics", "Metrics")
    names = [(m["Namespace"], m["MetricName"], str(m["Dimensions"])) for m in metrics]
    assert len(names) == len(set(names)) > 50
    pages, results = walk(
        "get_metric_data", "MetricDataResults", MetricDataQueries=QUERIES[:3], StartTime=AGO, EndTime=NOW,
        PaginationConfig={"PageSize": 100},
    )
    assert len(pages) > 3
    whole = made.get_metric_data(MetricDataQueries=QUERIES[:3], StartTime=AGO, EndTime=NOW)
    for result in whole["MetricDataResults"]:
        parts = [part for part in results if part["Id"] == result["Id"]]
        assert sum((part["Values"] for part in parts), []) == result["Values"]
    for operation, key in [
        ("list_dashboards", "DashboardEntries"),
        ("describe_anomaly_detectors", "AnomalyDetectors"),
        ("list_alarm_mute_rules", "AlarmMuteRuleSummaries"),
        ("list_metric_data_query_definitions", "Items"),
    ]:
        if made.can_paginate(operation):
            assert walk(operation, key)[1] == [], operation
    made.delete_alarms(AlarmNames=[alarm["AlarmName"] for alarm in alarms])
    assert made.describe_alarms()["MetricAlarms"] == []


def test_errors_have_their_codes_in_every_protocol():
    for protocol in ("json", "smithy-rpc-v2-cbor", "query"):
        made, _ = client(protocol)
        try:
            made.describe_alarms(NextToken="nothing")
            raise AssertionError("a token of nothing")
        except made.exceptions.InvalidNextToken as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        try:
            made.get_metric_data(MetricDataQueries=QUERIES, StartTime=NOW, EndTime=NOW)
            raise AssertionError("no time at all")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ValidationError", (protocol, error.response)


aws = functools.partial(command_line.aws, "cloudwatch")


def test_the_aws_cli_reads_puts_and_watches():
    start, end = AGO.isoformat(), NOW.isoformat()
    listed = aws("list-metrics", "--namespace", "AWS/Bedrock", "--metric-name", "Invocations")["Metrics"]
    assert any(metric["Dimensions"] == DIMENSIONS for metric in listed)
    queries = json.dumps(QUERIES)
    got = aws("get-metric-data", "--metric-data-queries", queries, "--start-time", start, "--end-time", end)
    assert [result["Id"] for result in got["MetricDataResults"]] == [query["Id"] for query in QUERIES]
    points = aws(
        "get-metric-statistics", "--namespace", "AWS/Bedrock", "--metric-name", "Invocations", "--dimensions",
        f"Name=ModelId,Value={MODEL}", "--start-time", start, "--end-time", end, "--period", "3600",
        "--statistics", "Sum",
    )["Datapoints"]
    assert sum(point["Sum"] for point in points) >= sum(got["MetricDataResults"][0]["Values"]) > 0
    aws("put-metric-data", "--namespace", "Mine", "--metric-name", "Tea", "--value", "3", "--unit", "Count")
    assert aws("list-metrics", "--namespace", "Mine", "--metric-name", "Tea")["Metrics"]
    aws(
        "put-metric-alarm", "--alarm-name", "cli", "--namespace", "Mine", "--metric-name", "Tea", "--statistic", "Sum",
        "--period", "60", "--evaluation-periods", "1", "--threshold", "1", "--comparison-operator",
        "GreaterThanThreshold",
    )
    alarm = aws("describe-alarms", "--alarm-names", "cli")["MetricAlarms"][0]
    assert alarm["StateValue"] in ("INSUFFICIENT_DATA", "ALARM") and alarm["AlarmArn"].endswith(":alarm:cli")


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
        print("ok", name)
