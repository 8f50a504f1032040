// Medians, tables and plots that the benchmarks share.
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export const median = list => list.slice().sort((a, b) => a - b)[Math.floor(list.length / 2)];
export const spread = list => {
	const s = list.slice().sort((a, b) => a - b);
	const at = q => s[Math.min(s.length - 1, Math.floor(q * s.length))];
	return { median: at(0.5), low: at(0.25), high: at(0.75) };
};
export const cell = (s, digits = 2) => `${s.median.toFixed(digits)} (${s.low.toFixed(digits)}–${s.high.toFixed(digits)})`;

/**
 * Runs a command `count` times; { cpu, wall, rss } of one run. With `fresh`, a [file, copy], the copy is made anew
 * before each.
 */
export const cost = (count, command, fresh) => {
	const program = path.join(root, 'build/tests/bench/cost');
	const run = spawnSync(program, [String(count), ...(fresh ? ['-f', ...fresh] : []), ...command], { encoding: 'utf8', cwd: root });
	if (run.status !== 0) {
		throw new Error(`${command.join(' ')}: ${run.stderr}`);
	}
	return JSON.parse(run.stdout);
};

/** What an engine has to be told before the file that it is to run; collect: that the file may ask for garbage collection. */
export const engineFlags = (program, { collect = false } = {}) => {
	const name = path.basename(program);
	if (name.startsWith('deno')) {
		return ['run', '-A', ...(collect ? ['--v8-flags=--expose-gc'] : [])];
	}
	return collect && !name.startsWith('bun') ? ['--expose-gc'] : [];
};

/** Slope of a straight line through points on logarithmic axes: 1 is linear growth. */
export const slope = points => {
	const l = points.map(([x, y]) => [Math.log(x), Math.log(y)]);
	const mean = k => l.reduce((s, p) => s + p[k], 0) / l.length;
	const [mx, my] = [mean(0), mean(1)];
	return l.reduce((s, [x, y]) => s + (x - mx) * (y - my), 0) / l.reduce((s, [x]) => s + (x - mx) ** 2, 0);
};

const COLORS = ['#1f6feb', '#d1242f', '#1a7f37', '#9a6700'];

/** An SVG of series { name, points: [[x, y], …] } on logarithmic axes. */
export const plot = (title, xLabel, yLabel, series) => {
	const [W, H, L, R, T, B] = [640, 400, 70, 20, 40, 60];
	const all = series.flatMap(s => s.points);
	const range = k => {
		const v = all.map(p => Math.log10(p[k]));
		const [a, b] = [Math.floor(Math.min(...v) * 2) / 2, Math.ceil(Math.max(...v) * 2) / 2];
		return a === b ? [a - 0.5, b + 0.5] : [a, b];
	};
	const [[x0, x1], [y0, y1]] = [range(0), range(1)];
	const X = v => L + ((Math.log10(v) - x0) / (x1 - x0)) * (W - L - R);
	const Y = v => H - B - ((Math.log10(v) - y0) / (y1 - y0)) * (H - T - B);
	const tick = e => (e >= 0 && e < 4 ? String(10 ** e) : e < 0 && e > -4 ? (10 ** e).toFixed(-e) : `1e${e}`);
	const out = [`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${W} ${H}" font-family="sans-serif" font-size="12">`,
		`<rect width="${W}" height="${H}" fill="#fff"/><text x="${W / 2}" y="22" text-anchor="middle" font-size="15">${title}</text>`];
	for (let e = Math.ceil(x0); e <= x1; e++) {
		out.push(`<path d="M${X(10 ** e)} ${T}V${H - B}" stroke="#ddd"/><text x="${X(10 ** e)}" y="${H - B + 18}" text-anchor="middle">${tick(e)}</text>`);
	}
	for (let e = Math.ceil(y0); e <= y1; e++) {
		out.push(`<path d="M${L} ${Y(10 ** e)}H${W - R}" stroke="#ddd"/><text x="${L - 6}" y="${Y(10 ** e) + 4}" text-anchor="end">${tick(e)}</text>`);
	}
	out.push(`<text x="${W / 2}" y="${H - 14}" text-anchor="middle">${xLabel}</text>`,
		`<text transform="translate(16 ${H / 2}) rotate(-90)" text-anchor="middle">${yLabel}</text>`);
	series.forEach((s, i) => {
		const c = COLORS[i % COLORS.length];
		out.push(`<polyline points="${s.points.map(([x, y]) => `${X(x).toFixed(1)},${Y(y).toFixed(1)}`).join(' ')}" fill="none" stroke="${c}" stroke-width="2"/>`,
			...s.points.map(([x, y]) => `<circle cx="${X(x).toFixed(1)}" cy="${Y(y).toFixed(1)}" r="3" fill="${c}"/>`),
			`<text x="${L + 10}" y="${T + 16 + 16 * i}" fill="${c}">${s.name} (slope ${slope(s.points).toFixed(2)})</text>`);
	});
	return out.join('\n') + '\n</svg>\n';
};
