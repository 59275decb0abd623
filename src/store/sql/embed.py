# SPDX-License-Identifier: Apache-2.0
"""embed.py FILE...: migrations as C rows { version, name, sha256, text }, in the order of their numbers."""
import hashlib
import os
import sys

for want, path in enumerate(sorted(sys.argv[1:], key=os.path.basename), 1):
    stem = os.path.splitext(os.path.basename(path))[0]
    number, name = stem.split("_", 1)
    if int(number) != want:
        sys.exit(f"{path}: the next migration has number {want:04}")
    with open(path, "rb") as file:
        data = file.read()
    if b"\0" in data or b"\r" in data:
        sys.exit(f"{path}: NUL or CR")
    lines = data.decode("utf-8").splitlines(keepends=True)
    print(f'{{ {want}, "{name}", "{hashlib.sha256(data).hexdigest()}",')
    for line in lines:
        text = line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("?", "\\?")
        print(f'  "{text}"')
    print("},")
