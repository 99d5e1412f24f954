"""The AWS CLI against the emulator. Run by tests/it/strangers.rs: aws_cli.py ENDPOINT."""

import json

from command_line import aws

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
