"""boto3 against the emulator: every operation and every error class, as a stranger sees them.

Run by tests/it/strangers.rs: boto3_client.py ENDPOINT FAULTS, where FAULTS is a JSON object that names, for
each kind of fault in force, the identifier or the region it strikes.
"""

import json
import sys
import traceback

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, EventStreamError

ENDPOINT, FAULTS = sys.argv[1], json.loads(sys.argv[2])
CONFIG = Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=5)
NOVA = "amazon.nova-lite-v1:0"
CLAUDE = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
LLAMA = "meta.llama3-8b-instruct-v1:0"
MISTRAL = "mistral.mistral-7b-instruct-v0:2"
TITAN = "amazon.titan-text-express-v1"
ASKED = [{"role": "user", "content": [{"text": "Name three rivers."}]}]


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


def test_converse():
    answer = RUNTIME.converse(
        modelId=NOVA,
        messages=ASKED,
        system=[{"text": "Be brief."}],
        inferenceConfig={"maxTokens": 50, "temperature": 0.5, "topP": 0.9, "stopSequences": ["|"]},
        requestMetadata={"team": "strangers"},
        performanceConfig={"latency": "standard"},
    )
    assert answer["output"]["message"]["role"] == "assistant"
    assert answer["output"]["message"]["content"][0]["text"]
    assert answer["stopReason"] in ("end_turn", "max_tokens")
    usage = answer["usage"]
    assert usage["totalTokens"] == usage["inputTokens"] + usage["outputTokens"]
    assert 0 < usage["outputTokens"] <= 50
    assert answer["metrics"]["latencyMs"] >= 0
    assert answer["performanceConfig"] == {"latency": "standard"}
    metadata = answer["ResponseMetadata"]
    assert metadata["HTTPStatusCode"] == 200 and len(metadata["RequestId"]) == 36


def test_converse_with_tools_image_and_document():
    tool = {"toolSpec": {"name": "weather", "description": "Tells it.", "inputSchema": {"json": {"type": "object"}}}}
    content = [
        {"text": "What is this?"},
        {"image": {"format": "png", "source": {"bytes": b"\x89PNG" * 10}}},
        {"document": {"format": "txt", "name": "notes", "source": {"bytes": b"Some notes. " * 100}}},
    ]
    plain = RUNTIME.converse(modelId=CLAUDE, messages=ASKED)
    laden = RUNTIME.converse(
        modelId=CLAUDE,
        messages=[{"role": "user", "content": content}],
        toolConfig={"tools": [tool], "toolChoice": {"auto": {}}},
        additionalModelRequestFields={"top_k": 5},
    )
    assert laden["usage"]["inputTokens"] > plain["usage"]["inputTokens"] + 300


def test_identifiers_in_every_form():
    profile = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-micro-v1:0"
    model = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-micro-v1:0"
    for identifier in (profile, model, "us.amazon.nova-micro-v1:0", "amazon.nova-micro-v1:0"):
        if identifier in FAULTS.values():
            continue
        assert RUNTIME.converse(modelId=identifier, messages=ASKED)["stopReason"] == "end_turn", identifier


def test_converse_stream():
    answer = RUNTIME.converse_stream(modelId=NOVA, messages=ASKED)
    names, text, last = [], "", None
    for event in answer["stream"]:
        (name, last), = event.items()
        names.append(name)
        if name == "contentBlockDelta":
            text += last["delta"]["text"]
    middle = [name for name in names if name != "contentBlockDelta"]
    assert middle == ["messageStart", "contentBlockStop", "messageStop", "metadata"], names
    assert text and last["usage"]["outputTokens"] > 0 and last["metrics"]["latencyMs"] >= 0


def invoke(model, body):
    answer = RUNTIME.invoke_model(modelId=model, body=json.dumps(body), contentType="application/json", accept="application/json")
    headers = answer["ResponseMetadata"]["HTTPHeaders"]
    assert answer["contentType"] == "application/json"
    assert int(headers["x-amzn-bedrock-output-token-count"]) > 0
    assert int(headers["x-amzn-bedrock-input-token-count"]) > 0
    assert int(headers["x-amzn-bedrock-invocation-latency"]) >= 0
    return json.loads(answer["body"].read())


def stream(model, body):
    answer = RUNTIME.invoke_model_with_response_stream(modelId=model, body=json.dumps(body))
    assert answer["contentType"] == "application/json"
    return [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]


CLAUDE_BODY = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 30,
    "messages": [{"role": "user", "content": "Name three rivers."}],
}
NOVA_BODY = {"schemaVersion": "messages-v1", "messages": ASKED, "inferenceConfig": {"maxTokens": 30}}
LLAMA_BODY = {"prompt": "Name three rivers.", "max_gen_len": 30}
MISTRAL_BODY = {"prompt": "<s>[INST] Name three rivers. [/INST]", "max_tokens": 30}
TITAN_BODY = {"inputText": "Name three rivers.", "textGenerationConfig": {"maxTokenCount": 30}}


def test_invoke_model_of_five_families():
    assert invoke(CLAUDE, CLAUDE_BODY)["content"][0]["type"] == "text"
    assert invoke(NOVA, NOVA_BODY)["output"]["message"]["content"][0]["text"]
    assert invoke(LLAMA, LLAMA_BODY)["generation"]
    assert invoke(MISTRAL, MISTRAL_BODY)["outputs"][0]["text"]
    assert invoke(TITAN, TITAN_BODY)["results"][0]["outputText"]


def test_invoke_model_with_response_stream_of_five_families():
    says = {
        CLAUDE: (CLAUDE_BODY, lambda chunk: chunk.get("delta", {}).get("text", "")),
        NOVA: (NOVA_BODY, lambda chunk: chunk.get("contentBlockDelta", {}).get("delta", {}).get("text", "")),
        LLAMA: (LLAMA_BODY, lambda chunk: chunk["generation"]),
        MISTRAL: (MISTRAL_BODY, lambda chunk: chunk["outputs"][0]["text"]),
        TITAN: (TITAN_BODY, lambda chunk: chunk["outputText"]),
    }
    for model, (body, text_of) in says.items():
        chunks = stream(model, body)
        assert "".join(text_of(chunk) for chunk in chunks), model
        metrics = chunks[-1]["amazon-bedrock-invocationMetrics"]
        assert metrics["outputTokenCount"] > 0 and metrics["firstByteLatency"] <= metrics["invocationLatency"], model


def test_service_tier_comes_back():
    answer = RUNTIME.invoke_model(modelId=NOVA, body=json.dumps(NOVA_BODY), serviceTier="flex")
    assert answer["serviceTier"] == "flex"


def test_count_tokens():
    by_converse = RUNTIME.count_tokens(modelId=NOVA, input={"converse": {"messages": ASKED}})["inputTokens"]
    by_invoke = RUNTIME.count_tokens(modelId=NOVA, input={"invokeModel": {"body": json.dumps(NOVA_BODY)}})["inputTokens"]
    billed = RUNTIME.converse(modelId=NOVA, messages=ASKED)["usage"]["inputTokens"]
    assert by_converse == by_invoke == billed


def test_foundation_models():
    models = CONTROL.list_foundation_models()["modelSummaries"]
    providers = {model["providerName"] for model in models}
    assert len(models) >= 15 and {"Amazon", "Anthropic", "Meta"} <= providers, providers
    amazon = CONTROL.list_foundation_models(byProvider="amazon", byInferenceType="ON_DEMAND")["modelSummaries"]
    assert amazon and all(model["providerName"] == "Amazon" for model in amazon)
    details = CONTROL.get_foundation_model(modelIdentifier=NOVA)["modelDetails"]
    assert details["responseStreamingSupported"] and details["modelLifecycle"]["status"] == "ACTIVE"


def test_inference_profiles():
    first = CONTROL.list_inference_profiles(maxResults=3, typeEquals="SYSTEM_DEFINED")
    assert len(first["inferenceProfileSummaries"]) == 3 and first["nextToken"]
    pages = CONTROL.get_paginator("list_inference_profiles").paginate(PaginationConfig={"PageSize": 3})
    profiles = [profile for page in pages for profile in page["inferenceProfileSummaries"]]
    ids = [profile["inferenceProfileId"] for profile in profiles]
    assert len(ids) == len(set(ids)) > 5 and CLAUDE in ids
    profile = CONTROL.get_inference_profile(inferenceProfileIdentifier=CLAUDE)
    regions = {model["modelArn"].split(":")[3] for model in profile["models"]}
    assert {"us-east-1", "us-east-2", "us-west-2"} <= regions, regions
    again = CONTROL.get_inference_profile(inferenceProfileIdentifier=profile["inferenceProfileArn"])
    assert again["inferenceProfileId"] == CLAUDE


def test_caller_identity():
    assert client("sts").get_caller_identity()["Account"] == "123456789012"


def expect(name, status, call):
    try:
        call()
    except ClientError as error:
        found = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
        assert found == (name, status), found
        assert type(error).__name__ == name, f"{type(error)} is not modelled"
        assert error.response["Error"]["Message"]
        assert error.response["ResponseMetadata"]["RequestId"]
        return error
    raise AssertionError(f"no {name}")


def test_errors_by_fault():
    for fault, name, status in (
        ("throttle", "ThrottlingException", 429),
        ("not-ready", "ModelNotReadyException", 429),
        ("unavailable", "ServiceUnavailableException", 503),
        ("internal", "InternalServerException", 500),
        ("model-timeout", "ModelTimeoutException", 408),
        ("denied", "AccessDeniedException", 403),
        ("invalid-model", "ValidationException", 400),
    ):
        target = FAULTS[fault]
        expect(name, status, lambda: RUNTIME.converse(modelId=target, messages=ASKED))
        expect(name, status, lambda: RUNTIME.converse_stream(modelId=target, messages=ASKED))
        if fault not in ("not-ready", "model-timeout"):  # CountTokens has no such errors in its model.
            counted = {"converse": {"messages": ASKED}}
            expect(name, status, lambda: RUNTIME.count_tokens(modelId=target, input=counted))


def test_errors_of_the_callers_making():
    wrong = lambda **more: RUNTIME.converse(**{"modelId": NOVA, "messages": ASKED, **more})
    error = expect("ValidationException", 400, lambda: wrong(modelId="does-not-exist"))
    assert "The provided model identifier is invalid." in str(error)
    error = expect("ValidationException", 400, lambda: wrong(modelId=CLAUDE.removeprefix("us.")))
    assert "on-demand throughput" in str(error)
    error = expect("ValidationException", 400, lambda: wrong(inferenceConfig={"maxTokens": 10**6}))
    assert "exceed the model limit of" in str(error)
    expect("ResourceNotFoundException", 404, lambda: wrong(modelId="us.amazon.nova-premier-v1:0"))
    expect("ResourceNotFoundException", 404, lambda: CONTROL.get_foundation_model(modelIdentifier="acme.none-v1:0"))
    expect("ResourceNotFoundException", 404, lambda: CONTROL.get_inference_profile(inferenceProfileIdentifier="us.none"))
    expect("ValidationException", 400, lambda: RUNTIME.invoke_model(modelId=LLAMA, body="{}"))


def test_streams_that_break():
    for call in (
        lambda target: RUNTIME.converse_stream(modelId=target, messages=ASKED)["stream"],
        lambda target: RUNTIME.invoke_model_with_response_stream(modelId=target, body=json.dumps(NOVA_BODY))["body"],
    ):
        seen = 0
        try:
            for _ in call(FAULTS["cut-stream"]):
                seen += 1
        except EventStreamError as error:
            assert "modelStreamErrorException" in str(error), error
            assert seen > 1
        else:
            raise AssertionError("the stream did not break")


def test_an_endpoint_that_is_out():
    try:
        client("bedrock-runtime", FAULTS["endpoint-outage"]).converse(modelId=NOVA, messages=ASKED)
    except ConnectionClosedError:
        return
    raise AssertionError("it answered")


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
