// Chromium without what it would ask of the internet.
import { chromium } from "playwright-core";

const QUIET = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync " +
  "--disable-background-networking --disable-component-update";

export function startBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: QUIET.split(" ") });
}
