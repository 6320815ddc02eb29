"""A function that does what a test tells it: `python runtime_probe.py [HOW INIT GOES]`, on the Lambda Runtime API.

Each event is `{"do": …}`, or the word itself. It needs nothing but the standard library, so that it starts at once.
"""

import http.client
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

RUNTIME = "/2018-06-01/runtime"
API = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def ask(method, path, body=None, headers=None):
    API.request(method, RUNTIME + path, body, headers or {})
    reply = API.getresponse()
    return reply.status, dict(reply.getheaders()), reply.read()


def tick(path):
    """Show for ever that this process runs: a byte now and then."""
    with Path(path).open("ab", buffering=0) as file:
        while True:
            file.write(b".")
            time.sleep(0.005)


def serve_one():
    _, headers, event = ask("GET", "/invocation/next")
    event = json.loads(event)
    here = f"/invocation/{headers['Lambda-Runtime-Aws-Request-Id']}"
    answer = {}
    match event["do"]:
        case "show":
            answer = {"headers": headers, "variables": dict(os.environ), "event": event}
        case "say":
            print(event["line"], flush=True)
        case "fail":
            body = json.dumps({"errorType": "Unhappy", "errorMessage": event["message"], "stackTrace": []})
            ask("POST", here + "/error", body)
            return
        case "exit":
            print(event["line"], file=sys.stderr, flush=True)
            sys.exit(3)
        case "hang":
            time.sleep(600)
        case "too large":
            answer = "x" * 7_000_000
        case "tick":
            threading.Thread(target=tick, args=(event["here"],), daemon=True).start()
            subprocess.Popen([sys.executable, "-S", __file__, "tick", event["child"]])
        case "linger":
            ask("POST", here + "/response", "{}")
            time.sleep(event["seconds"])
            return
        case "ask wrongly":
            wrong = [
                ("GET", "/invocation/next", None),
                ("POST", "/invocation/no-such-id/response", "{}"),
                ("POST", "/init/error", "{}"),
                ("GET", "/unheard-of", None),
                ("POST", "/unheard-of", "{}"),
            ]
            answer = [ask(*one)[0] for one in wrong]
            ask("POST", here + "/response", json.dumps(answer))
            ask("POST", here + "/response", json.dumps("twice"))
            return
    ask("POST", here + "/response", json.dumps(answer))


match sys.argv[1:]:
    case ["tick", path]:
        tick(path)
    case ["exit"]:
        print("one", "two", "the reason", sep="\n", file=sys.stderr, flush=True)
        sys.exit(7)
    case ["init error"]:
        ask("POST", "/init/error", json.dumps({"errorType": "Misconfigured", "errorMessage": "no floor"}))
        time.sleep(600)
    case ["hang"]:
        time.sleep(600)
while True:
    serve_one()
