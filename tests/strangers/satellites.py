"""Service Quotas, Bedrock's control plane, STS and CloudTrail by boto3. satellites.py ENDPOINT."""

import base64
import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
NOVA = "amazon.nova-micro-v1:0"


def client(service, region="us-east-1", keys=None, **config):
    keys = keys or {"AccessKeyId": "AKIDEXAMPLE", "SecretAccessKey": "secret"}
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=ENDPOINT,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys.get("SessionToken"),
        config=Config(retries={"total_max_attempts": config.pop("attempts", 1), "mode": "standard"}),
    )


def refused(call, code, words=""):
    try:
        call()
    except ClientError as problem:
        assert problem.response["Error"]["Code"] == code, problem
        assert words in problem.response["Error"]["Message"], problem
        return problem
    raise AssertionError(f"{code} was expected")


def walk(service, name, key, **arguments):
    pages = service.get_paginator(name).paginate(PaginationConfig={"PageSize": 7}, **arguments)
    return [entry for page in pages for entry in page[key]]


# --- Every paginator walks to its end ---------------------------------------------------------------

bedrock, quotas = client("bedrock"), client("service-quotas")
ARGUMENTS = {
    "list_automated_reasoning_policy_build_workflows": {"policyArn": "arn:aws:bedrock:us-east-1:1:x/y"},
    "list_automated_reasoning_policy_test_cases": {"policyArn": "arn:aws:bedrock:us-east-1:1:x/y"},
    "list_automated_reasoning_policy_test_results": {
        "policyArn": "arn:aws:bedrock:us-east-1:1:x/y",
        "buildWorkflowId": "w",
    },
    "list_service_quotas": {"ServiceCode": "bedrock"},
    "list_aws_default_service_quotas": {"ServiceCode": "bedrock"},
    "list_requested_service_quota_change_history_by_quota": {
        "ServiceCode": "bedrock",
        "QuotaCode": "L-C0326783",
    },
}
walked = 0
for service in (bedrock, quotas):
    for operation in service.meta.service_model.operation_names:
        name = next(name for name, own in service.meta.method_to_api_mapping.items() if own == operation)
        if service.can_paginate(name):
            paginator = service.get_paginator(name)
            size = {"PaginationConfig": {"PageSize": 5}} if name != "list_enforced_guardrails_configuration" else {}
            for page in paginator.paginate(**ARGUMENTS.get(name, {}), **size):
                assert page["ResponseMetadata"]["HTTPStatusCode"] == 200
            walked += 1
assert walked >= 22, walked
print("ok every paginator")

# --- Service Quotas ---------------------------------------------------------------------------------

everything = walk(quotas, "list_service_quotas", "Quotas", ServiceCode="bedrock")
assert len({quota["QuotaCode"] for quota in everything}) == len(everything)
by_name = {quota["QuotaName"]: quota for quota in everything}
assert len(by_name) == len(everything) > 100
nova_pro = by_name["Cross-region model inference tokens per minute for Amazon Nova Pro"]
assert (nova_pro["QuotaCode"], nova_pro["Value"], nova_pro["Adjustable"]) == ("L-C0326783", 2_000_000.0, True)
assert nova_pro["Period"] == {"PeriodValue": 1, "PeriodUnit": "MINUTE"}
daily = by_name["Model invocation max tokens per day for Amazon Nova Pro (doubled for cross-region calls)"]
assert daily["Value"] == 1_440_000_000.0 and not daily["Adjustable"]
assert by_name["Inference profiles per account"]["QuotaCode"] == "L-40EC9882"
usual = walk(quotas, "list_aws_default_service_quotas", "Quotas", ServiceCode="bedrock")
assert {quota["QuotaCode"] for quota in usual} == {quota["QuotaCode"] for quota in everything}
one = quotas.get_service_quota(ServiceCode="bedrock", QuotaCode="L-C0326783")["Quota"]
assert one["QuotaArn"] == "arn:aws:servicequotas:us-east-1:123456789012:bedrock/L-C0326783"
assert quotas.get_aws_default_service_quota(ServiceCode="bedrock", QuotaCode="L-C0326783")["Quota"]["Value"] == 2e6
assert any(found["ServiceCode"] == "bedrock" for found in walk(quotas, "list_services", "Services"))
for call, code in [
    (lambda: quotas.get_service_quota(ServiceCode="bedrock", QuotaCode="L-00000000"), "NoSuchResourceException"),
    (lambda: quotas.list_service_quotas(ServiceCode="nothing"), "NoSuchResourceException"),
    (lambda: quotas.list_service_quotas(ServiceCode="bedrock", NextToken="x"), "InvalidPaginationTokenException"),
    (
        lambda: quotas.request_service_quota_increase(
            ServiceCode="bedrock", QuotaCode="L-C0326783", DesiredValue=1.0
        ),
        "IllegalArgumentException",
    ),
    (lambda: quotas.get_requested_service_quota_change(RequestId="none"), "NoSuchResourceException"),
]:
    refused(call, code)
print("ok quotas and their errors")

asked = quotas.request_service_quota_increase(ServiceCode="bedrock", QuotaCode="L-C0326783", DesiredValue=3e6)
asked = asked["RequestedQuota"]
assert asked["Status"] == "PENDING" and asked["DesiredValue"] == 3e6, asked
refused(
    lambda: quotas.request_service_quota_increase(ServiceCode="bedrock", QuotaCode="L-C0326783", DesiredValue=4e6),
    "ResourceAlreadyExistsException",
)
seen = set()
for _ in range(600):
    change = quotas.get_requested_service_quota_change(RequestId=asked["Id"])["RequestedQuota"]
    seen.add(change["Status"])
    if change["Status"] == "APPROVED":
        break
    time.sleep(0.01)
assert change["Status"] == "APPROVED" and change["CaseId"], (seen, change)
assert quotas.get_service_quota(ServiceCode="bedrock", QuotaCode="L-C0326783")["Quota"]["Value"] == 3e6
assert quotas.get_aws_default_service_quota(ServiceCode="bedrock", QuotaCode="L-C0326783")["Quota"]["Value"] == 2e6
history = walk(quotas, "list_requested_service_quota_change_history", "RequestedQuotas", ServiceCode="bedrock")
assert [made["Id"] for made in history] == [asked["Id"]]
print("ok an increase is approved")

# --- The control plane ------------------------------------------------------------------------------

there = bedrock.get_foundation_model_availability(modelId=NOVA)
assert there["regionAvailability"] == there["entitlementAvailability"] == "AVAILABLE", there
assert there["agreementAvailability"]["status"] == "AVAILABLE" and there["authorizationStatus"] == "AUTHORIZED"
refused(lambda: bedrock.get_foundation_model_availability(modelId="acme.none"), "ResourceNotFoundException")

source = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us." + NOVA
made = bedrock.create_inference_profile(
    inferenceProfileName="shop",
    description="the shop's calls",
    modelSource={"copyFrom": source},
    tags=[{"key": "team", "value": "shop"}],
)
arn = made["inferenceProfileArn"]
assert made["status"] == "ACTIVE" and ":application-inference-profile/" in arn
listed = walk(bedrock, "list_inference_profiles", "inferenceProfileSummaries", typeEquals="APPLICATION")
assert [profile["inferenceProfileArn"] for profile in listed] == [arn]
assert listed[0]["createdAt"] and len(listed[0]["models"]) == 3
both = walk(bedrock, "list_inference_profiles", "inferenceProfileSummaries")
assert len(both) == 1 + len(
    walk(bedrock, "list_inference_profiles", "inferenceProfileSummaries", typeEquals="SYSTEM_DEFINED")
)
assert bedrock.get_inference_profile(inferenceProfileIdentifier=arn)["type"] == "APPLICATION"
assert bedrock.list_tags_for_resource(resourceARN=arn)["tags"] == [{"key": "team", "value": "shop"}]
bedrock.tag_resource(resourceARN=arn, tags=[{"key": "stage", "value": "test"}])
bedrock.untag_resource(resourceARN=arn, tagKeys=["team"])
assert bedrock.list_tags_for_resource(resourceARN=arn)["tags"] == [{"key": "stage", "value": "test"}]
refused(
    lambda: bedrock.create_inference_profile(inferenceProfileName="shop", modelSource={"copyFrom": source}),
    "ConflictException",
)
runtime = client("bedrock-runtime")
message = [{"role": "user", "content": [{"text": "Hello"}]}]
assert runtime.converse(modelId=arn, messages=message)["usage"]["outputTokens"] > 0
runtime.converse(modelId="us." + NOVA, messages=message)
runtime.converse(modelId=NOVA, messages=message)
bedrock.delete_inference_profile(inferenceProfileIdentifier=arn)
refused(lambda: bedrock.get_inference_profile(inferenceProfileIdentifier=arn), "ResourceNotFoundException")
refused(lambda: runtime.converse(modelId=arn, messages=message), "ValidationException")
refused(
    lambda: bedrock.delete_inference_profile(inferenceProfileIdentifier="us." + NOVA), "ValidationException"
)
print("ok application profiles")

assert "loggingConfig" not in bedrock.get_model_invocation_logging_configuration()
config = {"s3Config": {"bucketName": "logs"}, "textDataDeliveryEnabled": True}
bedrock.put_model_invocation_logging_configuration(loggingConfig=config)
assert bedrock.get_model_invocation_logging_configuration()["loggingConfig"] == config
bedrock.delete_model_invocation_logging_configuration()
assert "loggingConfig" not in bedrock.get_model_invocation_logging_configuration()
print("ok the logging configuration")

# --- STS --------------------------------------------------------------------------------------------

sts = client("sts")
role = "arn:aws:iam::123456789012:role/ops/Night"
taken = sts.assume_role(RoleArn=role, RoleSessionName="shift", DurationSeconds=900)
assert taken["AssumedRoleUser"]["Arn"] == "arn:aws:sts::123456789012:assumed-role/Night/shift"
keys = taken["Credentials"]
assert 890 < keys["Expiration"].timestamp() - time.time() < 910
me = client("sts", keys=keys).get_caller_identity()
assert (me["Account"], me["Arn"]) == ("123456789012", taken["AssumedRoleUser"]["Arn"]), me
assert me["UserId"] == taken["AssumedRoleUser"]["AssumedRoleId"]
client("bedrock", keys=keys).list_guardrails()
other = dict(keys, AccessKeyId="ASIAZZZZZZZZZZZZZZZZ")
refused(lambda: client("bedrock", keys=other).list_guardrails(), "UnrecognizedClientException")
refused(lambda: client("sts", keys=keys).get_session_token(), "AccessDenied")
refused(lambda: sts.assume_role(RoleArn="arn:aws:iam::1:role/x", RoleSessionName="ok"), "ValidationError")
refused(lambda: sts.assume_role(RoleArn=role, RoleSessionName="ok", DurationSeconds=901_000), "ValidationError")
mine = sts.get_session_token()["Credentials"]
assert client("sts", keys=mine).get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/bedrill"


def jwt(**claims):
    part = lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
    return f"{part({'alg': 'none'})}.{part(claims)}.c2ln"


token = jwt(sub="pod", iss="https://issuer.example", aud="sts.amazonaws.com", exp=int(time.time()) + 60)
web = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="pod", WebIdentityToken=token)
assert (web["SubjectFromWebIdentityToken"], web["Audience"]) == ("pod", "sts.amazonaws.com")
assert client("sts", keys=web["Credentials"]).get_caller_identity()["Arn"].endswith("/Night/pod")
late = jwt(sub="pod", exp=1)
refused(
    lambda: sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="pod", WebIdentityToken=late),
    "ExpiredTokenException",
)
refused(
    lambda: sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="pod", WebIdentityToken="x" * 20),
    "InvalidIdentityToken",
)
print("ok sessions")

# --- CloudTrail -------------------------------------------------------------------------------------

trail = client("cloudtrail", attempts=10)
events = walk(trail, "lookup_events", "Events", LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "Converse"}])
assert len(events) == 4, [event["EventName"] for event in events]
records = [json.loads(event["CloudTrailEvent"]) for event in events]
assert records[0]["errorCode"] == "ValidationException"
assert [record["requestParameters"]["modelId"] for record in records[1:]] == [NOVA, "us." + NOVA, arn]
served = [record.get("additionalEventData", {}).get("inferenceRegion") for record in records]
assert served[0] is served[1] is None
# The application profile is gone by now, but not what was written down while it was there.
assert served[2].startswith("us-") and served[3].startswith("us-"), served
assert all(event["EventSource"] == "bedrock.amazonaws.com" and event["ReadOnly"] == "true" for event in events)
night = walk(trail, "lookup_events", "Events", LookupAttributes=[{"AttributeKey": "Username", "AttributeValue": "shift"}])
assert {event["EventName"] for event in night} >= {"GetCallerIdentity", "ListGuardrails"}
identity = json.loads(night[0]["CloudTrailEvent"])["userIdentity"]
assert identity["type"] == "AssumedRole" and identity["arn"].endswith("/Night/shift")
refused(lambda: trail.lookup_events(NextToken="x"), "InvalidNextTokenException")
hasty = client("cloudtrail", region="eu-west-1")
hasty.lookup_events(), hasty.lookup_events()
refused(lambda: hasty.lookup_events(), "ThrottlingException", "Rate exceeded")
print("ok the event history")
