"""boto3 against `bedrill serve --verify-signatures`: right secrets pass, wrong ones are refused in each protocol.

    signatures.py ENDPOINT        (keys: AKIDEXAMPLE with the secret `right`)
"""

import io
import json
import sys
import urllib.error
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from told import run

ENDPOINT = sys.argv[1]
ASKED = [{"role": "user", "content": [{"text": "Name three rivers."}]}]
NOVA = "us.amazon.nova-micro-v1:0"
SAID = "The request signature we calculated does not match the signature you provided."


def client(service, secret="right", key="AKIDEXAMPLE", token=None, **config):
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=ENDPOINT,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}, **config),
    )


def refused(call, code):
    try:
        call()
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response["Error"].get("Message", "")
    raise AssertionError(f"a wrong signature was taken, {code} expected")


def test_right_secrets_pass_in_every_protocol():
    assert client("bedrock-runtime").converse(modelId=NOVA, messages=ASKED)["stopReason"]
    profile = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0"
    stream = client("bedrock-runtime").converse_stream(modelId=profile, messages=ASKED)["stream"]
    assert "metadata" in list(stream)[-1]
    assert client("bedrock").list_foundation_models(byProvider="Amazon")["modelSummaries"]
    assert client("service-quotas").list_service_quotas(ServiceCode="bedrock")["Quotas"]
    assert client("sts").get_caller_identity()["Account"]


def test_wrong_secrets_are_refused_in_the_form_of_each_protocol():
    message = refused(
        lambda: client("bedrock-runtime", "wrong").converse(modelId=NOVA, messages=ASKED), "InvalidSignatureException"
    )
    assert message.startswith(SAID), message
    refused(
        lambda: client("service-quotas", "wrong").list_service_quotas(ServiceCode="bedrock"),
        "InvalidSignatureException",
    )
    refused(lambda: client("sts", "wrong").get_caller_identity(), "SignatureDoesNotMatch")
    refused(lambda: client("s3", "wrong").list_buckets(), "SignatureDoesNotMatch")


def test_unknown_keys_are_refused_in_the_form_of_each_protocol():
    key = "AKIDNOBODY"
    refused(
        lambda: client("bedrock-runtime", key=key).converse(modelId=NOVA, messages=ASKED),
        "UnrecognizedClientException",
    )
    refused(lambda: client("sts", key=key).get_caller_identity(), "InvalidClientTokenId")
    refused(lambda: client("s3", key=key).list_buckets(), "InvalidAccessKeyId")


def test_sessions_sign_with_their_own_secret():
    role = {"RoleArn": "arn:aws:iam::123456789012:role/Ops", "RoleSessionName": "night"}
    given = client("sts").assume_role(**role)["Credentials"]
    key, token = given["AccessKeyId"], given["SessionToken"]
    own = client("sts", given["SecretAccessKey"], key, token)
    assert own.get_caller_identity()["Arn"].endswith("assumed-role/Ops/night")
    refused(lambda: client("sts", "right", key, token).get_caller_identity(), "SignatureDoesNotMatch")


def test_objects_signed_whole_in_chunks_and_by_address():
    s3 = client("s3", s3={"addressing_style": "path"})
    s3.create_bucket(Bucket="signed")
    s3.put_object(Bucket="signed", Key="a folder/one.txt", Body=b"one")
    signed = client("s3", s3={"addressing_style": "path", "payload_signing_enabled": True})
    signed.put_object(Bucket="signed", Key="two.txt", Body=io.BytesIO(b"two" * 50_000))
    assert s3.get_object(Bucket="signed", Key="two.txt")["Body"].read() == b"two" * 50_000
    where = {"Bucket": "signed", "Key": "a folder/one.txt"}
    address = s3.generate_presigned_url("get_object", Params=where, ExpiresIn=60)
    if "X-Amz-Signature" not in address:
        modern = client("s3", signature_version="s3v4", s3={"addressing_style": "path"})
        address = modern.generate_presigned_url("get_object", Params=where, ExpiresIn=60)
    with urllib.request.urlopen(address) as answer:
        assert answer.read() == b"one"
    try:
        urllib.request.urlopen(address.replace("one.txt", "two.txt"))
        raise AssertionError("a changed address was taken")
    except urllib.error.HTTPError as error:
        assert error.code == 403 and b"SignatureDoesNotMatch" in error.read()


def test_a_body_changed_on_the_way_is_refused():
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    url = f"{ENDPOINT}/model/{NOVA.replace(':', '%3A')}/converse"
    request = AWSRequest("POST", url, data=json.dumps({"messages": ASKED}))
    SigV4Auth(Credentials("AKIDEXAMPLE", "right"), "bedrock", "us-east-1").add_auth(request)
    changed = json.dumps({"messages": ASKED, "system": [{"text": "x"}]}).encode()
    try:
        urllib.request.urlopen(urllib.request.Request(url, changed, dict(request.headers)))
        raise AssertionError("a changed body was taken")
    except urllib.error.HTTPError as error:
        kind = error.headers["x-amzn-errortype"]
        assert error.code == 403 and kind.startswith("InvalidSignatureException:"), kind


run(globals())
