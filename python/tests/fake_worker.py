"""A stand-in for `plumb worker` that speaks its protocol and misbehaves on request. For test_worker.py."""

from __future__ import annotations

import json
import os
import sys
import time


def answer(header, payload=b""):
    if payload:
        header["bytes"] = len(payload)
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + payload)
    sys.stdout.buffer.flush()


def main():
    protocol = int(os.environ.get("FAKE_PROTOCOL", "1"))
    while line := sys.stdin.buffer.readline():
        try:
            request = json.loads(line)
        except ValueError:
            answer({"ok": False, "fatal": True, "error": "the header is not JSON."})
            sys.exit(1)
        payload = sys.stdin.buffer.read(request.get("bytes", 0))
        do = request["do"]
        if do == "version":
            answer({"ok": True, "protocol": protocol, "pid": os.getpid(), "arguments": sys.argv[1:]})
        elif do == "echo":
            answer({"ok": True, "header": request, "length": len(line)}, payload)
        elif do == "large":
            answer({"ok": True}, b"\x07" * request["size"])
        elif do == "slow":
            time.sleep(request["seconds"])
            answer({"ok": True, "texts": request.get("texts")})
        elif do == "refuse":
            answer({"ok": False, "error": "this is refused."})
        elif do == "fatal":
            answer({"ok": False, "fatal": True, "error": "this ends it."})
            sys.exit(1)
        elif do == "die":
            for number in range(40):
                print(f"line {number}", file=sys.stderr)
            print("out of memory", file=sys.stderr, flush=True)
            os._exit(9)
        elif do == "die_within_payload":
            sys.stdout.buffer.write(b'{"ok": true, "bytes": 1000}\nabc')
            sys.stdout.buffer.flush()
            os._exit(3)
        elif do == "stop_reading":
            answer({"ok": True})
            os._exit(0)
        elif do == "noise":
            sys.stderr.write("x" * 1000 + "\n" * 1 + ("y" * 99 + "\n") * 10000)
            answer({"ok": True})


main()
