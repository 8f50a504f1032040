// A server of this machine's, for pages.
import http from "node:http";
import { text } from "node:stream/consumers";

// A page that is isolated has clocks of microseconds.
const isolated = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

/*
 * Serves what `answer(url, sent)` gives: [content type, body], the body undefined where there is nothing. `sent` is
 * the text that a request brought along.
 */
export async function serve(answer) {
	const server = http.createServer(async (request, response) => {
		try {
			const [type, body] = answer(new URL(request.url, "http://localhost"), await text(request));
			response.writeHead(body === undefined ? 404 : 200, { "Content-Type": type, ...isolated });
			response.end(body);
		} catch (e) {
			console.error(e);
			response.writeHead(500).end(String(e));
		}
	});
	await new Promise(done => server.listen(0, "127.0.0.1", done));
	return server;
}
