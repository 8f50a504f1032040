// The same rewrite as peer.mjs makes, for jscodeshift's own command.
module.exports = (file, { jscodeshift: j }) => {
	const root = j(file.source);
	root.find(j.FunctionDeclaration).forEach(p => p.value.body.body.unshift(j.template.statement(['__rg.e();'])));
	return root.toSource();
};
