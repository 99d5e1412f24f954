"""What no policy allows, by boto3, in each service's own form. denials.py ENDPOINT."""

import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
ME = "arn:aws:iam::123456789012:user/bedrill"


def client(service):
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=ENDPOINT,
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1, "mode": "standard"}),
    )


def denied(call, action, code="AccessDeniedException", on=""):
    try:
        call()
    except ClientError as problem:
        told = problem.response["Error"]
        words = f"User: {ME} is not authorized to perform: {action}{on} because no identity-based policy allows the {action} action"
        assert (told["Code"], told["Message"]) == (code, words), told
        return
    raise AssertionError(f"{action} was allowed")


message = [{"role": "user", "content": [{"text": "Hello"}]}]
nova = "amazon.nova-micro-v1:0"
on_model = f" on resource: arn:aws:bedrock:us-east-1::foundation-model/{nova}"
on_profile = f" on resource: arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.{nova}"
runtime = client("bedrock-runtime")
denied(lambda: runtime.converse(modelId=nova, messages=message), "bedrock:InvokeModel", on=on_model)
denied(
    lambda: runtime.converse_stream(modelId="us." + nova, messages=message),
    "bedrock:InvokeModelWithResponseStream",
    on=on_profile,
)
denied(lambda: client("bedrock").list_inference_profiles(), "bedrock:ListInferenceProfiles")
denied(
    lambda: client("service-quotas").list_service_quotas(ServiceCode="bedrock"), "servicequotas:ListServiceQuotas"
)
denied(lambda: client("cloudtrail").lookup_events(), "cloudtrail:LookupEvents")
denied(lambda: client("cloudwatch").list_metrics(), "cloudwatch:ListMetrics", code="AccessDenied")
denied(
    lambda: client("sts").assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="ok"),
    "sts:AssumeRole",
    code="AccessDenied",
)
denied(lambda: client("s3").list_buckets(), "s3:ListAllMyBuckets", code="AccessDenied")
assert client("sts").get_caller_identity()["Arn"] == ME
print("ok denials")
