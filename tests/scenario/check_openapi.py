#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""check_openapi.py [--coverage] [FILE...]: do recorded answers fit api/openapi.yaml?

A record is one line of JSON: {"method", "path", "status", "type", "body"}; path as asked, with its query, type the
Content-Type, body the text. Without a FILE, standard input is read. Objects in answers must have no members but those
that the document names, so that it stays true. With no record at all, only the document itself is checked.
--coverage also lists the operations for which no good answer came. Exit status 0, or 1 with every misfit told."""
import json
import pathlib
import re
import sys

import jsonschema
import yaml

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "api" / "openapi.yaml"
METHODS = ("get", "put", "post", "delete", "patch")


def close(schema):
    """No members but those named, unless the schema says otherwise."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            schema.setdefault("additionalProperties", False)
        for value in schema.values():
            close(value)
    elif isinstance(schema, list):
        for value in schema:
            close(value)


def resolve(document, node):
    while "$ref" in node:
        target = document
        for name in node["$ref"].removeprefix("#/").split("/"):
            target = target[name]
        node = target
    return node


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def operations(document):
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def check_document(document):
    """What is wrong with the document itself."""
    for name, schema in document["components"]["schemas"].items():
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as e:
            yield f"schema {name}: {e.message}"
    for ref in set(references(document)):
        try:
            resolve(document, {"$ref": ref})
        except (KeyError, TypeError):
            yield f"{ref} leads nowhere"
    seen = set()
    for method, path, operation in operations(document):
        where = f"{method.upper()} {path}"
        if operation["operationId"] in seen:
            yield f"{where}: operationId {operation['operationId']} stands twice"
        seen.add(operation["operationId"])
        declared = {p["name"] for p in (resolve(document, p) for p in operation.get("parameters", [])) if p["in"] == "path"}
        if declared != set(re.findall(r"{(\w+)}", path)):
            yield f"{where}: parameters of the path and of the operation differ"
        if (operation["x-needs"] == "anyone") != (operation.get("security") == []):
            yield f"{where}: x-needs and security differ"


class Checker:
    def __init__(self, document):
        self.document = document
        close(document["components"]["schemas"])
        self.routes = []
        for path, item in document["paths"].items():
            pattern = re.escape(path).replace(r"\{tile\}", ".+")
            self.routes.append((re.compile(re.sub(r"\\{\w+\\}", "[^/]+", pattern) + r"\Z"), path, item))
        self.covered = set()

    def validate(self, schema, value):
        whole = {"$schema": "https://json-schema.org/draft/2020-12/schema", "components": self.document["components"], **schema}
        errors = jsonschema.Draft202012Validator(whole).iter_errors(value)
        error = jsonschema.exceptions.best_match(errors)
        if error:
            place = "/".join(str(p) for p in error.absolute_path)
            raise ValueError(f"at {place or 'the top'}: {error.message}")

    def find(self, method, path):
        """The responses for this request; those of what is not served are problems."""
        for pattern, template, item in self.routes:
            operation = item.get("get" if method == "HEAD" else method.lower())
            if pattern.match(path) and operation:
                return operation["operationId"], operation["responses"]
        return None, {"default": {"$ref": "#/components/responses/Problem"}}

    def check(self, record):
        path = record["path"].split("?")[0]
        status = str(record["status"])
        operation, responses = self.find(record["method"], path)
        if not operation and not status.startswith("4"):
            raise ValueError("no such operation in the document, but an answer")
        if status not in responses and (status.startswith("2") or "default" not in responses):
            raise ValueError("this status is not in the document")
        response = resolve(self.document, responses.get(status) or responses["default"])
        self.check_content(response.get("content", {}), record)
        if operation and status.startswith("2"):
            self.covered.add(operation)

    def check_content(self, content, record):
        kind = (record.get("type") or "").split(";")[0].strip()
        if not content:
            if record["body"]:
                raise ValueError("a body where there is none")
            return
        if kind not in content:
            raise ValueError(f"type '{kind}' is none of {', '.join(content)}")
        schema = content[kind]["schema"]
        if record["method"] == "HEAD" or schema.get("contentEncoding") == "binary":
            return
        text = record["body"]
        self.validate(schema, json.loads(text) if kind.endswith("json") else text)


def main(arguments):
    coverage = "--coverage" in arguments
    files = [a for a in arguments if not a.startswith("--")]
    document = yaml.safe_load(DOCUMENT.read_text())
    misfits = [f"{DOCUMENT.name}: {why}" for why in check_document(document)]
    checker = Checker(document)
    count = 0
    for stream in [open(f) for f in files] if files else [sys.stdin]:
        for line in stream:
            record = json.loads(line)
            count += 1
            try:
                checker.check(record)
            except ValueError as why:
                body = record["body"][:200]
                misfits.append(f"{record['method']} {record['path']} {record['status']}: {why}\n    {body}")
    for misfit in misfits:
        print(misfit)
    if coverage:
        for method, path, operation in operations(document):
            if operation["operationId"] not in checker.covered:
                print(f"no good answer seen: {method.upper()} {path}")
    print(f"{count} answers, {len(misfits)} that do not fit")
    return 1 if misfits else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
