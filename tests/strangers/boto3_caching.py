"""Prompt caching with boto3 against the emulator: both APIs, streams, lifetimes, refusals.

Run by tests/it/strangers.rs: boto3_caching.py ENDPOINT.
"""

import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

# On demand at us-east-1: one region, one cache.
CLAUDE = "anthropic.claude-sonnet-4-6"
NOVA = "amazon.nova-lite-v1:0"
LLAMA = "meta.llama3-8b-instruct-v1:0"
HANDBOOK = "The tide tables of the firth, as the harbour master keeps them. " * 200
POINT = {"cachePoint": {"type": "default"}}


def runtime(region="us-east-1", key="AKIDEXAMPLE"):
    return boto3.client(
        "bedrock-runtime",
        region_name=region,
        endpoint_url=sys.argv[1],
        aws_access_key_id=key,
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=5),
    )


def question(text):
    return [{"role": "user", "content": [{"text": text}]}]


def counts(usage):
    read, write = usage["cacheReadInputTokens"], usage["cacheWriteInputTokens"]
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"] + read + write, usage
    return usage["inputTokens"], read, write


def ask(client, model, system, text):
    return client.converse(
        modelId=model, system=system, messages=question(text), inferenceConfig={"maxTokens": 20}
    )


def test_a_document_is_written_once_and_read_ever_after():
    client = runtime()
    for model in (CLAUDE, NOVA):
        system = [{"text": f"For {model}. {HANDBOOK}"}, POINT]
        _, read, write = counts(ask(client, model, system, "When is high water?")["usage"])
        assert read == 0 and write > 2_000, (read, write)
        for n in range(3):
            rest, again, more = counts(ask(client, model, system, f"And on day {n}?")["usage"])
            assert (again, more) == (write, 0) and 0 < rest < 20, (rest, again, more)
        elsewhere = ask(runtime("us-west-2"), model, system, "When is high water?")
        assert counts(elsewhere["usage"])[1:] == (0, write), "another region, another cache"
        stranger = ask(runtime(key="AKIDOTHEREXAMPLE"), model, system, "When is high water?")
        # One account unless the key names another: the emulator reads it from the key.
        assert counts(stranger["usage"])[1] in (0, write)


def test_a_stream_tells_the_same():
    client = runtime()
    system = [{"text": "Streamed. " + HANDBOOK}, POINT]
    seen = []
    for text in ("When?", "Where?"):
        stream = client.converse_stream(modelId=CLAUDE, system=system, messages=question(text))["stream"]
        usage = [event["metadata"]["usage"] for event in stream if "metadata" in event][0]
        seen.append(counts(usage))
    assert seen[0][1] == 0 and seen[1][1] == seen[0][2] > 0, seen


def test_an_hour_is_told_apart():
    system = [
        {"text": "For an hour. " + HANDBOOK},
        {"cachePoint": {"type": "default", "ttl": "1h"}},
        {"text": "For five minutes. " + HANDBOOK},
        POINT,
    ]
    usage = ask(runtime(), CLAUDE, system, "When?")["usage"]
    assert [detail["ttl"] for detail in usage["cacheDetails"]] == ["1h", "5m"], usage
    assert sum(detail["inputTokens"] for detail in usage["cacheDetails"]) == counts(usage)[2]


def test_invoke_model_with_cache_control():
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 20,
        "system": [{"type": "text", "text": "Invoked. " + HANDBOOK, "cache_control": {"type": "ephemeral"}}],
        "messages": [{"role": "user", "content": "When?"}],
    }
    seen = []
    for _ in range(2):
        answer = runtime().invoke_model(modelId=CLAUDE, body=json.dumps(body))
        headers = answer["ResponseMetadata"]["HTTPHeaders"]
        usage = json.loads(answer["body"].read())["usage"]
        read, write = usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]
        assert headers["x-amzn-bedrock-cache-read-input-token-count"] == str(read)
        assert headers["x-amzn-bedrock-cache-write-input-token-count"] == str(write)
        seen.append((read, write))
    assert seen[0][0] == 0 and seen[1] == (seen[0][1], 0), seen


def test_below_the_minimum_it_just_succeeds():
    for _ in range(2):
        usage = ask(runtime(), CLAUDE, [{"text": "Too short."}, POINT], "When?")["usage"]
        assert counts(usage)[1:] == (0, 0)


def test_refusals():
    def refused(model, system, code):
        try:
            ask(runtime(), model, system, "When?")
        except ClientError as error:
            assert error.response["Error"]["Code"] == code, error
            return error.response["Error"]["Message"]
        raise AssertionError(f"{model} took {system}")

    assert "Found 5" in refused(CLAUDE, [{"text": "A"}, POINT] * 5, "ValidationException")
    late = [{"text": "A"}, POINT, {"text": "B"}, {"cachePoint": {"type": "default", "ttl": "1h"}}]
    assert "must not come after" in refused(CLAUDE, late, "ValidationException")
    assert "unsupported model" in refused(LLAMA, [{"text": "A"}, POINT], "AccessDeniedException")


if __name__ == "__main__":
    for name, test in list(globals().items()):
        if name.startswith("test_"):
            print(name, flush=True)
            test()
