// A headless Chromium that a test drives, Debian's unless CHROMIUM names another.
import process from "node:process";
import { chromium } from "playwright-core";

export const launch = (...flags) => chromium.launch({
	executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
	args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", ...flags],
});
