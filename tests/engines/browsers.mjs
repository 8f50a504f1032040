// The browsers that tests run in, Debian's: how each opens a page, in a profile of its own.
import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";

const anySize = { sizeLimit: "the main thread makes instances of modules of any size" };

/* `command(url, profile)`; what a test may need and the browser lacks is in `limits`. */
export const browsers = {
	chromium: {
		limits: {},
		command: (url, profile) => [
			process.env.CHROMIUM ?? "chromium", "--headless", "--no-sandbox", "--disable-gpu",
			"--disable-background-networking", "--js-flags=--expose-gc", `--user-data-dir=${profile}`, url,
		],
	},
	firefox: {
		limits: anySize,
		command(url, profile) {
			const collects = 'user_pref("dom.testing.testutils.enabled", true);\n'; // there is TestUtils.gc() then
			fs.writeFileSync(path.join(profile, "user.js"), collects);
			return ["firefox-esr", "--headless", "--no-remote", "--profile", profile, url];
		},
	},
	// WebKitGTK, by the browser that comes with it, which wants a display. Safari has the same engine.
	webkit: {
		limits: { ...anySize, panics: "WebKit lets a panic pass the block that is to catch it, patched or not" },
		// each collection shall be a whole one, see page-engine.mjs
		command: url => ["env", "JSC_useGenerationalGC=false", "xvfb-run", "-a", miniBrowser(), "--private", url],
	},
};

function miniBrowser() {
	const libraries = fs.readdirSync("/usr/lib").map(name => `/usr/lib/${name}/webkit2gtk-4.1/MiniBrowser`);
	return libraries.find(name => fs.existsSync(name)) ?? "MiniBrowser";
}

/*
 * Opens a page in a browser of its own. `ended` is a promise of what there is to say if the browser ends; `close()`
 * ends it, with all that it started, and what it kept.
 */
export function open(name, url) {
	const profile = fs.mkdtempSync(path.join(os.tmpdir(), `reglue-${name}-`));
	const [program, ...args] = browsers[name].command(url, profile);
	const browser = spawn(program, args, { detached: true, stdio: ["ignore", "ignore", "pipe"] });
	let complaints = "";
	browser.stderr.on("data", text => (complaints += text));
	const ended = new Promise(done => {
		browser.on("error", e => done(e.message));
		browser.on("exit", (status, signal) => done(`${name} ended with ${signal ?? status}\n${complaints}`));
	});
	const signal = which => {
		try {
			process.kill(-browser.pid, which);
		} catch (e) {
			if (e.code !== "ESRCH") {
				throw e;
			}
		}
	};
	return {
		ended,
		async close() {
			if (browser.pid !== undefined) {
				signal("SIGTERM");
				const timer = setTimeout(signal, 5000, "SIGKILL");
				await ended;
				clearTimeout(timer);
			}
			fs.rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
		},
	};
}
