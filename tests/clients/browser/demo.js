// A `serve --demo` on a free port and in a directory of its own; not how to talk to it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

// The origin, the token that everybody knows, and how to end it. Options are those of `serve`.
export async function startDemo(...options) {
  const directory = await mkdtemp(path.join(tmpdir(), "apportion-docs-"));
  const server = spawn(process.env.APPORTION, ["serve", "--demo", "--bind", "127.0.0.1:0", ...options], {
    cwd: directory,
    env: { ...process.env, APPORTION_LOG: "error" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = async () => {
    if (server.exitCode === null && server.kill()) await once(server, "exit");
    await rm(directory, { recursive: true });
  };
  let origin;
  for await (const line of createInterface({ input: server.stdout })) {
    origin ??= line.match(/^listening on (.*)$/)?.[1];
    const token = line.match(/X-Auth-Token: ([^']+)'/)?.[1];
    if (origin && token) return { origin, token, stop };
  }
  await stop();
  throw new Error("the server ended before it said where it is and what its token is");
}
