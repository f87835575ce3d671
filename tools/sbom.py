#!/usr/bin/env python3
"""What Mamorite is made of, as CycloneDX 1.5 JSON on standard output: Swift packages, Debian's libraries that the program
loads, the Swift runtime, Typst and its font. Standard library only.

    tools/sbom.py [--program .build/release/mamorite]

Versions are those of this machine: of `Package.resolved`, of dpkg and of the Python environment `.venv`. Nothing is asked over
the network. Two runs on the same commit and machine give the same bytes.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Used at run time beside what the program loads: the font of every PDF, and pg_dump and psql for backups.
DEBIAN_BESIDE = ["fonts-noto-cjk", "postgresql-client-15"]
PYTHON_BESIDE = ["typst"]


def output(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def fail(sentence):
    print(sentence, file=sys.stderr)
    raise SystemExit(2)


def licence(folder):
    """The SPDX name of a package's licence where its text says so plainly, else nothing."""
    for path in sorted(folder.glob("LICENSE*")) + sorted(folder.glob("LICENCE*")):
        text = path.read_text(errors="replace")[:3000]
        if "Apache License" in text and "Version 2.0" in text:
            return "Apache-2.0"
        if "MIT License" in text or "Permission is hereby granted, free of charge" in text:
            return "MIT"
        if "Redistribution and use in source and binary forms" in text:
            return "BSD-3-Clause" if "Neither the name" in text else "BSD-2-Clause"
    return None


def component(kind, name, version, purl, licence=None, **more):
    made = {"type": kind, "bom-ref": purl, "name": name, "version": version, "purl": purl, **more}
    if licence:
        made["licenses"] = [{"license": {"id": licence}}]
    return made


def swift_packages():
    resolved = ROOT / "Package.resolved"
    if not resolved.exists():
        fail("Package.resolved がありません。先に make release をしてください / Package.resolved is missing: run make release first.")
    for pin in json.loads(resolved.read_text())["pins"]:
        where = re.sub(r"^https://|\.git$", "", pin["location"])
        version = pin["state"].get("version") or pin["state"]["revision"]
        folder = ROOT / ".build" / "checkouts" / pathlib.PurePosixPath(where).name
        yield component(
            "library", pin["identity"], version, f"pkg:swift/{where}@{version}", licence(folder),
            externalReferences=[{"type": "vcs", "url": pin["location"]}])


def debian_package(name):
    version, architecture = output("dpkg-query", "-W", "-f", "${Version} ${Architecture}", name).split()
    return component(
        "library", name, version, f"pkg:deb/debian/{name}@{version}?arch={architecture}".replace("+", "%2B"))


def loaded(program):
    """The Debian packages whose libraries the program loads, and whether it loads the Swift runtime."""
    paths = re.findall(r"=> (/\S+)", output("ldd", program))
    # A library may be known by its link, by the file behind it, or by its place before /usr was merged.
    names = {path: [path, str(pathlib.Path(path).resolve())] for path in paths}
    names = {path: known + [each.removeprefix("/usr") for each in known] for path, known in names.items()}
    found = subprocess.run(
        ["dpkg-query", "-S", *sorted({name for known in names.values() for name in known})], capture_output=True, text=True)
    owners = {line.split(": ")[-1]: line.split(":")[0] for line in found.stdout.splitlines()}
    packages, has_runtime = set(DEBIAN_BESIDE), False
    for path, known in names.items():
        if owner := next((owners[name] for name in known if name in owners), None):
            packages.add(owner)
        elif "/swift/" in known[1]:
            has_runtime = True
        else:
            fail(f"{path} はどのパッケージのものでもありません / {path} belongs to no package.")
    return sorted(packages), has_runtime


def python_packages():
    code = "import importlib.metadata as m, sys; [print(n, m.version(n)) for n in sys.argv[1:]]"
    for line in output(ROOT / ".venv" / "bin" / "python", "-c", code, *PYTHON_BESIDE).splitlines():
        name, version = line.split()
        yield component("application", name, version, f"pkg:pypi/{name}@{version}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=".build/release/mamorite", help="the built program")
    program = pathlib.Path(parser.parse_args().program)
    if not (ROOT / program).exists():
        fail(f"{program} がありません。先に make release をしてください / {program} is missing: run make release first.")
    packages, has_runtime = loaded(program)
    parts = [*swift_packages(), *(debian_package(name) for name in packages), *python_packages()]
    if has_runtime:
        version = re.search(r"Swift version (\S+)", output("swift", "--version"))[1]
        parts.append(component(
            "platform", "swift-runtime", version, f"pkg:generic/swift@{version}", "Apache-2.0",
            externalReferences=[{"type": "website", "url": "https://www.swift.org/"}]))
    parts.sort(key=lambda part: part["purl"])
    version = output(program.resolve() if program.is_absolute() else ROOT / program, "--version").strip()
    root = component("application", "mamorite", version, f"pkg:generic/mamorite@{version}", "Apache-2.0")
    commit, date = output("git", "log", "-1", "--format=%H %cI").split()
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, commit + json.dumps(parts))}",
        "version": 1,
        "metadata": {
            "timestamp": date, "component": root,
            "properties": [{"name": "mamorite:commit", "value": commit}],
        },
        "components": parts,
        "dependencies": [{"ref": root["purl"], "dependsOn": [part["purl"] for part in parts]}]
        + [{"ref": part["purl"]} for part in parts],
    }
    json.dump(bom, sys.stdout, ensure_ascii=False, indent=2)
    print()


main()
