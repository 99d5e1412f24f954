"""boto3 against provisioned throughput: look, buy, call, rename, delete, and what is refused.

Run by tests/it/provisioned.rs: provisioned.py ENDPOINT QUOTA. With a quota of 0 nothing can be bought.
"""

import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT, QUOTA = sys.argv[1], int(sys.argv[2])
CONFIG = Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=5)
ASKED = [{"role": "user", "content": [{"text": "Name three rivers."}]}]
MODEL = "amazon.nova-pro-v1:0:24k"


def client(service, region="us-east-1", key="AKIDSTRANGER"):
    return boto3.client(
        service,
        endpoint_url=ENDPOINT,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key="secret",
        config=CONFIG,
    )


CONTROL, RUNTIME = client("bedrock"), client("bedrock-runtime")


def expect(name, status, call, *words):
    try:
        call()
    except ClientError as error:
        found = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
        assert found == (name, status), found
        assert type(error).__name__ == name, f"{type(error)} is not modelled"
        message = error.response["Error"]["Message"]
        assert all(word in message for word in words), message
        return
    raise AssertionError(f"no {name}")


def buy(name, **more):
    wanted = {"provisionedModelName": name, "modelId": MODEL, "modelUnits": 1, **more}
    return CONTROL.create_provisioned_model_throughput(**wanted)["provisionedModelArn"]


def get(identifier):
    return CONTROL.get_provisioned_model_throughput(provisionedModelId=identifier)


def wait_in_service(arn):
    until = time.monotonic() + 15
    while time.monotonic() < until:
        if get(arn)["status"] == "InService":
            return
    raise AssertionError(get(arn)["status"])


def the_standing_unit_is_found_and_called():
    # Another account, as the letters of its key tell, has one of its own.
    for key in ("AKIDSTRANGER", "AKIAIOSFODNN7EXAMPLE"):
        control, runtime = client("bedrock", key=key), client("bedrock-runtime", key=key)
        summaries = control.list_provisioned_model_throughputs()["provisionedModelSummaries"]
        [unit] = [unit for unit in summaries if unit["status"] == "InService"]
        assert unit["modelArn"].endswith("foundation-model/amazon.nova-pro-v1:0:300k"), unit
        assert unit["foundationModelArn"].endswith("foundation-model/amazon.nova-pro-v1:0"), unit
        arn = unit["provisionedModelArn"]
        answer = runtime.converse(modelId=arn, messages=ASKED)
        assert answer["usage"]["inputTokens"] > 0 and answer["output"]["message"]["content"][0]["text"]
        stream = runtime.converse_stream(modelId=arn, messages=ASKED)["stream"]
        assert any("metadata" in event for event in stream)
        body = '{"schemaVersion":"messages-v1","messages":[{"role":"user","content":[{"text":"Hi"}]}]}'
        assert runtime.invoke_model(modelId=arn, body=body)["body"].read()
    assert not client("bedrock", "us-west-2").list_provisioned_model_throughputs()["provisionedModelSummaries"]


def without_a_quota_nothing_is_bought():
    expect("ServiceQuotaExceededException", 400, lambda: buy("mine"), "quota is 0", "support case")
    expect(
        "ServiceQuotaExceededException", 400, lambda: buy("mine", commitmentDuration="OneMonth"), "quota is 0"
    )


def a_unit_lives():
    arn = buy("mine", clientRequestToken="once")
    assert buy("mine", clientRequestToken="once") == arn
    assert get("mine")["status"] == "Creating" and get(arn)["desiredModelUnits"] == 1
    expect("ModelNotReadyException", 429, lambda: RUNTIME.converse(modelId=arn, messages=ASKED), "Creating")
    wait_in_service(arn)
    assert RUNTIME.converse(modelId=arn, messages=ASKED)["stopReason"] == "end_turn"
    CONTROL.update_provisioned_model_throughput(provisionedModelId=arn, desiredProvisionedModelName="yours")
    assert get("yours")["provisionedModelArn"] == arn
    listed = CONTROL.list_provisioned_model_throughputs(nameContains="your")["provisionedModelSummaries"]
    assert [unit["provisionedModelArn"] for unit in listed] == [arn]
    wait_in_service(arn)
    expect("ServiceQuotaExceededException", 400, lambda: buy("a-third", modelUnits=QUOTA), f"quota is {QUOTA}")
    CONTROL.delete_provisioned_model_throughput(provisionedModelId="yours")
    expect("ResourceNotFoundException", 404, lambda: get(arn))
    expect("ResourceNotFoundException", 404, lambda: RUNTIME.converse(modelId=arn, messages=ASKED))


def a_committed_unit_is_not_deleted():
    arn = buy("bound", commitmentDuration="SixMonths")
    bound = get(arn)
    term = bound["commitmentExpirationTime"] - bound["creationTime"]
    assert term.days == 180 and bound["commitmentDuration"] == "SixMonths", bound
    delete = lambda: CONTROL.delete_provisioned_model_throughput(provisionedModelId=arn)
    expect("ConflictException", 400, delete, "commitment term")
    wait_in_service(arn)
    expect("ConflictException", 400, delete, "commitment term")
    assert len(list(CONTROL.get_paginator("list_provisioned_model_throughputs").paginate(
        PaginationConfig={"PageSize": 1}))) == 2


def wrong_orders_are_refused():
    expect("ValidationException", 400, lambda: buy("x", modelId="amazon.nova-pro-v1:0"), "not supported")
    expect("ValidationException", 400, lambda: buy("x", modelId="anthropic.claude-sonnet-4-6"), "not supported")
    expect("ValidationException", 400, lambda: buy("two--dashes"), "provisionedModelName")
    update = CONTROL.update_provisioned_model_throughput
    standing = CONTROL.list_provisioned_model_throughputs(statusEquals="InService")["provisionedModelSummaries"]
    arn = standing[-1]["provisionedModelArn"]
    expect("ValidationException", 400, lambda: update(provisionedModelId=arn, desiredModelId=MODEL), "base model")


the_standing_unit_is_found_and_called()
if QUOTA == 0:
    without_a_quota_nothing_is_bought()
else:
    a_unit_lives()
    a_committed_unit_is_not_deleted()
    wrong_orders_are_refused()
print("ok")
