#include "completions.h"

#include "buf.h"

/* What stands where a verb's arguments go. */
enum argument_kind {
	ARGUMENT_NONE,
	ARGUMENT_FILE,
	ARGUMENT_VERB,
	ARGUMENT_COMMAND, /* of another program, with its own arguments */
	ARGUMENT_ACTION,  /* one of report's actions, then files */
	ARGUMENT_SHELL,
};

static enum argument_kind verb_argument(enum verb verb)
{
	switch (verb) {
	case VERB_PATCH:
	case VERB_CHECK:
	case VERB_REVERT:
	case VERB_INSPECT:
		return ARGUMENT_FILE;
	case VERB_EXEC:
		return ARGUMENT_COMMAND;
	case VERB_REPORT:
		return ARGUMENT_ACTION;
	case VERB_HELP:
		return ARGUMENT_VERB;
	case VERB_COMPLETIONS:
		return ARGUMENT_SHELL;
	case VERB_VERSION:
	case VERB_COUNT:
		break;
	}
	return ARGUMENT_NONE;
}

static bool takes_file(const struct cli_flag *flag)
{
	struct str name = str_from(flag->argument);
	return flag->choices == NULL && (str_equal(name, STR("FILE")) || str_equal(name, STR("PATH")));
}

static bool in_verb(const struct cli_flag *flag, int verb)
{
	return (flag->in & CLI_IN(verb)) != 0;
}

static void add_words(struct buf *out, const char *const *words)
{
	for (size_t i = 0; words[i] != NULL; i++) {
		buf_printf(out, "%s%s", i == 0 ? "" : " ", words[i]);
	}
}

static void add_verbs(struct buf *out)
{
	for (int i = 0; i < VERB_COUNT; i++) {
		buf_printf(out, "%s%s", i == 0 ? "" : " ", cli_verbs[i].name);
	}
}

/* Inside single quotes; each byte of `special` gets a backslash too. */
static void add_quoted(struct buf *out, const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			buf_add(out, STR("'\\''"));
			continue;
		}
		if (strchr(special, *text) != NULL) {
			buf_add_byte(out, '\\');
		}
		buf_add_byte(out, *text);
	}
}

/* ---- bash ---- */

static void add_bash_values(struct buf *out)
{
	buf_add(out, STR("	case $flag in\n"));
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		const struct cli_flag *flag = &cli_flags[i];
		if (flag->argument == NULL) {
			continue;
		}
		buf_printf(out, "	--%s", flag->name);
		if (flag->letter != 0) {
			buf_printf(out, " | -%c", flag->letter);
		}
		buf_add(out, STR(")\n"));
		if (flag->choices != NULL) {
			buf_add(out, STR("		_reglue_words '"));
			add_words(out, flag->choices);
			buf_add(out, STR("'\n"));
		} else if (takes_file(flag)) {
			buf_add(out, STR("		_reglue_files\n"));
		}
		buf_add(out, STR("		return\n		;;\n"));
	}
	buf_add(out, STR("	esac\n"));
}

static void add_bash_verb(struct buf *out, int verb)
{
	buf_printf(out,
		"	%s)\n		if [[ $cur == -* && -z $ended ]]; then\n"
		"			_reglue_words '",
		cli_verbs[verb].name);
	const char *between = "";
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if (in_verb(&cli_flags[i], verb)) {
			buf_printf(out, "%s--%s", between, cli_flags[i].name);
			between = " ";
			if (cli_flags[i].letter != 0) {
				buf_printf(out, " -%c", cli_flags[i].letter);
			}
		}
	}
	buf_add(out, STR("'\n			return\n		fi\n"));
	switch (verb_argument((enum verb)verb)) {
	case ARGUMENT_FILE:
		buf_add(out, STR("		_reglue_files\n"));
		break;
	case ARGUMENT_VERB:
		buf_add(out, STR("		_reglue_words '"));
		add_verbs(out);
		buf_add(out, STR("'\n"));
		break;
	case ARGUMENT_COMMAND:
		buf_add(out, STR("		if [[ -n $ended ]] && ((COMP_CWORD > ended + 1)); then\n"
						 "			_reglue_files\n"
						 "		else\n"
						 "			mapfile -t COMPREPLY < <(compgen -c -- \"$cur\")\n"
						 "		fi\n"));
		break;
	case ARGUMENT_ACTION:
		buf_add(out, STR("		if ((COMP_CWORD == 2)); then\n			_reglue_words '"));
		add_words(out, cli_report_actions);
		buf_add(out, STR("'\n		else\n			_reglue_files\n		fi\n"));
		break;
	case ARGUMENT_SHELL:
		buf_add(out, STR("		_reglue_words '"));
		add_words(out, cli_shells);
		buf_add(out, STR("'\n"));
		break;
	case ARGUMENT_NONE:
		break;
	}
	buf_add(out, STR("		;;\n"));
}

static void add_bash(struct buf *out)
{
	buf_add(out, STR("# bash completion for reglue\n\n"
					 "_reglue_words()\n{\n"
					 "	mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$cur\")\n}\n\n"
					 "_reglue_files()\n{\n"
					 "	compopt -o filenames 2>/dev/null\n"
					 "	mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n}\n\n"
					 "_reglue()\n{\n"
					 "	local cur=${COMP_WORDS[COMP_CWORD]} flag=${COMP_WORDS[COMP_CWORD-1]}\n"
					 "	local ended='' i\n"
					 "	COMPREPLY=()\n"
					 "	# readline makes words of their own of \"=\" signs\n"
					 "	if [[ $cur == = ]]; then\n"
					 "		cur=''\n"
					 "	elif [[ $flag == = ]]; then\n"
					 "		flag=${COMP_WORDS[COMP_CWORD-2]}\n"
					 "	fi\n"
					 "	for ((i = 2; i < COMP_CWORD; i++)); do\n"
					 "		if [[ ${COMP_WORDS[i]} == -- ]]; then\n"
					 "			ended=$i\n"
					 "			flag=''\n"
					 "			break\n"
					 "		fi\n"
					 "	done\n"
					 "	if ((COMP_CWORD == 1)); then\n"
					 "		_reglue_words '"));
	add_verbs(out);
	buf_add(out, STR(" --help --version'\n"
					 "		return\n"
					 "	fi\n"));
	add_bash_values(out);
	buf_add(out, STR("	case ${COMP_WORDS[1]} in\n"));
	for (int i = 0; i < VERB_COUNT; i++) {
		add_bash_verb(out, i);
	}
	buf_add(out, STR("	esac\n}\n\ncomplete -F _reglue reglue\n"));
}

/* ---- zsh ---- */

static void add_zsh_flag(struct buf *out, const struct cli_flag *flag)
{
	if (flag->letter != 0) {
		buf_printf(out, "\t\t\t'(-%c --%s)'{-%c%s,--%s%s}'", flag->letter, flag->name, flag->letter,
			flag->argument == NULL ? "" : "+", flag->name, flag->argument == NULL ? "" : "=");
	} else {
		buf_printf(out, "\t\t\t'%s--%s%s", strstr(flag->help, "repeated") ? "*" : "", flag->name,
			flag->argument == NULL ? "" : "=");
	}
	buf_add_byte(out, '[');
	add_quoted(out, flag->help, "[]");
	buf_add_byte(out, ']');
	if (flag->argument != NULL) {
		buf_printf(out, ":%s:", flag->argument);
		if (flag->choices != NULL) {
			buf_add_byte(out, '(');
			add_words(out, flag->choices);
			buf_add_byte(out, ')');
		} else if (takes_file(flag)) {
			buf_add(out, STR("_files"));
		}
	}
	buf_add(out, STR("' \\\n"));
}

static void add_zsh_verb(struct buf *out, int verb)
{
	buf_printf(out, "\t\t%s)\n\t\t\t_arguments -s -S \\\n", cli_verbs[verb].name);
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if (in_verb(&cli_flags[i], verb)) {
			add_zsh_flag(out, &cli_flags[i]);
		}
	}
	switch (verb_argument((enum verb)verb)) {
	case ARGUMENT_FILE:
		buf_add(out, STR("\t\t\t'*:PATH:_files'\n"));
		break;
	case ARGUMENT_VERB:
		buf_add(out, STR("\t\t\t'1:verb:("));
		add_verbs(out);
		buf_add(out, STR(")'\n"));
		break;
	case ARGUMENT_COMMAND:
		buf_add(out, STR("\t\t\t'(-)1:command: _command_names -e' '*::argument: _normal'\n"));
		break;
	case ARGUMENT_ACTION:
		buf_add(out, STR("\t\t\t'1:action:("));
		add_words(out, cli_report_actions);
		buf_add(out, STR(")' '*:report:_files'\n"));
		break;
	case ARGUMENT_SHELL:
		buf_add(out, STR("\t\t\t'1:shell:("));
		add_words(out, cli_shells);
		buf_add(out, STR(")'\n"));
		break;
	case ARGUMENT_NONE:
		buf_add(out, STR("\t\t\t':'\n"));
		break;
	}
	buf_add(out, STR("\t\t\t;;\n"));
}

static void add_zsh(struct buf *out)
{
	buf_add(out, STR("#compdef reglue\n\n_reglue()\n{\n"
					 "\tlocal curcontext=$curcontext state line\n"
					 "\ttypeset -A opt_args\n"
					 "\tlocal -a verbs\n"
					 "\tverbs=(\n"));
	for (int i = 0; i < VERB_COUNT; i++) {
		buf_printf(out, "\t\t'%s:", cli_verbs[i].name);
		add_quoted(out, cli_verbs[i].summary, ":");
		buf_add(out, STR("'\n"));
	}
	buf_add(out, STR("\t)\n"
					 "\t_arguments -C '--help[help]' '--version[versions]' '1:verb:->verb' "
					 "'*::argument:->rest'\n"
					 "\tcase $state in\n"
					 "\tverb)\n\t\t_describe -t verbs verb verbs\n\t\t;;\n"
					 "\trest)\n\t\tcase $line[1] in\n"));
	for (int i = 0; i < VERB_COUNT; i++) {
		add_zsh_verb(out, i);
	}
	/* autoloaded by its file's name, or sourced */
	buf_add(out, STR("\t\tesac\n\t\t;;\n\tesac\n}\n\n"
					 "if [[ $funcstack[1] == _reglue ]]; then\n\t_reglue \"$@\"\n"
					 "else\n\tcompdef _reglue reglue\nfi\n"));
}

/* ---- fish ---- */

/* more: a further condition, or NULL */
static void add_fish_condition(struct buf *out, unsigned in, const char *more)
{
	buf_add(out, STR("complete -c reglue -n '__reglue_verb"));
	for (int i = 0; i < VERB_COUNT; i++) {
		if ((in & CLI_IN(i)) != 0) {
			buf_printf(out, " %s", cli_verbs[i].name);
		}
	}
	buf_printf(out, "%s%s'", more == NULL ? "" : "; and ", more == NULL ? "" : more);
}

/* fish knows \' and \\ inside single quotes, and no other way to a quote. */
static void add_fish_description(struct buf *out, const char *text)
{
	buf_add(out, STR(" -d '"));
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\') {
			buf_add_byte(out, '\\');
		}
		buf_add_byte(out, *text);
	}
	buf_add(out, STR("'\n"));
}

static void add_fish_flag(struct buf *out, const struct cli_flag *flag)
{
	add_fish_condition(out, flag->in, NULL);
	if (flag->letter != 0) {
		buf_printf(out, " -s %c", flag->letter);
	}
	buf_printf(out, " -l %s", flag->name);
	if (flag->choices != NULL) {
		buf_add(out, STR(" -x -a '"));
		add_words(out, flag->choices);
		buf_add_byte(out, '\'');
	} else if (flag->argument != NULL) {
		buf_add(out, takes_file(flag) ? STR(" -r -F") : STR(" -x"));
	}
	add_fish_description(out, flag->help);
}

static void add_fish(struct buf *out)
{
	buf_add(out, STR("# fish completion for reglue\n\n"
					 "function __reglue_verb\n"
					 "\tset -l words (commandline -opc)\n"
					 "\ttest (count $words) -ge 2; and contains -- $words[2] $argv\n"
					 "end\n\n"
					 "function __reglue_words\n"
					 "\ttest (count (commandline -opc)) -eq $argv[1]\n"
					 "end\n\n"
					 "complete -c reglue -f\n"
					 "complete -c reglue -n '__reglue_words 1' -l help -d 'this text'\n"
					 "complete -c reglue -n '__reglue_words 1' -l version -d 'versions'\n"));
	for (int i = 0; i < VERB_COUNT; i++) {
		buf_printf(out, "complete -c reglue -n '__reglue_words 1' -a %s", cli_verbs[i].name);
		add_fish_description(out, cli_verbs[i].summary);
	}
	for (int i = 0; i < VERB_COUNT; i++) {
		enum argument_kind kind = verb_argument((enum verb)i);
		if (kind == ARGUMENT_NONE) {
			continue;
		}
		bool words = kind != ARGUMENT_FILE && kind != ARGUMENT_COMMAND;
		add_fish_condition(out, CLI_IN(i), words ? "__reglue_words 2" : NULL);
		switch (kind) {
		case ARGUMENT_FILE:
			buf_add(out, STR(" -F\n"));
			break;
		case ARGUMENT_COMMAND:
			buf_add(out, STR(" -x -a '(__fish_complete_subcommand --fcs-skip=2)'\n"));
			break;
		case ARGUMENT_ACTION:
			buf_add(out, STR(" -a '"));
			add_words(out, cli_report_actions);
			buf_add(out, STR("'\n"));
			add_fish_condition(out, CLI_IN(i), "not __reglue_words 2");
			buf_add(out, STR(" -F\n"));
			break;
		case ARGUMENT_VERB:
			buf_add(out, STR(" -a '"));
			add_verbs(out);
			buf_add(out, STR("'\n"));
			break;
		case ARGUMENT_SHELL:
			buf_add(out, STR(" -a '"));
			add_words(out, cli_shells);
			buf_add(out, STR("'\n"));
			break;
		case ARGUMENT_NONE:
			break;
		}
	}
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		add_fish_flag(out, &cli_flags[i]);
	}
}

struct str completions_text(struct arena *arena, enum shell shell)
{
	struct buf out = BUF_INIT;
	switch (shell) {
	case SHELL_BASH:
		add_bash(&out);
		break;
	case SHELL_ZSH:
		add_zsh(&out);
		break;
	case SHELL_FISH:
		add_fish(&out);
		break;
	}
	struct str text = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return text;
}
