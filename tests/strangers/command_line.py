"""The AWS CLI of this Python's environment, pointed at the emulator: for the scripts beside it."""

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
    """What a command prints, read as JSON; its complaint where it is to fail."""
    command = [sys.executable, AWS, "--endpoint-url", ENDPOINT, "--output", "json", *arguments]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
    assert (done.returncode != 0) == fails, (arguments, done.stdout, done.stderr)
    if fails:
        return done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else {}
