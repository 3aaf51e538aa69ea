"""Label an article over HTTP, with httpx. Offsets are code points, as Python counts."""

import os
import sys

import httpx

url = os.environ.get("ONRECORD_URL", "http://127.0.0.1:8000")
key = os.environ.get("ONRECORD_KEY")
headers = {"Authorization": f"Bearer {key}"} if key else {}
text = sys.stdin.read()
answer = httpx.post(f"{url}/v1/extract", json={"text": text}, headers=headers, timeout=60)
answer.raise_for_status()
for statement in answer.json()["statements"]:
    cue = statement["cue"]
    assert text[cue["start"] : cue["end"]] == cue["text"]
    print(f"{statement['confidence']:.2f}  {statement['headline']}")
