"""One organization does its worst, and another is to notice nothing. See README.md."""

import contextlib
import glob
import http.client
import json
import os
import pathlib
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = os.environ["APPORTION"]
ONLY_STATUSES = os.environ.get("LIMITS") == "statuses"
JSON_API = "application/vnd.api+json"
ATOMIC = JSON_API + '; ext="https://jsonapi.org/ext/atomic"'
CONNECTIONS = 16


def command(url, *arguments):
    done = subprocess.run([PROGRAM, *arguments, "--database-url", url], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{arguments}: {done.stderr}")
    return done.stdout.strip()


@contextlib.contextmanager
def sqlite(directory):
    yield f"sqlite://{directory}/neighbour.db"


@contextlib.contextmanager
def postgres(directory):
    """A cluster of its own, run by the user of PostgreSQL if this is root."""
    programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    if not programs:
        sys.exit("error: no PostgreSQL")
    owner = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    if owner:
        subprocess.run(["chown", "postgres", directory], check=True)
    data = f"{directory}/data"
    make = [*owner, f"{programs[-1]}/initdb", "-A", "trust", "-U", "postgres", "-D", data]
    subprocess.run(make, check=True, stdout=subprocess.DEVNULL, cwd=directory)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = ["-c", f"port={port}", "-c", "unix_socket_directories=", "-c", "max_connections=200"]
    log = open(f"{directory}/postgres.log", "w")
    server = subprocess.Popen(
        [*owner, f"{programs[-1]}/postgres", "-D", data, *settings], stderr=log, cwd=directory
    )
    admin = f"postgres://postgres@127.0.0.1:{port}/postgres"
    try:
        for _ in range(200):
            psql = ["psql", "-q", "-d", admin, "-c", "CREATE ROLE apportion LOGIN"]
            if not subprocess.run(psql, stderr=subprocess.DEVNULL).returncode:
                break
            time.sleep(0.1)
        create = "CREATE DATABASE neighbour OWNER apportion"
        subprocess.run(["psql", "-q", "-d", admin, "-c", create], check=True)
        yield f"postgres://apportion@127.0.0.1:{port}/neighbour"
    finally:
        subprocess.run(["pkill", "-INT", "-f", data])
        server.wait()


def fill(url, organization, directory):
    """2,000 deals; the first two with 10,000 distributions and one more over a century."""
    deals = pathlib.Path(directory, "deals.csv")
    deals.write_text("name,value\n" + "".join(f"Deal {at},1000\n" for at in range(2000)))
    spread = ["deal_id,start_on,end_on,amount_percent\n"]
    for deal, count in [(1, 10_000), (2, 10_001)] + [(deal, 100) for deal in range(3, 403)]:
        spread += [f"{deal},2000-01-01,2099-12-31,0.0001\n"] * count
    distributions = pathlib.Path(directory, "revenue_distributions.csv")
    distributions.write_text("".join(spread))
    for file in [deals, distributions]:
        command(url, "import", "--organization", organization, str(file))


def worst(dice):
    """The dearest requests: method, path, body, media type, and whether they have a key."""
    reports = "/api/v2/reports/financial_item_reports"
    texts = ",".join(f"x{at}" for at in range(50))

    def change(deal, value):
        data = {"type": "deals", "id": str(deal), "attributes": {"value": value}}
        return {"op": "update", "data": data}

    value = dice.randrange(1_000_000)
    operations = {"atomic:operations": [change(3 + at, value) for at in range(100)]}
    one = {"data": change(1, value)["data"]}
    deep = '{"data":' + "[" * 60 + '"' + "x" * 1_000_000 + '"' + "]" * 60 + "}"
    return dice.choice(
        [
            ("GET", f"{reports}?group=date:day", None, None, False),
            ("GET", f"{reports}?group=revenue_distribution,date:year&filter[date][lt]=2016-01-01", None, None, False),
            ("GET", f"{reports}?group=deal,date:month&sort=-total_revenue&page[number]=9", None, None, False),
            ("GET", f"/api/v2/events?filter[subject_type][not_contain]={texts}&sort=created_at", None, None, False),
            ("GET", "/api/v2/revenue_distributions?page[size]=200&include=deal&page[number]=290", None, None, False),
            ("GET", "/api/v2/deals?page[size]=40&page[number]=2&include=revenue_distributions", None, None, False),
            ("POST", "/api/v2/operations", json.dumps(operations), ATOMIC, False),
            ("PATCH", "/api/v2/deals/1", json.dumps(one), JSON_API, False),
            ("PATCH", "/api/v2/deals/1?include=revenue_distributions", json.dumps(one), JSON_API, True),
            ("POST", "/api/v2/operations", deep, ATOMIC, False),
        ]
    )


class Client:
    def __init__(self, address, token):
        self.address, self.token = address, token
        self.connection = None

    def ask(self, method, path, body=None, media=None, key=False):
        """The status, or the name of what went wrong, and the time that it took."""
        headers = {"X-Auth-Token": self.token}
        if media:
            headers |= {"Content-Type": media, "Accept": media}
        if key:
            headers["Idempotency-Key"] = str(random.random())
        began = time.monotonic()
        try:
            if self.connection is None:
                host, port = self.address.split(":")
                self.connection = http.client.HTTPConnection(host, int(port), timeout=30)
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            answer.read()
            status = answer.status
        except OSError as error:
            self.connection, status = None, type(error).__name__
        return status, time.monotonic() - began


class Figures:
    def __init__(self):
        self.lock, self.seen = threading.Lock(), {}

    def note(self, who, what, status, took):
        with self.lock:
            self.seen.setdefault((who, what, status), []).append(took)

    def times(self, what):
        """The times of one kind of request of the other organization, in order."""
        return sorted(t for (who, it, _), ts in self.seen.items() if (who, it) == ("other", what) for t in ts)


def resident(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) // 1024


def measure(url, directory, seconds, rates):
    command(url, "migrate")
    organizations = [command(url, "organization", "create", "--name", name, "--currency", "EUR") for name in "AB"]
    tokens = [command(url, "token", "create", "--organization", it, "--scope", "admin") for it in organizations]
    fill(url, organizations[0], directory)
    serve = [PROGRAM, "serve", "--bind", "127.0.0.1:0", "--database-url", url]
    log = open(f"{directory}/log", "w")
    quiet = os.environ | {"APPORTION_LOG": "off"}
    server = subprocess.Popen(
        serve + ([] if rates else ["--no-rate-limit"]), stdout=subprocess.PIPE, stderr=log, text=True, env=quiet
    )
    address = next(line for line in server.stdout if line.startswith("listening")).split("http://")[1].strip()
    end, figures = time.monotonic() + seconds, Figures()

    def hog(seed):
        dice, client = random.Random(seed), Client(address, tokens[0])
        while time.monotonic() < end:
            method, path, body, media, key = worst(dice)
            status, took = client.ask(method, path, body, media, key)
            figures.note("hog", f"{method} {path.split('?')[0]}", status, took)

    def other():
        client = Client(address, tokens[1])
        deal = json.dumps({"data": {"type": "deals", "attributes": {"name": "D"}}})
        while time.monotonic() < end:
            figures.note("other", "read", *client.ask("GET", "/api/v2/deals?page[size]=30"))
            figures.note("other", "write", *client.ask("POST", "/api/v2/deals", deal, JSON_API))
            figures.note("other", "ready", *client.ask("GET", "/health/ready"))
            # At most 100 requests in 10 s with one token, where rates are on.
            time.sleep(0.5 if rates else 0.02)

    threads = [threading.Thread(target=hog, args=(seed,)) for seed in range(CONNECTIONS)]
    threads += [threading.Thread(target=other) for _ in range(2)]
    for thread in threads:
        thread.start()
    most = 0
    while time.monotonic() < end:
        most = max(most, resident(server))
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    time.sleep(10)
    after = resident(server)
    server.send_signal(signal.SIGTERM)
    return figures, most, after, server.wait()


def judge(name, figures, most, after, code):
    faults = [] if code == 0 else [f"it ended with {code}"]
    p99 = {}
    for what in ["read", "write", "ready"]:
        times = figures.times(what)
        p99[what] = 1000 * times[len(times) * 99 // 100]
        if p99[what] > 250 and not ONLY_STATUSES:
            faults.append(f"{what}: 99 of 100 took up to {p99[what]:.0f} ms")
    for (who, what, status), times in figures.seen.items():
        if who == "other" and status not in (200, 201):
            faults.append(f"the other's {what}: {len(times)} answers {status}")
        if status == 500 or isinstance(status, str):
            faults.append(f"{who} {what}: {len(times)} answers {status}")
    if most > 512:
        faults.append(f"{most} MiB at most")
    if after > 128:
        faults.append(f"{after} MiB afterwards")
    times = ", ".join(f"{what} {took:.0f} ms" for what, took in p99.items())
    print(f"{name}: p99 {times}; {most} MiB at most, {after} afterwards", flush=True)
    if faults or os.environ.get("VERBOSE"):
        for (who, what, status), times in sorted(figures.seen.items(), key=str):
            print(f"  {who} {what} {status}: {len(times)}, longest {1000 * max(times):.0f} ms")
    for fault in faults:
        print(f"  FAULT {fault}")
    return not faults


def main():
    seconds, good = int(sys.argv[1]), True
    for store in [sqlite, postgres]:
        for rates in [False, True]:
            with tempfile.TemporaryDirectory(prefix="apportion-neighbour-") as directory, store(directory) as url:
                name = f"{store.__name__}, rates {'on' if rates else 'off'}"
                good &= judge(name, *measure(url, directory, seconds, rates))
    sys.exit(not good)


main()
