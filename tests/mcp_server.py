"""An MCP server of sixty lines, which speaks on stdin and stdout and does what its tools are called.

python mcp_server.py FOLDER [mute|stays]: FOLDER/pid has its process id, FOLDER/received the messages that it got
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

FOLDER, HOW = Path(sys.argv[1]), sys.argv[2:]
TEXT = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
NAMES = ("echo", "fail", "hang", "die", "large", "flood", "environ", "pictures", "web_search", "odd/name", "child")
TOOLS = [{"name": name, "description": f"{name}\x1b[2J\U000e0041", "inputSchema": TEXT} for name in NAMES]
PICTURES = [
    {"type": "image", "mimeType": "image/png", "data": "AAAA"},
    {"type": "resource_link", "uri": "file:///a.txt", "name": "a"},
    {"type": "resource", "resource": {"uri": "file:///b.txt", "text": "inside"}},
]


def send(**message):
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def call(name, text):
    if name == "hang":
        time.sleep(1000)
    elif name == "die":
        os._exit(3)
    elif name == "child":
        (FOLDER / "child").write_text(str(subprocess.Popen(["sleep", "1000"]).pid))
    while name == "flood":
        sys.stdout.write("x" * 1_000_000)
    answers = {"large": "l" * 1_000_000, "environ": json.dumps(dict(os.environ)), "fail": f"no {text}"}
    content = PICTURES if name == "pictures" else [{"type": "text", "text": answers.get(name, text)}]
    return {"content": content, "isError": name == "fail"}


def answer(method, params):
    if method == "initialize":
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": {}}
    if method == "tools/list":
        return (
            {"tools": [*TOOLS[1:], {"name": "bad"}]} if "cursor" in params else {"tools": TOOLS[:1], "nextCursor": "2"}
        )
    send(id="p", method="ping")
    send(method="notifications/progress", params={})
    return call(params["name"], params["arguments"].get("text"))


(FOLDER / "pid").write_text(str(os.getpid()))
print("\x1b[2Jon stderr", file=sys.stderr, flush=True)
print("no JSON at all", flush=True)
while "mute" not in HOW and (line := sys.stdin.readline()):
    with (FOLDER / "received").open("a") as log:
        log.write(line)
    if "id" in (message := json.loads(line)) and "method" in message:
        send(id=message["id"], result=answer(message["method"], message.get("params", {})))
while HOW:
    time.sleep(1000)
