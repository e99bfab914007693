"""The program, its command line, its server as a process, and a client that keeps its connection.

Times are of the whole answer: from the first byte sent to the last one read.
"""

import http.client
import json
import os
import subprocess
import time
from urllib.parse import urlencode, urlsplit

MEDIA_TYPE = "application/vnd.api+json"
#: A connection that idled longer is opened anew, before the time runs: servers close such.
IDLE_S = 2


class Program:
    """The command line, with nothing of the caller's environment in it."""

    def __init__(self, path):
        self.path = str(path)
        known = os.environ.items()
        self.environment = {k: v for k, v in known if not k.startswith("APPORTION")}
        self.environment["APPORTION_LOG"] = "warn"

    def run(self, url, *arguments):
        """What a command prints, if it ends well."""
        command = [self.path, "--database-url", url, *arguments]
        ended = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if ended.returncode != 0:
            raise SystemExit(f"{' '.join(arguments)}: {ended.stderr.strip()}")
        return ended.stdout.strip()


class Server:
    """A server on a port of its own, without rate limits, and a client of it."""

    def __init__(self, program, url, token):
        command = [program.path, "serve", "--database-url", url]
        command += ["--bind", "127.0.0.1:0", "--no-rate-limit"]
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command, env=program.environment, stdout=subprocess.PIPE, text=True
        )
        self.process.stdout.readline()  # which program serves which database
        said = self.process.stdout.readline().strip()
        address = urlsplit(said.removeprefix("listening on "))
        if not address.port:
            raise SystemExit(f"the server says '{said}'")
        self.client = http.client.HTTPConnection(address.hostname, address.port, timeout=600)
        self.headers, self.asked = {"X-Auth-Token": token}, self.began
        self.client.connect()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()
        self.process.terminate()
        self.process.wait()

    def get(self, path, parameters=None):
        """The body, and how many milliseconds it took."""
        return self._send("GET", f"{path}?{urlencode(parameters or {})}", None, 200)

    def write(self, method, path, kind, expected, **members):
        """The resource after a POST or PATCH."""
        body = json.dumps({"data": {"type": kind, **members}})
        answer, _ = self._send(method, path, body, expected)
        return json.loads(answer)["data"]

    def _send(self, method, target, body, expected):
        headers = {**self.headers, "Content-Type": MEDIA_TYPE} if body else self.headers
        if time.perf_counter() - self.asked > IDLE_S:
            self.client.close()
            self.client.connect()
        began = time.perf_counter()
        self.client.request(method, target, body, headers)
        response = self.client.getresponse()
        answer = response.read()
        self.asked = time.perf_counter()
        took = (self.asked - began) * 1000
        if response.status != expected:
            text = answer[:1000].decode(errors="replace")
            raise SystemExit(f"{method} {target}: {response.status} {text}")
        return answer, took

    def age(self):
        """Milliseconds since the process was started."""
        return (time.perf_counter() - self.began) * 1000

    def memory(self):
        """Bytes of its own now, and the most that it ever had in memory."""
        with open(f"/proc/{self.process.pid}/status") as status:
            lines = dict(line.split(":", 1) for line in status)
        return [int(lines[name].split()[0]) * 1024 for name in ("RssAnon", "VmHWM")]
