// What a reader of the page gets beside what is on it: search, filters, and entrypoints as tables.
// The page is whole without it.
'use strict';
(() => {
	const files = [...document.querySelectorAll('[data-verdict]')];
	const search = document.querySelector('#search');
	const boxes = [...document.querySelectorAll('[name=verdict]')];
	const shown = document.querySelector('#shown');

	/** Entrypoints come as lines with tabs: a thousand files of tables would be slow to open. */
	const tabulate = (file) => {
		for (const text of file.querySelectorAll('pre.entries')) {
			const rows = text.textContent.trimEnd().split('\n').map((line) => line.split('\t'));
			const table = document.createElement('table');
			const head = table.createTHead().insertRow();
			for (const name of rows[0]) {
				const cell = document.createElement('th');
				cell.scope = 'col';
				cell.textContent = name;
				head.append(cell);
			}
			const body = table.createTBody();
			for (const row of rows.slice(1)) {
				const line = body.insertRow();
				for (const value of row) {
					line.insertCell().textContent = value;
				}
				if (row[4].startsWith('not')) {
					line.className = 'warn';
				}
			}
			const box = document.createElement('div');
			box.className = 'entries scroll';
			box.append(table);
			text.replaceWith(box);
		}
	};

	let texts = null;
	const filter = () => {
		const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
		const verdicts = new Set(boxes.filter((box) => box.checked).map((box) => box.value));
		if (words.length !== 0 && texts === null) {
			texts = files.map((file) => file.textContent.toLowerCase());
		}
		let count = 0;
		files.forEach((file, i) => {
			const match = verdicts.has(file.dataset.verdict) && words.every((word) => texts[i].includes(word));
			file.hidden = !match;
			count += match ? 1 : 0;
		});
		shown.textContent = count === files.length ? `${count} files` : `${count} of ${files.length} files`;
	};

	let timer = 0;
	search.addEventListener('input', () => {
		clearTimeout(timer);
		timer = setTimeout(filter, 120);
	});
	for (const box of boxes) {
		box.addEventListener('change', filter);
	}
	// only what is looked at: a click on "Open all" opens hundreds
	const seen = new IntersectionObserver((entries) => {
		for (const { isIntersecting, target } of entries) {
			if (isIntersecting) {
				seen.unobserve(target);
				tabulate(target);
			}
		}
	}, { rootMargin: '50%' });
	for (const file of files) {
		file.addEventListener('toggle', () => (file.open ? seen.observe(file) : seen.unobserve(file)));
	}
	const setAll = (open) => {
		for (const file of files) {
			if ('open' in file && !file.hidden) {
				file.open = open;
			}
		}
	};
	document.querySelector('#open').addEventListener('click', () => setAll(true));
	document.querySelector('#close').addEventListener('click', () => setAll(false));
	for (const link of document.querySelectorAll('[data-code]')) {
		link.addEventListener('click', (event) => {
			event.preventDefault();
			search.value = link.dataset.code;
			filter();
			search.scrollIntoView();
			search.focus({ preventScroll: true });
		});
	}
	// on paper nothing opens: what is wrong stands there
	let printed = [];
	addEventListener('beforeprint', () => {
		printed = files.filter((file) => !file.hidden && file.open === false && file.querySelector('.finding.bad, .finding.warn'));
		for (const file of printed) {
			file.open = true;
			file.classList.add('printed');
		}
	});
	addEventListener('afterprint', () => {
		for (const file of printed) {
			file.open = false;
			file.classList.remove('printed');
		}
	});
	// "/" goes to the search, as on pages that people know
	document.addEventListener('keydown', (event) => {
		if (event.key === '/' && event.target !== search && !event.ctrlKey && !event.metaKey && !event.altKey) {
			event.preventDefault();
			search.focus();
		}
	});
	// a link to #file-7 shows it
	const follow = () => {
		const target = /^#file-\d+$/.test(location.hash) && document.querySelector(location.hash);
		if (target) {
			target.open = true;
			target.scrollIntoView();
		}
	};
	addEventListener('hashchange', follow);
	document.documentElement.classList.add('scripted');
	filter();
	follow();
})();
