"""Scenario files against the JSON Schema that editors use.

Run by tests/it/format.rs: scenario_schema.py SCHEMA FILE... Files whose name begins with "bad" must be refused.
"""

import json
import pathlib
import sys
import tomllib

import jsonschema

schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
wrong = []
for name in sys.argv[2:]:
    path = pathlib.Path(name)
    errors = list(validator.iter_errors(tomllib.loads(path.read_text())))
    must_fail = path.name.startswith("bad")
    if must_fail and not errors:
        wrong.append(f"{name} is taken")
    if not must_fail:
        wrong += [f"{name}: {error.json_path}: {error.message}" for error in errors]
print("\n".join(wrong))
sys.exit(bool(wrong))
