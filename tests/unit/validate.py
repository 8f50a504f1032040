"""validate.py SCHEMA FILE: status 0 if the JSON file follows the schema."""
import json
import sys

import jsonschema

schema, report = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
jsonschema.Draft202012Validator.check_schema(schema)
errors = list(jsonschema.Draft202012Validator(schema).iter_errors(report))
for error in errors[:5]:
    print("# " + error.json_path + ": " + error.message[:200], file=sys.stderr)
sys.exit(len(errors) > 0)
