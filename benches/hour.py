#!/usr/bin/env python3
"""How long an hour of Converse at 10 shots a second takes in virtual time: the median of five runs.

cargo build --release --locked && benches/hour.py [PATH_OF_BEDRILL]

Fails where the median is over the goal of 10 s, or where two runs differ by a byte.
"""

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
GOAL_SECONDS = 10.0
RUNS = 5


def main() -> int:
    program = sys.argv[1] if len(sys.argv) > 1 else HERE.parent / "target/release/bedrill"
    command = [str(program), "run", str(HERE / "hour.toml"), "--virtual", "--json"]
    walls, documents = [], set()
    for _ in range(RUNS):
        begun = time.monotonic()
        ran = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        walls.append(time.monotonic() - begun)
        documents.add(ran.stdout)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    wall = statistics.median(walls)
    print(f"wall: {wall:.2f} s (median of {RUNS}), goal {GOAL_SECONDS:.0f} s")
    print(f"processor: {(used.ru_utime + used.ru_stime) / RUNS:.2f} s a run")
    print(f"different documents: {len(documents)}, goal 1")
    return 0 if wall <= GOAL_SECONDS and len(documents) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
