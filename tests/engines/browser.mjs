// A server of this machine's and a headless Chromium, Debian's unless CHROMIUM names another.
import http from "node:http";
import process from "node:process";
import { chromium } from "playwright-core";

/* Serves what `answer(url)` gives: [content type, body], the body undefined where there is nothing. */
export async function serve(answer) {
	const server = http.createServer((request, response) => {
		try {
			const [type, body] = answer(new URL(request.url, "http://localhost"));
			response.writeHead(body === undefined ? 404 : 200, { "Content-Type": type });
			response.end(body);
		} catch (e) {
			console.error(e);
			response.writeHead(500).end(String(e));
		}
	});
	await new Promise(done => server.listen(0, "127.0.0.1", done));
	return server;
}

export const launch = (...flags) => chromium.launch({
	executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
	args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", ...flags],
});
