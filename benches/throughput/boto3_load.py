"""Converse calls through boto3 as fast as it can: so many processes of so many threads.

    python benches/throughput/boto3_load.py ENDPOINT MODEL SECONDS PROCESSES THREADS

Prints one number, requests a second over all processes. Called by `cargo bench --bench throughput`.
"""
import multiprocessing, sys, threading, time

import boto3
from botocore.config import Config

PROMPT = "x" * 200


def client(endpoint: str, threads: int):
    return boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="dummy",
        config=Config(retries={"total_max_attempts": 1}, max_pool_connections=threads),
    )


def process(endpoint, model, seconds, threads, barrier, results):
    bedrock = client(endpoint, threads)
    done = [0] * threads

    def loop(place: int):
        message = [{"role": "user", "content": [{"text": PROMPT}]}]
        while time.monotonic() < until:
            bedrock.converse(modelId=model, messages=message, inferenceConfig={"maxTokens": 64})
            done[place] += 1

    bedrock.converse(modelId=model, messages=[{"role": "user", "content": [{"text": "warm up"}]}])
    barrier.wait()
    began = time.monotonic()
    until = began + seconds
    workers = [threading.Thread(target=loop, args=(place,)) for place in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    results.put(sum(done) / (time.monotonic() - began))


def main():
    endpoint, model, seconds, processes, threads = sys.argv[1:]
    processes, threads = int(processes), int(threads)
    barrier, results = multiprocessing.Barrier(processes), multiprocessing.Queue()
    started = [
        multiprocessing.Process(target=process, args=(endpoint, model, float(seconds), threads, barrier, results))
        for _ in range(processes)
    ]
    for child in started:
        child.start()
    total = sum(results.get() for _ in started)
    for child in started:
        child.join()
    print(f"{total:.1f}")


if __name__ == "__main__":
    main()
