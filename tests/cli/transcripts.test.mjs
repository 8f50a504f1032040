// docs/TRANSCRIPTS.md is what the program prints today.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { reglue, root } from './lib.mjs';

test('docs/TRANSCRIPTS.md is up to date', () => {
	const now = execFileSync('sh', [path.join(root, 'docs/transcripts.sh')],
		{ encoding: 'utf8', env: { ...process.env, REGLUE: reglue, NODE_OPTIONS: '' } });
	assert.equal(now, fs.readFileSync(path.join(root, 'docs/TRANSCRIPTS.md'), 'utf8'),
		'run: sh docs/transcripts.sh > docs/TRANSCRIPTS.md, and look at what changed');
});
