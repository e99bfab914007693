"""A throw-away PostgreSQL cluster, as the tests' is: gone with this process. It tunes nothing but
the size of the buffers, and is no way to run a database that anybody wants to keep."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: Runs the server until its stdin ends, then removes the directory.
SUPERVISE = HERE / "../../crates/testing/src/supervise.sh"
SETTINGS = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_buffers=256MB")
START_TIMEOUT_S = 30


def programs():
    """The directory of initdb, postgres and psql, the newest of Debian's; None without."""
    found = shutil.which("initdb")
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    versions.sort(key=lambda path: int(path.parent.name))
    return Path(found).resolve().parent if found else versions[-1] if versions else None


def owner():
    """Root lends PostgreSQL an unprivileged user."""
    if os.geteuid() != 0:
        return {}
    known = {user.pw_name: user for user in pwd.getpwall()}
    user = known.get("postgres") or known["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Cluster:
    """A running server with an empty database `bench`, owned by the role `apportion`."""

    def __init__(self, bin):
        self.directory = Path(tempfile.mkdtemp(prefix="apportion-reports-"))
        try:
            self._start(bin)
        except BaseException:
            # The supervisor removes it only once it runs.
            shutil.rmtree(self.directory, ignore_errors=True)
            raise

    def _start(self, bin):
        user = owner()
        if user:
            os.chown(self.directory, user["user"], user["group"])
        as_owner = {"cwd": self.directory, **user}
        initdb = [bin / "initdb", "-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        quiet = {"check": True, "capture_output": True}
        subprocess.run([*initdb, "--no-sync", "--locale=C"], **quiet, **as_owner)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = ["sh", "-c", SUPERVISE.read_text(), "postgres", self.directory]
        command += [bin / "postgres", "-D", self.directory / "data", "-c", f"port={port}"]
        for setting in SETTINGS:
            command += ["-c", setting]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(command, start_new_session=True, **pipes, **as_owner)
        admin = f"postgres://postgres@127.0.0.1:{port}/postgres"
        began = time.monotonic()
        role = "CREATE ROLE apportion LOGIN NOSUPERUSER NOBYPASSRLS"
        while not psql(admin, role, check=False):
            if self.process.poll() is not None or time.monotonic() - began > START_TIMEOUT_S:
                raise SystemExit("PostgreSQL did not start")
            time.sleep(0.05)
        psql(admin, "CREATE DATABASE bench OWNER apportion TEMPLATE template0")
        self.url = f"postgres://apportion@127.0.0.1:{port}/bench"

    def stop(self):
        self.process.stdin.close()
        self.process.wait()


def psql(url, script, check=True):
    """Runs statements in one session; whether that went well."""
    command = [shutil.which("psql") or programs() / "psql", "-X", "-q", "-w", "-A", "-t"]
    command += ["-v", "ON_ERROR_STOP=1", "-d", url, "-f", "-"]
    ended = subprocess.run(command, input=script, capture_output=True, text=True)
    if check and ended.returncode != 0:
        raise SystemExit(f"psql: {ended.stderr.strip()}")
    return ended.returncode == 0
