// What time it is, and in which engine. Pages have another, see cures-browser.mjs.
import process from 'node:process';

// Time of this process on a processor, where the engine tells: what others do does not count.
export const now = () => {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000;
};

export const engine =
	typeof Bun !== 'undefined' ? 'Bun ' + Bun.version : typeof Deno !== 'undefined' ? 'Deno ' + Deno.version.deno : 'Node ' + process.versions.node;
