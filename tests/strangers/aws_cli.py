"""The AWS CLI against the emulator. Run by tests/it/strangers.rs: aws_cli.py ENDPOINT."""

import json
import os
import subprocess
import sys

ENDPOINT = sys.argv[1]
AWS = os.path.join(os.path.dirname(sys.executable), "aws")
ENVIRONMENT = {
    "PATH": os.environ.get("PATH", ""),
    "HOME": "/nonexistent",
    "AWS_CONFIG_FILE": "/nonexistent/config",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_MAX_ATTEMPTS": "1",
}


def aws(*arguments, fails=False):
    command = [sys.executable, AWS, "--endpoint-url", ENDPOINT, "--output", "json", *arguments]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr if fails else json.loads(done.stdout)


models = aws("bedrock", "list-foundation-models", "--by-provider", "amazon")["modelSummaries"]
assert any(model["modelId"] == "amazon.nova-micro-v1:0" for model in models)
print("ok bedrock list-foundation-models")

asked = json.dumps([{"role": "user", "content": [{"text": "Hello"}]}])
answer = aws("bedrock-runtime", "converse", "--model-id", "amazon.nova-lite-v1:0", "--messages", asked)
assert answer["output"]["message"]["content"][0]["text"] and answer["stopReason"] == "end_turn"
print("ok bedrock-runtime converse")

assert aws("sts", "get-caller-identity")["Account"] == "123456789012"
print("ok sts get-caller-identity")

told = aws("bedrock-runtime", "converse", "--model-id", "none", "--messages", asked, fails=True)
assert "(ValidationException)" in told and "The provided model identifier is invalid." in told, told
print("ok an error is told")
