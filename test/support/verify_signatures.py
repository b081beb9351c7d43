"""Verifies signatures as a receiver in Python would: W&B's documented form, and Standard Webhooks by its specification.

Reads one JSON message a line ({"secret", "body", "headers"}) and prints one line of two words for each.
"""

import base64
import hashlib
import hmac
import json
import sys


def wandb(message):
    expected = hmac.new(message["secret"].encode(), message["body"].encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, message["headers"].get("x-wandb-signature", ""))


def standard(message):
    headers, secret = message["headers"], message["secret"]
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{message['body']}".encode()
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    entries = [entry.split(",", 1) for entry in headers.get("webhook-signature", "").split(" ") if "," in entry]
    return any(version == "v1" and hmac.compare_digest(expected, value) for version, value in entries)


for line in sys.stdin:
    message = json.loads(line)
    print("yes" if wandb(message) else "no", "yes" if standard(message) else "no")
