"""The yardstick: the least that a Python program must do to ask a question and print the streamed answer."""

import http.client
import json
import os
import sys
from urllib.parse import urlsplit

url = urlsplit(os.environ["XAI_BASE_URL"])
kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
connection = kind(url.hostname, url.port)
body = {
    "model": "grok-4.7",
    "messages": [{"role": "user", "content": sys.argv[1]}],
    "stream": True,
    "stream_options": {"include_usage": True},
}
headers = {"Authorization": f"Bearer {os.environ['XAI_API_KEY']}", "Content-Type": "application/json"}
connection.request("POST", f"{url.path}/chat/completions", json.dumps(body), headers)
for line in connection.getresponse():
    if line.startswith(b"data: {"):
        for choice in json.loads(line[6:])["choices"]:
            sys.stdout.write(choice["delta"].get("content", ""))
            sys.stdout.flush()
print()
