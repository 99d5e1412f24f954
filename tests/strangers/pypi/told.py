"""Runs the tests of a stranger and says how they went."""

import sys
import time
import traceback


def run(names):
    """Calls every `test_` function of a module's globals; ends with 1 if one failed."""
    failed = 0
    for name, test in list(names.items()):
        if not name.startswith("test_"):
            continue
        begun = time.monotonic()
        try:
            test()
        except Exception:  # noqa: BLE001: whatever it is, it is a failed test
            failed += 1
            print(f"FAILED {name}\n{traceback.format_exc()}")
        else:
            print(f"ok     {name} ({time.monotonic() - begun:.2f} s)")
    if failed:
        sys.exit(f"{failed} failed")
