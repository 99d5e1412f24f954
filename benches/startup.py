#!/usr/bin/env python3
"""How long after its start bedrill shows its first frame and its first answered request.

    cargo build --release && benches/startup.py [--runs 10] [--binary target/release/bedrill]

Starts the real binary in a pseudo-terminal of 120x40 and reads what it draws. The first frame is
the moment the header's `bedrill` is on the screen; the first answer is the moment the event log
says `first answer`. Prints every run, then the medians against the goals of 150 ms and 1 s.
Needs Python 3 only.
"""
import argparse, fcntl, os, pty, re, select, signal, statistics, struct, sys, termios, time

ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[()][0-9A-B]|\x1b[=>78]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")


def visible(raw: bytes) -> bytes:
    """What was drawn, without escapes and blanks: a diffing terminal skips blanks it left alone."""
    return re.sub(rb"\s+", b"", ESCAPES.sub(b"", raw))


def one_run(binary: str, limit: float) -> tuple[float | None, float | None]:
    began = time.monotonic()
    pid, fd = pty.fork()
    if pid == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
        os.execv(binary, [binary])
    raw, frame, answer = b"", None, None
    try:
        while answer is None and time.monotonic() - began < limit:
            if not select.select([fd], [], [], 0.01)[0]:
                continue
            raw += os.read(fd, 65536)
            now, shown = time.monotonic() - began, visible(raw)
            if frame is None and b"bedrill" in shown:
                frame = now
            if b"firstanswer" in shown:
                answer = now
    except OSError:
        pass  # It ended before it drew anything: both stay unknown.
    finally:
        os.kill(pid, signal.SIGTERM)
        os.waitpid(pid, 0)
        os.close(fd)
    return frame, answer


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--binary", default="target/release/bedrill")
    options = parser.parse_args()
    if not os.access(options.binary, os.X_OK):
        sys.exit(f"startup: {options.binary} is not there: cargo build --release")
    frames, answers = [], []
    for run in range(options.runs):
        frame, answer = one_run(options.binary, limit=10.0)
        if frame is None or answer is None:
            sys.exit(f"startup: run {run + 1}: nothing seen within 10 s (frame {frame}, answer {answer})")
        frames.append(frame * 1000)
        answers.append(answer * 1000)
        print(f"run {run + 1:2}  first frame {frames[-1]:6.0f} ms   first answer {answers[-1]:6.0f} ms")
    for name, values, goal in (("first frame", frames, 150), ("first answer", answers, 1000)):
        median = statistics.median(values)
        verdict = "within" if median <= goal else "OVER"
        print(f"{name:<13} median {median:6.0f} ms  worst {max(values):6.0f} ms  {verdict} the goal of {goal} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
