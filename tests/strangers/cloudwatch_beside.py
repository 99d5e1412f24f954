"""Calls of boto3's own beside others, and what CloudWatch counted of all of them.

Run by tests/it/cloudwatch.rs: cloudwatch_beside.py ENDPOINT call COUNT, which prints what became of its
calls, or cloudwatch_beside.py ENDPOINT read PROTOCOL START END, which prints CloudWatch's sums.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.loaders import Loader

ENDPOINT, TASK = sys.argv[1:3]
MODEL = "us.amazon.nova-micro-v1:0"
METRICS = ["Invocations", "InvocationThrottles", "InputTokenCount", "OutputTokenCount"]


def client(service, session):
    config = Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=5)
    return session.client(service, endpoint_url=ENDPOINT, config=config)


def session():
    return boto3.Session(region_name="us-east-1", aws_access_key_id="AKIDX", aws_secret_access_key="secret")


def call(count):
    runtime = client("bedrock-runtime", session())
    sums = [0, 0, 0, 0]
    for n in range(count):
        question = [{"role": "user", "content": [{"text": f"Boto3 asks for the {n}th time."}]}]
        try:
            usage = runtime.converse(modelId=MODEL, messages=question)["usage"]
            sums = [sums[0] + 1, sums[1], sums[2] + usage["inputTokens"], sums[3] + usage["outputTokens"]]
        except ClientError as error:
            assert error.response["Error"]["Code"] == "ThrottlingException", error
            sums[1] += 1
    return sums


def read(protocol, start, end):
    class OneProtocol(Loader):
        def load_service_model(self, service, type_name, api_version=None):
            model = super().load_service_model(service, type_name, api_version)
            if service == "cloudwatch" and type_name == "service-2":
                model = dict(model, metadata=dict(model["metadata"], protocol=protocol, protocols=[protocol]))
            return model

    made = session()
    made._session.register_component("data_loader", OneProtocol())
    dimensions = [{"Name": "ModelId", "Value": MODEL}]
    queries = [
        {"Id": name[0].lower() + name[1:], "MetricStat": {"Period": 60, "Stat": "Sum", "Metric": {
            "Namespace": "AWS/Bedrock", "MetricName": name, "Dimensions": dimensions}}}
        for name in METRICS
    ]
    got = client("cloudwatch", made).get_metric_data(MetricDataQueries=queries, StartTime=int(start), EndTime=int(end))
    return [sum(result["Values"]) for result in got["MetricDataResults"]]


print(json.dumps(call(int(sys.argv[3])) if TASK == "call" else read(*sys.argv[3:6])))
