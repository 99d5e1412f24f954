"""The AWS CLI against the satellite services. Run by tests/it/satellites.rs: satellites_cli.py ENDPOINT."""

from command_line import ENVIRONMENT, aws

assert len(aws("service-quotas", "list-service-quotas", "--service-code", "bedrock")["Quotas"]) > 100
quota = aws("service-quotas", "get-service-quota", "--service-code", "bedrock", "--quota-code", "L-C0326783")
assert quota["Quota"]["QuotaName"] == "Cross-region model inference tokens per minute for Amazon Nova Pro"
assert aws("service-quotas", "list-requested-service-quota-change-history")["RequestedQuotas"] == []
assert aws("bedrock", "list-foundation-models")["modelSummaries"]
assert len(aws("bedrock", "list-inference-profiles", "--page-size", "5")["inferenceProfileSummaries"]) > 10
profile = aws("bedrock", "get-inference-profile", "--inference-profile-identifier", "us.amazon.nova-lite-v1:0")
assert profile["type"] == "SYSTEM_DEFINED"
available = aws("bedrock", "get-foundation-model-availability", "--model-id", "amazon.nova-lite-v1:0")
assert available["authorizationStatus"] == "AUTHORIZED"
for command, member in [
    ("list-guardrails", "guardrails"),
    ("list-custom-models", "modelSummaries"),
    ("list-imported-models", "modelSummaries"),
    ("list-model-customization-jobs", "modelCustomizationJobSummaries"),
    ("list-model-copy-jobs", "modelCopyJobSummaries"),
    ("list-model-import-jobs", "modelImportJobSummaries"),
    ("list-evaluation-jobs", "jobSummaries"),
    ("list-marketplace-model-endpoints", "marketplaceModelEndpoints"),
    ("list-custom-model-deployments", "modelDeploymentSummaries"),
    ("list-model-invocation-jobs", "invocationJobSummaries"),
]:
    assert aws("bedrock", command)[member] == [], command
assert aws("bedrock", "list-prompt-routers")["promptRouterSummaries"]
assert aws("bedrock", "list-provisioned-model-throughputs")["provisionedModelSummaries"]
assert aws("bedrock", "get-model-invocation-logging-configuration") == {}
told = aws("bedrock", "get-model-invocation-job", "--job-identifier", "abcdefabcdef", fails=True)
assert "ResourceNotFoundException" in told or "ValidationException" in told, told
print("ok quotas and the control plane")

role = ["--role-arn", "arn:aws:iam::123456789012:role/Ops", "--role-session-name", "night"]
keys = aws("sts", "assume-role", *role)["Credentials"]
ENVIRONMENT["AWS_ACCESS_KEY_ID"] = keys["AccessKeyId"]
ENVIRONMENT["AWS_SECRET_ACCESS_KEY"] = keys["SecretAccessKey"]
ENVIRONMENT["AWS_SESSION_TOKEN"] = keys["SessionToken"]
assert aws("sts", "get-caller-identity")["Arn"] == "arn:aws:sts::123456789012:assumed-role/Ops/night"
told = aws("service-quotas", "get-service-quota", "--service-code", "bedrock", "--quota-code", "L-0", fails=True)
assert "(NoSuchResourceException)" in told, told
events = aws("cloudtrail", "lookup-events", "--max-items", "60")["Events"]
assert {"AssumeRole", "ListGuardrails"} <= {event["EventName"] for event in events}
print("ok a session and its trail")
