#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""validate.py SCHEMA DOCUMENT…: does each keep to the schema? What does not is said, and the status is 1."""
import json
import pathlib
import sys

import jsonschema

schema = json.loads(pathlib.Path(sys.argv[1]).read_text())
validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
status = 0
for path in sys.argv[2:]:
    for problem in validator.iter_errors(json.loads(pathlib.Path(path).read_text())):
        print(f"{path}: {'/'.join(map(str, problem.path))}: {problem.message[:300]}", file=sys.stderr)
        status = 1
sys.exit(status)
