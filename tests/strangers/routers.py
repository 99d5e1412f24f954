"""boto3 against the emulator's prompt routers, end to end: found, called, made, called, taken away.

Run by tests/it/strangers.rs: routers.py ENDPOINT.
"""

import json
import sys
import traceback

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
CONFIG = Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=5)
LITE = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"
PRO = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"
SIMPLE = "Name three rivers."
COMPLEX = "Compare both plans, weigh their risks step by step, and choose one with reasons."


def client(service, region="us-east-1"):
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        config=CONFIG,
    )


RUNTIME = client("bedrock-runtime")
CONTROL = client("bedrock")


def said(text):
    return [{"role": "user", "content": [{"text": text}]}]


def invoked(router, text):
    answer = RUNTIME.converse(modelId=router, messages=said(text), inferenceConfig={"maxTokens": 64})
    return answer["trace"]["promptRouter"]["invokedModelId"]


def invoked_by_stream(router, text):
    answer = RUNTIME.converse_stream(modelId=router, messages=said(text), inferenceConfig={"maxTokens": 64})
    *_, last = answer["stream"]
    return last["metadata"]["trace"]["promptRouter"]["invokedModelId"]


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response["Error"]["Message"]
    raise AssertionError(f"{code} was expected")


def test_a_stranger_finds_and_calls_what_is_there():
    found = CONTROL.list_prompt_routers()["promptRouterSummaries"]
    kinds = [router["type"] for router in found]
    assert kinds.count("default") == 2 and kinds.count("custom") == 1, found
    nova = [router for router in found if "amazon.nova" in router["promptRouterArn"] or router["type"] == "custom"]
    assert len(nova) == 2, nova
    for router in nova:
        assert router["status"] == "AVAILABLE"
        arn = router["promptRouterArn"]
        assert invoked(arn, SIMPLE) == LITE, arn
        assert invoked(arn, COMPLEX) == PRO, arn
        assert invoked_by_stream(arn, COMPLEX) == PRO, arn
        one = CONTROL.get_prompt_router(promptRouterArn=arn)
        assert one["promptRouterName"] == router["promptRouterName"]
        assert one["createdAt"].year >= 2024
    body = json.dumps({"messages": said(SIMPLE)})
    answer = RUNTIME.invoke_model(modelId=nova[0]["promptRouterArn"], body=body)
    assert json.loads(answer["body"].read())["output"]["message"]["role"] == "assistant"


def test_pages_and_types():
    pages = CONTROL.get_paginator("list_prompt_routers").paginate(PaginationConfig={"PageSize": 1})
    sizes = [len(page["promptRouterSummaries"]) for page in pages]
    assert sizes == [1, 1, 1], sizes
    custom = CONTROL.list_prompt_routers(type="custom")["promptRouterSummaries"]
    assert [router["type"] for router in custom] == ["custom"]


def test_a_router_over_profiles_lives_and_dies():
    profile = lambda identifier: CONTROL.get_inference_profile(inferenceProfileIdentifier=identifier)["inferenceProfileArn"]
    lite, pro = profile("us.amazon.nova-lite-v1:0"), profile("us.amazon.nova-pro-v1:0")
    wish = {
        "promptRouterName": "strangers-router",
        "description": "Patterns 1 and 2",
        "models": [{"modelArn": lite}, {"modelArn": pro}],
        "fallbackModel": {"modelArn": lite},
        "routingCriteria": {"responseQualityDifference": 10.0},
        "tags": [{"key": "team", "value": "strangers"}],
    }
    arn = CONTROL.create_prompt_router(**wish)["promptRouterArn"]
    assert ":prompt-router/" in arn
    assert invoked(arn, SIMPLE) == lite
    assert invoked_by_stream(arn, COMPLEX) == pro
    assert "already exists" in refused("ConflictException", CONTROL.create_prompt_router, **wish)
    strict = {**wish, "promptRouterName": "strict", "routingCriteria": {"responseQualityDifference": 100.0}}
    high = CONTROL.create_prompt_router(**strict)["promptRouterArn"]
    assert invoked(high, COMPLEX) == lite, "a higher threshold sends it to the fallback model"
    for made in (arn, high):
        CONTROL.delete_prompt_router(promptRouterArn=made)
        refused("ResourceNotFoundException", CONTROL.get_prompt_router, promptRouterArn=made)
        refused("ValidationException", RUNTIME.converse, modelId=made, messages=said(SIMPLE))


def test_rules_are_told():
    wish = {
        "promptRouterName": "wrong",
        "models": [{"modelArn": LITE}],
        "fallbackModel": {"modelArn": LITE},
        "routingCriteria": {"responseQualityDifference": 10.0},
    }
    assert "exactly two" in refused("ValidationException", CONTROL.create_prompt_router, **wish)
    wish["models"] = [{"modelArn": "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0"}]
    assert "not supported" in refused("ValidationException", CONTROL.create_prompt_router, **wish)
    wish["models"] = [{"modelArn": PRO}]
    wish["routingCriteria"] = {"responseQualityDifference": 100.5}
    assert "less than or equal to 100" in refused("ValidationException", CONTROL.create_prompt_router, **wish)
    default = "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/amazon.nova:1"
    refused("ValidationException", CONTROL.delete_prompt_router, promptRouterArn=default)


def main():
    failed = 0
    for name, test in [item for item in globals().items() if item[0].startswith("test_")]:
        try:
            test()
            print(f"ok {name}")
        except Exception:
            failed += 1
            print(f"FAILED {name}\n{traceback.format_exc()}")
    sys.exit(min(failed, 1))


main()
