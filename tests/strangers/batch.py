"""Batch jobs and S3 with boto3, which knows nothing of bedrill.

Arguments: endpoint URL. The world's time goes 600 times as fast for jobs.
"""

import io
import json
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
MODEL = "amazon.nova-micro-v1:0"
ROLE = "arn:aws:iam::123456789012:role/batch"


def client(service):
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=ENDPOINT,
        aws_access_key_id="AKIDSTRANGER",
        aws_secret_access_key="any",
        config=Config(retries={"mode": "standard", "total_max_attempts": 1}),
    )


def refused(call, code, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        got = error.response["Error"]["Code"]
        assert got == code, f"{got} instead of {code}: {error}"
        return error.response
    raise AssertionError(f"{code} was expected")


s3 = client("s3")
bedrock = client("bedrock")

# Buckets and objects.
s3.create_bucket(Bucket="stranger")
refused(s3.create_bucket, "BucketAlreadyOwnedByYou", Bucket="stranger")
assert s3.head_bucket(Bucket="stranger")["ResponseMetadata"]["HTTPStatusCode"] == 200
assert s3.get_bucket_location(Bucket="stranger")["LocationConstraint"] is None
assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["stranger"]
for number in range(5):
    s3.put_object(Bucket="stranger", Key=f"few/{number}.txt", Body=f"number {number}".encode())
for algorithm in ("CRC32", "SHA1", "SHA256"):
    s3.put_object(Bucket="stranger", Key="sum", Body=b"sum", ChecksumAlgorithm=algorithm)
    got = s3.get_object(Bucket="stranger", Key="sum", ChecksumMode="ENABLED")
    assert got["Body"].read() == b"sum" and got[f"Checksum{algorithm}"], got
refused(s3.put_object, "BadDigest", Bucket="stranger", Key="sum", Body=b"sum", ChecksumSHA256="A" * 43 + "=")
part = s3.get_object(Bucket="stranger", Key="few/3.txt", Range="bytes=7-")
assert part["Body"].read() == b"3" and part["ContentRange"] == "bytes 7-7/8", part
pages = s3.get_paginator("list_objects_v2").paginate(
    Bucket="stranger", Prefix="few/", PaginationConfig={"PageSize": 2}
)
keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
assert keys == [f"few/{number}.txt" for number in range(5)], keys
folded = s3.list_objects_v2(Bucket="stranger", Delimiter="/")
assert [item["Prefix"] for item in folded["CommonPrefixes"]] == ["few/"], folded
assert [item["Key"] for item in folded["Contents"]] == ["sum"], folded
refused(s3.get_object, "NoSuchKey", Bucket="stranger", Key="nothing")
refused(s3.list_objects_v2, "NoSuchBucket", Bucket="nowhere")

# A file in parts: eight megabytes each, as the transfer manager has it.
large = bytes(range(256)) * 4 * 1024 * 20
s3.upload_fileobj(io.BytesIO(large), "stranger", "large.bin")
head = s3.head_object(Bucket="stranger", Key="large.bin")
assert head["ContentLength"] == len(large) and head["ETag"].endswith('-3"'), head
back = io.BytesIO()
s3.download_fileobj("stranger", "large.bin", back)
assert back.getvalue() == large


def job(name, lines, **more):
    s3.put_object(Bucket="stranger", Key=f"in/{name}.jsonl", Body="\n".join(lines).encode())
    return bedrock.create_model_invocation_job(
        jobName=name,
        roleArn=ROLE,
        modelId=MODEL,
        modelInvocationType="Converse",
        inputDataConfig={"s3InputDataConfig": {"s3Uri": f"s3://stranger/in/{name}.jsonl"}},
        outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://stranger/out/"}},
        **more,
    )["jobArn"]


def line(number, most):
    return json.dumps(
        {
            "recordId": f"R{number}",
            "modelInput": {
                "messages": [{"role": "user", "content": [{"text": f"Question {number}"}]}],
                "inferenceConfig": {"maxTokens": most},
            },
        }
    )


def until_over(arn):
    seen = []
    for _ in range(1200):
        now = bedrock.get_model_invocation_job(jobIdentifier=arn)
        counts = [now[f"{name}RecordCount"] for name in ("total", "processed", "success", "error")]
        assert counts[1] == counts[2] + counts[3] <= max(counts[0], counts[1]), counts
        if now["status"] not in seen:
            seen.append(now["status"])
        if "endTime" in now:
            return now, seen
        time.sleep(0.05)
    raise AssertionError(f"never over: {seen}")


# A job to its end, twenty of its thousand records bad.
records = [line(number, 0 if number % 50 == 0 else 100) for number in range(1, 1001)]
arn = job("whole", records, clientRequestToken="token-whole")
assert job("whole", records, clientRequestToken="token-whole") == arn
ended, seen = until_over(arn)
assert ended["status"] == "Completed", ended
assert ended["successRecordCount"] == 980 and ended["errorRecordCount"] == 20, ended
assert ended["jobExpirationTime"] > ended["submitTime"] and ended["endTime"], ended
folder = f"out/{arn.split('/')[-1]}/"
found = [item["Key"] for item in s3.list_objects_v2(Bucket="stranger", Prefix=folder)["Contents"]]
assert found == [folder + "manifest.json.out", folder + "whole.jsonl.out"], found
answers = s3.get_object(Bucket="stranger", Key=folder + "whole.jsonl.out")["Body"].read()
answers = [json.loads(answer) for answer in answers.splitlines()]
assert sorted(answer["recordId"] for answer in answers) == sorted(f"R{number}" for number in range(1, 1001))
assert sum("error" in answer for answer in answers) == 20
manifest = json.loads(s3.get_object(Bucket="stranger", Key=folder + "manifest.json.out")["Body"].read())
assert manifest["processedRecordCount"] == 1000 and manifest["outputTokenCount"] > 0, manifest

# Jobs that fail, and one that is stopped.
few, _ = until_over(job("few", records[:99]))
assert few["status"] == "Failed" and "less records (99)" in few["message"], few
broken, _ = until_over(job("broken", records[:120] + ["{"]))
assert broken["status"] == "Failed" and "line 121" in broken["message"], broken
stopped = job("stopped", records)
bedrock.stop_model_invocation_job(jobIdentifier=stopped)
now, _ = until_over(stopped)
assert now["status"] == "Stopped", now
late = refused(bedrock.stop_model_invocation_job, "ConflictException", jobIdentifier=stopped)
assert late["ResponseMetadata"]["HTTPStatusCode"] == 400, late
named = bedrock.list_model_invocation_jobs(nameContains="stop")["invocationJobSummaries"]
assert [entry["jobArn"] for entry in named] == [stopped], named
pages = bedrock.get_paginator("list_model_invocation_jobs").paginate(PaginationConfig={"PageSize": 3})
names = [entry["jobName"] for page in pages for entry in page["invocationJobSummaries"]]
assert names == ["stopped", "broken", "few", "whole"], names

# Cleaning up.
keys = [item["Key"] for item in s3.list_objects_v2(Bucket="stranger")["Contents"]]
refused(s3.delete_bucket, "BucketNotEmpty", Bucket="stranger")
deleted = s3.delete_objects(Bucket="stranger", Delete={"Objects": [{"Key": key} for key in keys]})
assert len(deleted["Deleted"]) == len(keys), deleted
s3.delete_bucket(Bucket="stranger")
assert s3.list_buckets()["Buckets"] == []
print("batch: every check held")
