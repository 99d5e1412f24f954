"""A small program that knows nothing of bedrill: boto3, a home-made retry loop, a home-made failover.

Run by tests/it/outside.rs: outside_app.py ENDPOINT MODE LOG SECONDS. It asks a question five times a second,
one after the other. MODE is `failover` (after a failed call it goes on in a second region) or `stay` (it
tries the same region again). It writes what it did itself to LOG: every attempt that the SDK sent, the
back-offs of its own loop, what was answered and what was lost. Moments are on the server's clock, which it
asks for once (`/health`): nothing else of bedrill is used.
"""

import json
import sys
import time
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

ENDPOINT, MODE, LOG, SECONDS = sys.argv[1], sys.argv[2], sys.argv[3], float(sys.argv[4])
MODEL = "openai.gpt-oss-20b-1:0"
HOME, SECOND = "us-east-1", "us-west-2"
# The SDK's own layer: one retry.
CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 2}, read_timeout=3, connect_timeout=2)
# The program's layer: so many tries beyond the first, each after a longer wait.
TRIES, FIRST_WAIT = 3, 0.05
PERIOD = 0.2

ATTEMPTS, OPERATIONS = [], []


def offset():
    """What must be taken from our clock to have the server's."""
    before = time.time()
    with urllib.request.urlopen(f"{ENDPOINT}/health") as answer:
        up = json.load(answer)["up_secs"]
    return (before + time.time()) / 2 - up


OFFSET = offset()


def now():
    return time.time() - OFFSET


def client(region):
    made = boto3.client(
        "bedrock-runtime",
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        config=CONFIG,
    )

    def sent(request, **_):
        invocation = request.headers["amz-sdk-invocation-id"]
        ATTEMPTS.append({
            "operation": len(OPERATIONS),
            "region": region,
            "invocation": invocation.decode() if isinstance(invocation, bytes) else invocation,
            "sent_at": now(),
        })

    def received(response_dict, exception, **_):
        status = None if response_dict is None else response_dict["status_code"]
        ATTEMPTS[-1].update(ended_at=now(), status=status, failed=status != 200)

    made.meta.events.register("before-send.bedrock-runtime", sent)
    made.meta.events.register("response-received.bedrock-runtime", received)
    return made


CLIENTS = {region: client(region) for region in (HOME, SECOND)}


def ask(number):
    """One operation: true once it was answered."""
    operation = {"began_at": now(), "waits": []}
    region = HOME
    for tried in range(1 + TRIES):
        if tried:
            wait = FIRST_WAIT * 2 ** (tried - 1)
            operation["waits"].append(wait)
            time.sleep(wait)
            if MODE == "failover":
                region = SECOND
        try:
            CLIENTS[region].converse(
                modelId=MODEL,
                messages=[{"role": "user", "content": [{"text": f"Question {number}: name a river."}]}],
                inferenceConfig={"maxTokens": 40},
            )
            operation.update(answered=True, region=region, ended_at=now())
            break
        except (ClientError, BotoCoreError) as problem:
            operation.update(ended_at=now(), problem=str(problem)[:200])
    else:
        operation["answered"] = False
    OPERATIONS.append(operation)


def main():
    slot, number = int(now() / PERIOD) + 1, 0
    # Halfway between the moments at which faults begin and end, so that each operation is on one side.
    while (at := (slot + 0.5) * PERIOD) < SECONDS:
        time.sleep(max(0.0, at - now()))
        ask(number)
        number += 1
        slot = max(slot + 1, int(now() / PERIOD - 0.5) + 1)
    with open(LOG, "w", encoding="utf-8") as log:
        json.dump({"attempts": ATTEMPTS, "operations": OPERATIONS}, log)


main()
