# SPDX-License-Identifier: BSD-2-Clause
# Ask the web service until SECONDS are over, or until VERSION has answered a hundred times in a row: each request
# resolves the name anew, and is tried once more when it was refused. Prints what came as JSON.
import http.client
import json
import socket
import sys
import time

seconds, wanted = float(sys.argv[1]), sys.argv[2]
result = {"requests": 0, "wrong": 0, "lost": 0, "retried": 0, "versions": {}, "problems": []}
in_a_row = 0
last = -1


def ask(number):
    address = socket.getaddrinfo("web", 8080, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]
    connection = http.client.HTTPConnection(address, 8080, timeout=10)
    try:
        connection.request("GET", f"/{number}")
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


until = time.monotonic() + seconds
while time.monotonic() < until and in_a_row < 100:
    number = result["requests"] % 9 + 1
    result["requests"] += 1
    for attempt in (0, 1):
        try:
            status, body = ask(number)
            break
        except OSError as error:
            result["retried"] += attempt == 0
            result["lost"] += attempt == 1
            result["problems"].append(repr(error))
            time.sleep(0.2)
    else:
        continue
    answer = json.loads(body) if status == 200 else {}
    if answer.get("row") != f"value {number}" or answer["n"] <= last:
        result["wrong"] += 1
        result["problems"].append(body.decode(errors="replace"))
        continue
    last = answer["n"]
    version = answer["version"]
    result["versions"][version] = result["versions"].get(version, 0) + 1
    in_a_row = in_a_row + 1 if version == wanted else 0
result["problems"] = result["problems"][:5]
print(json.dumps(result), flush=True)
