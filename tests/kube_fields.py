# SPDX-License-Identifier: BSD-2-Clause
# Objects of Kubernetes, checked field by field against what its API reference documents of those kinds: which
# fields there are, of which type, which are required, and what a value may be. What is not in the tables is wrong.
#
#	kube_fields.py FILE: "ok", or a line for each thing that is wrong and exit status 1
import re
import sys

import yaml

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")
PORT_NAME = re.compile(r"(?=[a-z0-9-]{1,15}\Z)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*\Z")
QUANTITY = re.compile(r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?\Z")
LABEL_KEY = re.compile(r"([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?\Z")
LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?\Z")
IMAGE = re.compile(r"[a-z0-9.:_/-]+@sha256:[0-9a-f]{64}\Z")
ENV = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*\Z")


def text(value):
    return None if isinstance(value, str) else "a string"


def truth(value):
    return None if isinstance(value, bool) else "true or false"


def number(least=0, most=2**31 - 1):
    def check(value):
        good = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
        return None if good else f"a number from {least} to {most}"

    return check


def like(pattern):
    return lambda value: None if isinstance(value, str) and pattern.match(value) else f"like {pattern.pattern}"


def one_of(*words):
    return lambda value: None if value in words else f"one of {words}"


def absolute(value):
    return None if isinstance(value, str) and value.startswith("/") else "an absolute path"


def mount_path(value):
    return None if isinstance(value, str) and value.startswith("/") and ":" not in value else "a path without ':'"


def labels(value):
    good = isinstance(value, dict) and all(
        isinstance(k, str) and LABEL_KEY.match(k) and isinstance(v, str) and LABEL_VALUE.match(v) for k, v in value.items())
    return None if good else "labels"


def quantities(value):
    good = isinstance(value, dict) and set(value) <= {"cpu", "memory"} and all(
        isinstance(v, str) and QUANTITY.match(v) for v in value.values())
    return None if good else "quantities of cpu and memory, as strings"


PORT = number(1, 65535)
# Each: field -> (what it is, required). A table is an object, a list of one a list of such.
ACTIONS = {
    "tcpSocket": ({"port": (PORT, True), "host": (text, False)}, False),
    "httpGet": ({"port": (PORT, True), "path": (text, False), "host": (text, False),
                 "scheme": (one_of("HTTP", "HTTPS"), False)}, False),
    "exec": ({"command": ([text], True)}, False),
}
PROBE = {
    **ACTIONS,
    "initialDelaySeconds": (number(), False),
    "periodSeconds": (number(1), False),
    "timeoutSeconds": (number(1), False),
    "successThreshold": (number(1), False),
    "failureThreshold": (number(1), False),
}
CONTAINER = {
    "name": (like(LABEL), True),
    "image": (like(IMAGE), True),
    "imagePullPolicy": (one_of("Always", "IfNotPresent", "Never"), False),
    "command": ([text], False),
    "args": ([text], False),
    "workingDir": (absolute, False),
    "env": ([{"name": (like(ENV), True), "value": (text, False)}], False),
    "ports": ([{"containerPort": (PORT, True), "protocol": (one_of("TCP", "UDP", "SCTP"), False),
                "name": (like(PORT_NAME), False), "hostPort": (PORT, False)}], False),
    "startupProbe": (PROBE, False),
    "readinessProbe": (PROBE, False),
    "livenessProbe": (PROBE, False),
    "resources": ({"limits": (quantities, False), "requests": (quantities, False)}, False),
    "securityContext": ({
        "runAsUser": (number(0, 2**63 - 1), False),
        "runAsGroup": (number(0, 2**63 - 1), False),
        "runAsNonRoot": (truth, False),
        "privileged": (truth, False),
        "allowPrivilegeEscalation": (truth, False),
        "readOnlyRootFilesystem": (truth, False),
        "capabilities": ({"add": ([like(re.compile(r"[A-Z_]+\Z"))], False),
                          "drop": ([like(re.compile(r"[A-Z_]+\Z"))], False)}, False),
        "seccompProfile": ({"type": (one_of("RuntimeDefault", "Unconfined", "Localhost"), True),
                            "localhostProfile": (text, False)}, False),
    }, False),
    "volumeMounts": ([{"name": (like(LABEL), True), "mountPath": (mount_path, True), "readOnly": (truth, False)}], False),
}
VOLUME = {
    "name": (like(LABEL), True),
    "emptyDir": ({"medium": (one_of("", "Memory"), False), "sizeLimit": (like(QUANTITY), False)}, False),
    "hostPath": ({"path": (absolute, True), "type": (text, False)}, False),
}
POD = {
    "containers": ([CONTAINER], True),
    "volumes": ([VOLUME], False),
    "hostname": (like(LABEL), False),
    "hostNetwork": (truth, False),
    "automountServiceAccountToken": (truth, False),
    "enableServiceLinks": (truth, False),
    "terminationGracePeriodSeconds": (number(), False),
    "securityContext": ({"supplementalGroups": ([number(0, 2**63 - 1)], False)}, False),
}
METADATA = {"name": (like(LABEL), True), "labels": (labels, False)}
KINDS = {
    "Deployment": {
        "apiVersion": (one_of("apps/v1"), True),
        "kind": (text, True),
        "metadata": (METADATA, True),
        "spec": ({
            "replicas": (number(), False),
            "selector": ({"matchLabels": (labels, True)}, True),
            "template": ({"metadata": ({"labels": (labels, True)}, True), "spec": (POD, True)}, True),
        }, True),
    },
    "Service": {
        "apiVersion": (one_of("v1"), True),
        "kind": (text, True),
        "metadata": (METADATA, True),
        "spec": ({
            "selector": (labels, True),
            "ports": ([{"name": (like(PORT_NAME), True), "protocol": (one_of("TCP", "UDP", "SCTP"), False),
                        "port": (PORT, True), "targetPort": (PORT, False)}], True),
        }, True),
    },
}

wrong = []


def check(value, what, place):
    if callable(what):
        wanted = what(value)
        if wanted:
            wrong.append(f"{place}: {value!r} is not {wanted}")
    elif isinstance(what, list):
        if not isinstance(value, list):
            wrong.append(f"{place}: not a list")
            return
        for i, one in enumerate(value):
            check(one, what[0], f"{place}[{i}]")
    elif not isinstance(value, dict):
        wrong.append(f"{place}: not an object")
    else:
        for name in value.keys() - what.keys():
            wrong.append(f"{place}.{name}: there is no such field")
        for name, (inner, required) in what.items():
            if name in value:
                check(value[name], inner, f"{place}.{name}")
            elif required:
                wrong.append(f"{place}.{name}: missing")


def unique(items, key, place):
    seen = [i.get(key) for i in items]
    if len(seen) != len(set(seen)):
        wrong.append(f"{place}: a {key} comes twice")


def whole(objects):
    """What one field alone cannot show."""
    kinds = [o.get("kind") for o in objects]
    if kinds not in (["Deployment"], ["Deployment", "Service"]):
        wrong.append(f"kinds: {kinds}")
        return
    spec = objects[0]["spec"]
    chosen, pod = spec["selector"]["matchLabels"], spec["template"]["spec"]
    for owner in [spec["selector"]["matchLabels"]] + [o["spec"]["selector"] for o in objects[1:]]:
        if not owner.items() <= spec["template"]["metadata"]["labels"].items():
            wrong.append("a selector does not choose the pods")
    if not chosen:
        wrong.append("the selector is empty")
    unique(pod["containers"], "name", "containers")
    unique(pod.get("volumes", []), "name", "volumes")
    volumes = {v["name"] for v in pod.get("volumes", [])}
    mounted = set()
    for container in pod["containers"]:
        unique(container.get("volumeMounts", []), "mountPath", "volumeMounts")
        mounted |= {m["name"] for m in container.get("volumeMounts", [])}
        for name in ("startupProbe", "readinessProbe", "livenessProbe"):
            if name in container and len(container[name].keys() & ACTIONS.keys()) != 1:
                wrong.append(f"{name}: not one way to ask")
    for volume in pod.get("volumes", []):
        if len(volume.keys() - {"name"}) != 1:
            wrong.append(f"volume {volume['name']}: not one source")
    if mounted != volumes:
        wrong.append(f"volumes {volumes} and their mounts {mounted} differ")
    for service in objects[1:]:
        unique(service["spec"]["ports"], "name", "ports")
        if not service["spec"]["ports"]:
            wrong.append("a Service without a port")


with open(sys.argv[1], encoding="utf-8") as file:
    found = list(yaml.safe_load_all(file))
for number_, one in enumerate(found):
    kind = one.get("kind") if isinstance(one, dict) else None
    if kind in KINDS:
        check(one, KINDS[kind], kind)
    else:
        wrong.append(f"document {number_}: of no kind that is known")
if not wrong:
    whole(found)
print("\n".join(wrong) or "ok")
sys.exit(bool(wrong))
