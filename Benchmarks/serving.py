"""A plumb-server that a benchmark starts on a free port of this machine, and requests to it."""

import http.client
import json
import re
import select
import signal
import subprocess

READY = re.compile(r"http://127\.0\.0\.1:(\d+)/")


class Server:
    """A running plumb-server; `port` is a new one each time."""

    def __init__(self, program, index, *options, seconds=120):
        command = [program, "--index", index, "--port", "0", *options]
        self.process = subprocess.Popen([str(w) for w in command], stdout=subprocess.PIPE, text=True)
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline() if ready else ""
        if not READY.search(line):
            self.kill()
            raise SystemExit(f"{program} has not started: {line.strip()}")
        self.port = int(READY.search(line)[1])

    def kill(self, how=signal.SIGKILL):
        """Ends it, and waits until it is gone."""
        self.process.send_signal(how)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill(signal.SIGTERM)


class Client:
    """A connection that is kept."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(self, method, path, body=None):
        """The status and the JSON of an answer. Raises OSError or HTTPException where there is none."""
        headers = {} if body is None else {"Content-Type": "application/json"}
        self.connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = self.connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None

    def get(self, path):
        """What must be there."""
        return self._wanted(*self.ask("GET", path), path)

    def post(self, path, body=None):
        """What must succeed."""
        return self._wanted(*self.ask("POST", path, body or {}), path)

    def close(self):
        self.connection.close()

    @staticmethod
    def _wanted(status, answer, path):
        if status >= 300:
            raise RuntimeError(f"{path}: {status} {answer}")
        return answer
