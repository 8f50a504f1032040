// What a patched glue file lacks, by another reading than reglue's own: acorn for the syntax,
// eslint-scope for the names, on the text that came out. Each hook that a recovery needs is looked for
// where the generated code calls for it; half a patch corrupts.
import * as acorn from "acorn";
import { analyze } from "eslint-scope";
import estraverse from "estraverse";

function parse(text) {
	const options = { ecmaVersion: "latest", locations: true, ranges: true, allowHashBang: true };
	try {
		return { sourceType: "module", ast: acorn.parse(text, { ...options, sourceType: "module" }) };
	} catch {
		return { sourceType: "script", ast: acorn.parse(text, { ...options, sourceType: "script" }) };
	}
}

/** The problems, one line each with its place; and how many constructs of each kind were looked at. */
export function missingHooks(text) {
	const { ast, sourceType } = parse(text);
	const problems = [];
	const seen = { exports: 0, views: 0, heaps: 0, stamps: 0, registries: 0, held: 0, closures: 0, promises: 0, catches: 0, instances: 0, calls: 0 };
	const parents = new Map();
	const nodes = [];
	const walk = (root, enter) => estraverse.traverse(root, { fallback: "iteration", enter });
	walk(ast, (node, parent) => {
		parents.set(node, parent);
		nodes.push(node);
	});
	const variables = new Map(); // identifier node => variable
	for (const scope of analyze(ast, { ecmaVersion: 2022, sourceType, fallback: "iteration", ignoreEval: true }).scopes) {
		for (const variable of scope.variables) {
			for (const identifier of [...variable.identifiers, ...variable.references.map((one) => one.identifier)]) {
				variables.set(identifier, variable);
			}
		}
	}

	const source = (node) => text.slice(node.start, node.end);
	const complain = (node, what) => problems.push(`${node.loc.start.line}:${node.loc.start.column + 1} ${what}: ${source(node).slice(0, 70)}`);
	const property = (node) => (node.type !== "MemberExpression" ? undefined
		: node.computed ? node.property.value : node.property.name);
	const isFunction = (node) => /Function/.test(node.type);
	const functionAround = (node) => {
		let at = parents.get(node);
		while (at && !isFunction(at)) {
			at = parents.get(at);
		}
		return at;
	};
	const contains = (root, test) => {
		let found = false;
		walk(root, function enter(node) {
			found ||= test(node);
			return found ? this.break() : undefined;
		});
		return found;
	};
	/* A call of the runtime, by one of these letters. */
	const isHook = (node, letters) => node?.type === "CallExpression" && node.callee.type === "MemberExpression" &&
		/^__rg\d*$/.test(node.callee.object.name) && letters.includes(node.callee.property.name);
	const inRuntime = (node) => {
		for (let at = node; at; at = parents.get(at)) {
			if (isFunction(at) && /^__rg\d*\$w?$/.test(at.id?.name)) {
				return true;
			}
		}
		return false;
	};
	const nothing = (node) => /^(undefined|null|void 0)$/.test(source(node));

	/* The exports variables: what has its memory read, or the allocator called. A stub of WASI may have an
	   object with a `memory` of its own. */
	const startsAsObject = (variable) => variable.defs.some(({ node }) => node.init?.type === "ObjectExpression");
	const own = nodes.filter((node) => !inRuntime(node));
	const exportsVariables = new Set();
	for (const node of own) {
		const name = property(node);
		const used = (name === "memory" && property(parents.get(node)) === "buffer") ||
			/^__wbindgen_(malloc|free|realloc|add_to_stack_pointer|exn_store|export|externrefs)/.test(name ?? "");
		// what one function makes and uses is no glue's, but a loader's own
		const shared = name !== "memory" || functionAround(node) !== functionAround(variables.get(node.object)?.identifiers[0]);
		if (used && shared && variables.has(node.object) && !startsAsObject(variables.get(node.object))) {
			exportsVariables.add(variables.get(node.object));
		}
	}
	const isExports = (node) => node.type === "Identifier" && exportsVariables.has(variables.get(node));
	const readsMemory = (node) => property(node) === "memory" && isExports(node.object);
	seen.exports = exportsVariables.size;
	const runtimes = own.filter((node) => node.type === "CallExpression" && /^__rg\d*\$$/.test(node.callee.name));
	if (runtimes.length !== exportsVariables.size) {
		problems.push(`${runtimes.length} runtimes for ${exportsVariables.size} exports variables`);
	}
	const reset = new Set();
	for (const runtime of runtimes) {
		walk(runtime, (node) => {
			reset.add(variables.get(node));
		});
	}
	for (const variable of exportsVariables) {
		const writes = variable.references.filter((one) => one.isWrite() && one.writeExpr && !nothing(one.writeExpr));
		for (const { writeExpr } of writes) {
			// `wasm ?? instance.exports`: what is there already stays
			const written = writeExpr.operator === "??" && variables.get(writeExpr.left) === variable
				? writeExpr.right : writeExpr;
			if (!isHook(written, "al")) {
				complain(writeExpr, `${variable.name} is written past the guard`);
			}
		}
	}

	/* The name by which wasm knows an import; what has one is called by wasm alone. */
	const importName = (node) => {
		const parent = parents.get(node);
		return String(parent?.type === "AssignmentExpression" ? property(parent.left)
			: parent?.type === "Property" || parent?.type === "MethodDefinition" ? parent.key.name ?? parent.key.value
				: node.id?.name ?? parent?.id?.name);
	};
	const calledByWasm = /^__wb|^__widl|^__getClassname$|wasm_bindgen_func|adapter|closure|dyn_core/;
	const stateOf = (node) => (node.type === "Identifier" ? variables.get(node)?.defs[0]?.node?.init : undefined);
	const hasKeys = (node, keys) => node?.type === "ObjectExpression" &&
		keys.every((key) => node.properties.some((one) => one.key?.name === key));
	const isState = (node) => hasKeys(node, ["a", "b", "cnt"]);
	/* Variables that hold two words of a Rust closure. */
	const states = new Set();
	for (const node of own) {
		let holder = hasKeys(node, ["a", "b"]) ? parents.get(node) : undefined;
		holder = isHook(holder, "s") ? parents.get(holder) : holder;
		if (holder?.type === "VariableDeclarator" || holder?.type === "AssignmentExpression") {
			states.add(variables.get(holder.id ?? holder.left));
		}
	}

	const check = {
		NewExpression(node) {
			if (source(node.callee) === "WebAssembly.Instance") {
				seen.instances++;
			}
			const around = parents.get(node);
			const dropped = /^(Logical|Conditional)Expression$/.test(around.type) && parents.get(around).type === "ExpressionStatement";
			if (/^FinalizationRegistry$/.test(source(node.callee)) && !dropped && !isHook(node.arguments[0], "F")) {
				complain(node, "a registry without a guard");
			}
			seen.registries += source(node.callee) === "FinalizationRegistry";
			if (source(node.callee) === "Promise" && node.arguments.length === 1) {
				const [argument] = node.arguments;
				const given = argument.type === "CallExpression" ? argument.arguments[0] : argument;
				const executor = given?.type === "Identifier" ? stateOf(given) : given;
				const enters = executor && isFunction(executor) &&
					contains(executor.body, (one) => property(one) === "b" && states.has(variables.get(one.object)));
				seen.promises += enters ? 1 : 0;
				if (enters && !(isHook(argument, "q") && isHook(parents.get(node), "p"))) {
					complain(node, "a promise of Rust's that no fault rejects");
				}
			}
		},
		AssignmentExpression(node) {
			if (node.left.type === "Identifier" && contains(node.right, readsMemory)) {
				const variable = variables.get(node.left);
				const local = variable && functionAround(variable.identifiers[0]) === functionAround(node) && functionAround(node);
				seen.views += !local;
				if (!local && !reset.has(variable)) {
					complain(node, "a view of the memory that is not reset");
				}
			}
			const name = property(node.left);
			if (name === "__wbg_ptr" && node.right.type !== "Literal") {
				seen.stamps++;
				const call = parents.get(node);
				const object = source(node.left.object);
				const stamped = isHook(call, "o") && call.arguments[0] === node && source(call.arguments[1]) === object;
				const next = call.type === "SequenceExpression" && call.expressions[call.expressions.indexOf(node) + 1];
				const stampedInPlace = next && source(next).replace(/__rg\d*/g, "rg") === `rg.S.stamp&&(${object}[rg.K]=rg.S.stamp)`;
				if (!stamped && !stampedInPlace && !isHook(node.left.object, "s")) {
					complain(node, "a pointer without a stamp");
				}
			}
		},
		VariableDeclarator(node) {
			const heap = node.init && /^(new )?Array\(\d+\)(\.fill\((undefined|void 0)\))?$/.test(source(node.init)) &&
				new RegExp(`\\b${node.id.name.replace("$", "\\$")}\\.push\\((undefined|void 0), ?null`).test(text);
			seen.heaps += heap ? 1 : 0;
			if (heap && !reset.has(variables.get(node.id))) {
				complain(node, "an object heap that is not reset");
			}
		},
		CallExpression(node) {
			if (property(node.callee) === "register" && node.arguments.length === 3) {
				seen.held++;
				const [, held] = node.arguments;
				if (!isHook(held, "h") && !isHook(stateOf(held), "s")) {
					complain(node, "a held value without a stamp");
				}
			}
			const name = property(node.callee);
			// a minifier leaves nothing of an adapter's own name, but that of the export that it calls
			if (name && isExports(node.callee.object) && !/^(__wb|__wasm_bindgen_|__externref|_dyn_core_|closure\d)|closures?_+invoke/.test(name)) {
				seen.calls++;
				let covered = false;
				for (let at = functionAround(node); at; at = functionAround(at)) {
					covered ||= calledByWasm.test(importName(at)) || contains(at.body, (one) => isHook(one, "etfkd"));
				}
				if (!covered) {
					complain(node, "an export is called without a hook");
				}
			}
		},
		ObjectExpression(node) {
			if (isState(node)) {
				seen.closures++;
				if (!isHook(parents.get(node), "s")) {
					complain(node, "a closure's state without a stamp");
				}
			}
		},
		CatchClause(node) {
			const enters = contains(node.body, (one) => one.type === "CallExpression" &&
				one.callee.type === "MemberExpression" && isExports(one.callee.object));
			seen.catches += enters ? 1 : 0;
			if (enters && !contains(node.body.body[0], (one) => isHook(one, "r"))) {
				complain(node, "a catch block that would swallow the fault");
			}
		},
	};
	for (const node of own) {
		check[node.type]?.(node);
	}
	return { problems, seen };
}
