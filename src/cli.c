#include "cli.h"

const struct cli_verb cli_verbs[VERB_COUNT] = {
	[VERB_PATCH] = {"patch", "PATH…", "patch glue in place",
		"Patches wasm-bindgen glue so that programs survive wasm traps. A PATH is a file, "
		"a directory (the .js, .mjs and .cjs files in it), or - for stdin to stdout. Files "
		"that belong together are written all or none. Patching twice changes nothing."},
	[VERB_CHECK] = {"check", "PATH…", "list what patch would change; write nothing",
		"Says what patch would do, and ends with status 1 if anything would change. With "
		"--diff prints the changes in a form that patch(1) and git apply take."},
	[VERB_REVERT] = {"revert", "PATH…", "restore the original bytes exactly",
		"Takes out what patch inserted. A file edited since it was patched is refused, "
		"with the place of the first change. Files that are not patched stay as they are."},
	[VERB_INSPECT] = {"inspect", "PATH…", "show what is recognised in glue, and what is not",
		"Prints target, form, entrypoints and state of glue files; writes nothing."},
	[VERB_EXEC] = {"exec", "-- COMMAND…", "run wasm-bindgen, then patch what it wrote",
		"Runs the command with its streams, signals and exit status passed through; one that "
		"cannot be run gives 126 or 127, as in a shell. If it "
		"is wasm-bindgen, patches what it wrote to --out-dir; after any other command, such "
		"as wasm-pack build, the glue files below the working directory that it made or "
		"changed. Called by the name wasm-bindgen, reglue runs the real one "
		"(REGLUE_WASM_BINDGEN, else the next in PATH) that way."},
	[VERB_REPORT] = {"report", "merge|html REPORT…", "join reports, or show one in a browser",
		"merge joins the JSON reports of the parts of one run into one, with files in the order "
		"of their paths. html makes a page of a report, all in one file, for a browser. Both "
		"write to stdout unless --output names a file; a REPORT may be - for stdin."},
	[VERB_COMPLETIONS] = {"completions", "bash|zsh|fish", "print completions for a shell",
		"Prints what makes a shell complete verbs, flags and their values. For one session: "
		"source <(reglue completions bash), the same for zsh, and for fish: reglue completions "
		"fish | source. Packages install them where the shells look."},
	[VERB_HELP] = {"help", "[VERB|CODE]", "this text, or help on a verb or a finding's code",
		"Tells a verb's flags, or why a code in brackets at the end of a message comes up and "
		"what can be done about it."},
	[VERB_VERSION] = {"version", "", "versions of reglue and its parser",
		"Prints the versions of reglue, of tree-sitter's ABI and of its JavaScript grammar."},
};

static const char *const policies[] = {"lazy", "eager", "manual", "never", "heal", NULL};
static const char *const stale_closures[] = {"ignore", "throw", NULL};
static const char *const foreign_throws[] = {"ignore", "poison", NULL};
static const char *const modules[] = {"url", "import", "source", "none", NULL};
const char *const cli_colors[] =
	{[COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never", NULL};

const char *const cli_formats[] = {[FORMAT_TEXT] = "text",
	[FORMAT_JSON] = "json",
	[FORMAT_SARIF] = "sarif",
	[FORMAT_GITHUB] = "github",
	NULL};

const char *const cli_report_actions[] = {[REPORT_MERGE] = "merge", [REPORT_HTML] = "html", NULL};
const char *const cli_shells[] =
	{[SHELL_BASH] = "bash", [SHELL_ZSH] = "zsh", [SHELL_FISH] = "fish", NULL};

const struct cli_flag cli_flags[] = {
	{FLAG_RECURSIVE, 'r', "recursive", NULL, NULL, CLI_FILE_VERBS,
		"go into subdirectories, but not node_modules, .git, or caches such as cargo's target"},
	{FLAG_OUTPUT, 'o', "output", "FILE", NULL, CLI_WRITERS | CLI_IN(VERB_REPORT),
		"write to this file; - is stdout"},
	{FLAG_STDIN_FILEPATH, 0, "stdin-filepath", "PATH", NULL, CLI_FILE_VERBS,
		"what to call stdin in messages and the report"},
	{FLAG_DIFF, 0, "diff", NULL, NULL, CLI_IN(VERB_CHECK), "print a unified diff"},
	{FLAG_REPORT, 0, "report", "FILE", NULL, CLI_RUNNERS, "write a JSON report; - is stdout"},
	{FLAG_REPORT_HTML, 0, "report-html", "FILE", NULL, CLI_RUNNERS,
		"write the report as a page for a browser"},
	{FLAG_TIMINGS, 0, "timings", NULL, NULL, CLI_RUNNERS,
		"tell in the report how long each file took"},
	{FLAG_FORMAT, 0, "format", "FORMAT", cli_formats, CLI_FILE_VERBS,
		"how to print what is found wrong; all but text go to stdout"},
	{FLAG_ALLOW_EMPTY, 0, "allow-empty", NULL, NULL, CLI_FILE_VERBS,
		"finding nothing to do is no error"},
	{FLAG_JOBS, 'j', "jobs", "N", NULL, CLI_FILE_VERBS,
		"work on N packages at once, 0: on all cores [1]"},
	{FLAG_FILES_FROM, 0, "files-from", "FILE", NULL, CLI_FILE_VERBS,
		"take more PATHs from a file, a line each; - is stdin"},
	{FLAG_NULL, '0', "null", NULL, NULL, CLI_FILE_VERBS,
		"with --files-from: a NUL ends each PATH, as find -print0 writes"},
	{FLAG_SHARD, 0, "shard", "I/N", NULL, CLI_FILE_VERBS,
		"take only part I of N; a package is in one of them"},
	{FLAG_NO_IGNORE, 0, "no-ignore", NULL, NULL, CLI_FILE_VERBS, "pay no heed to .reglueignore"},
	{FLAG_POLICY, 0, "policy", "WHEN", policies, CLI_RUNNERS,
		"when a new instance is made after a fault"},
	{FLAG_BUDGET, 0, "budget", "N", NULL, CLI_RUNNERS, "recoveries a minute, 0: any number [16]"},
	{FLAG_STALE_CLOSURES, 0, "stale-closures", "WHAT", stale_closures, CLI_RUNNERS,
		"calls of closures from before a recovery"},
	{FLAG_FOREIGN_THROW, 0, "foreign-throw", "WHAT", foreign_throws, CLI_RUNNERS,
		"JS exceptions that cross Rust frames"},
	{FLAG_MODULE, 0, "module", "WAY", modules, CLI_RUNNERS,
		"how to get the Module of a wasm that is imported"},
	{FLAG_EXCLUDE, 0, "exclude", "NAME", NULL, CLI_RUNNERS,
		"an export that gets no guard; may be repeated"},
	{FLAG_RECONSTRUCT, 0, "reconstruct", "CLASS", NULL, CLI_RUNNERS,
		"a class whose objects are made again; may be repeated"},
	{FLAG_CONFIG, 0, "config", "FILE", NULL, CLI_RUNNERS,
		"settings for all files, instead of the nearest reglue.json"},
	{FLAG_NO_CONFIG, 0, "no-config", NULL, NULL, CLI_RUNNERS, "read no reglue.json"},
	{FLAG_PRINT_CONFIG, 0, "print-config", NULL, NULL, CLI_READERS,
		"print the settings for each PATH; do nothing else"},
	{FLAG_QUIET, 'q', "quiet", NULL, NULL, CLI_TELLERS, "print warnings and errors only"},
	{FLAG_VERBOSE, 'v', "verbose", NULL, NULL, CLI_TELLERS,
		"print a line for every file, and notes"},
	{FLAG_COLOR, 0, "color", "WHEN", cli_colors, CLI_TELLERS | CLI_IN(VERB_REPORT),
		"colour in messages"},
	{FLAG_HELP, 'h', "help", NULL, NULL, CLI_EVERY_VERB, "this text"},
	{FLAG_VERSION, 0, "version", NULL, NULL, CLI_EVERY_VERB, "versions of reglue and its parser"},
};

const struct cli_status cli_statuses[] = {
	{0, "done, or nothing to do"},
	{1, "check: something would change"},
	{2, "the command line is wrong"},
	{3, "a file was refused, or there is no wasm-bindgen glue in what was named"},
	{4, "a file could not be read or written"},
	{70, "an internal check failed; nothing was written"},
	{0, NULL},
};
