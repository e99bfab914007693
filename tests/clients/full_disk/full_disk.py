"""A disk of 64 MiB fills up under a server, and has room again. See the comment of `run`."""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time

PROGRAM = os.environ["APPORTION"]
JSON_API = "application/vnd.api+json"


def fill(disk):
    """Fills the disk to the last byte with a file."""
    filler = disk / "filler"
    with open(filler, "wb") as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    os.write(file.fileno(), b"x" * size)
            except OSError:
                continue
    return filler


def main(disk):
    url = f"sqlite://{disk}/full.db"

    def command(*arguments):
        return subprocess.check_output([PROGRAM, *arguments, "--database-url", url], text=True).strip()

    organization = command("organization", "create", "--name", "A", "--currency", "EUR")
    token = command("token", "create", "--organization", organization, "--scope", "admin")
    log = tempfile.TemporaryFile("w+")
    serve = [PROGRAM, "serve", "--bind", "127.0.0.1:0", "--no-rate-limit", "--database-url", url]
    server = subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=log, text=True)
    address = next(line for line in server.stdout if line.startswith("listening")).split("http://")[1].strip()

    def ask(method, path, body=None):
        connection = http.client.HTTPConnection(address, timeout=30)
        headers = {"X-Auth-Token": token, "Content-Type": JSON_API}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    def write():
        attributes = {"name": "D" * 200}
        return ask("POST", "/api/v2/deals", json.dumps({"data": {"type": "deals", "attributes": attributes}}))

    def count():
        status, body = ask("GET", "/api/v2/deals?page[size]=1")
        assert status == 200, body
        return json.loads(body)["meta"]["total_count"]

    def eventually(holds, what):
        end = time.monotonic() + 40
        while not holds():
            assert time.monotonic() < end, what
            time.sleep(0.1)

    made = 0
    for outage in (1, 2):
        assert ask("GET", "/health/ready")[0] == 200
        for _ in range(20):
            assert write()[0] == 201
            made += 1
        filler = fill(disk)
        status, body = ask("GET", "/health/ready")
        assert status == 503 and "disk" in body, (status, body)
        # What is in the file already has room for some more.
        for _ in range(100_000):
            status, body = write()
            if status != 201:
                break
            made += 1
        assert status == 503 and "disk" in json.loads(body)["errors"][0]["detail"], (status, body)
        for _ in range(20):
            assert write()[0] == 503
        assert count() == made, "what was answered with 201 is there, and nothing else"
        filler.unlink()
        eventually(lambda: write()[0] == 201, "writes succeed again")
        made += 1
        assert count() == made
        eventually(lambda: ask("GET", "/health/ready")[0] == 200, "it is ready again")
    server.send_signal(signal.SIGTERM)
    assert server.wait() == 0
    log.seek(0)
    lines = [json.loads(line)["message"] for line in log if line.startswith("{")]
    begun = [line for line in lines if line.startswith("an outage begins: the disk of the database is full")]
    ended = [line for line in lines if line.startswith("the outage has ended")]
    assert (len(begun), len(ended)) == (2, 2), (begun, ended)
    check = subprocess.run([PROGRAM, "check", "--database-url", url], stdout=subprocess.DEVNULL)
    assert check.returncode == 0
    print(f"{made} writes are there; the disk was full twice, which the log says once each")


with tempfile.TemporaryDirectory() as directory:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", directory], check=True)
    try:
        main(pathlib.Path(directory))
    finally:
        subprocess.run(["umount", "-l", directory], check=True)
