"""llmeter's times against the world it measured, and against what bedrill measures of the same world.

    llmeter_agrees.py ENDPOINT BEDRILL

ENDPOINT is `bedrill serve --world tests/strangers/pypi/llmeter.toml`: 400 ms to the first token, 20 ms between
tokens, 60 tokens. BEDRILL is the program, which runs the same world itself. All figures must agree within
5 percent.
"""

import asyncio
import json
import pathlib
import subprocess
import sys

import boto3
from llmeter.endpoints import BedrockConverseStream
from llmeter.runner import Runner

from told import run

ENDPOINT, BEDRILL = sys.argv[1], sys.argv[2]
FIRST_TOKEN, PER_TOKEN, TOKENS = 0.400, 0.020, 60
MODEL = "us.anthropic.claude-sonnet-4-6"
WORLD = pathlib.Path(__file__).parent / "llmeter.toml"
SHARE = 0.05


def near(name, measured, expected):
    off = abs(measured - expected) / expected
    print(f"       {name}: {measured * 1000:.2f} ms, expected {expected * 1000:.2f} ms ({off:.2%} off)")
    assert off <= SHARE, f"{name} is {off:.1%} off"


def by_llmeter():
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=ENDPOINT,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
    )
    endpoint = BedrockConverseStream(model_id=MODEL, bedrock_boto3_client=client)
    payload = BedrockConverseStream.create_payload("Name three rivers.", max_tokens=200)
    result = asyncio.run(Runner(endpoint=endpoint).run(payload=payload, n_requests=10, clients=2))
    stats = result.stats
    assert not stats["failed_requests"], stats
    return stats["time_to_first_token-p50"], stats["time_per_output_token-p50"]


def by_bedrill():
    """The same world within one bedrill, in real time: the first token, and the time of each of the 59 after it."""
    told = subprocess.run(
        [BEDRILL, "run", str(WORLD), "--duration", "12s", "--json", "--no-record"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert told.stdout, told.stderr
    arm = json.loads(told.stdout)["arms"][0]
    first = arm["time_to_first_token"]["p50_us"] / 1e6
    return first, (arm["latency_from_send"]["p50_us"] / 1e6 - first) / (TOKENS - 1)


def test_llmeter_agrees_with_the_world_and_with_bedrill():
    first, per_token = by_llmeter()
    near("llmeter, first token, against the world", first, FIRST_TOKEN)
    near("llmeter, each token, against the world", per_token, PER_TOKEN)
    own_first, own_per_token = by_bedrill()
    near("llmeter, first token, against bedrill", first, own_first)
    near("llmeter, each token, against bedrill", per_token, own_per_token)


run(globals())
