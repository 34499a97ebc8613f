#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""scan.py BILL OSV-DIRECTORY [VEX]: what a scanner finds. One line a finding: the weakness and the package.

The bill is CycloneDX; versions are compared by dpkg itself. Findings that the VEX document (OpenVEX or CycloneDX)
says not_affected of are left out. This is a second reader of all three formats: it shares nothing with tracepack.
"""
import json
import pathlib
import subprocess
import sys
import urllib.parse


def package_of(purl):
    path, _, query = purl.removeprefix("pkg:").partition("?")
    words = dict(word.split("=", 1) for word in query.split("&") if word)
    kind, _, rest = path.partition("/")
    name, _, version = rest.rpartition("@")
    unquote = urllib.parse.unquote
    upstream, _, upstream_version = unquote(words.get("upstream", "")).partition("@")
    name = unquote(name.rpartition("/")[2])
    version = unquote(version)
    return {"kind": kind, "name": upstream or name, "version": upstream_version or version,
            "distro": unquote(words.get("distro", ""))}


def is_less(a, b):
    return subprocess.run(["dpkg", "--compare-versions", a, "lt", b], check=False).returncode == 0


def is_affected(package, affected):
    ecosystem, _, release = affected["package"]["ecosystem"].partition(":")
    if package["kind"] != "deb" or ecosystem != "Debian" or affected["package"]["name"] != package["name"]:
        return False
    if release and package["distro"] != "debian-" + release:
        return False
    if package["version"] in affected.get("versions", []):
        return True
    for interval in affected.get("ranges", []):
        inside = False
        for event in interval["events"]:
            if "introduced" in event:
                inside = event["introduced"] == "0" or not is_less(package["version"], event["introduced"])
            elif "fixed" in event and inside and not is_less(package["version"], event["fixed"]):
                inside = False
        if inside:
            return True
    return False


def names_of(record):
    names = [record["id"], *record.get("aliases", []), *record.get("upstream", [])]
    return sorted({name for name in names if name.startswith("CVE-")}) or [record["id"]]


def excused_by(vex):
    excused = set()
    for statement in vex.get("statements", []):
        if statement["status"] == "not_affected":
            for product in statement["products"]:
                excused |= {(statement["vulnerability"]["name"], part["@id"]) for part in product["subcomponents"]}
    for weakness in vex.get("vulnerabilities", []):
        if weakness["analysis"]["state"] == "not_affected":
            excused |= {(weakness["id"], affect["ref"]) for affect in weakness["affects"]}
    return excused


def main():
    bill = json.loads(pathlib.Path(sys.argv[1]).read_text())
    excused = excused_by(json.loads(pathlib.Path(sys.argv[3]).read_text())) if len(sys.argv) > 3 else set()
    purls = [component["purl"] for component in bill["components"] if "purl" in component]
    found = set()
    for path in sorted(pathlib.Path(sys.argv[2]).glob("*.json")):
        record = json.loads(path.read_text())
        if "withdrawn" in record:
            continue
        for affected in record.get("affected", []):
            found |= {(name, purl) for purl in purls if is_affected(package_of(purl), affected)
                      for name in names_of(record)}
    for name, purl in sorted(found - excused):
        print(name, purl)


main()
