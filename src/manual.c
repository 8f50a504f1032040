/*
 * Build-time program: fills the tables of the command line into the manual page's template, for
 * scdoc. usage: manual TEMPLATE
 */
#include <stdio.h>

#include "buf.h"
#include "cli.h"
#include "os.h"
#include "rules.h"
#include "source.h"

/* scdoc's own signs lose their meaning. */
static void add_plain(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (strchr("_*\\#[]|~<>", text.data[i]) != NULL) {
			buf_add_byte(out, '\\');
		}
		buf_add_byte(out, text.data[i]);
	}
}

static void add_verbs(struct buf *out)
{
	for (int i = 0; i < VERB_COUNT; i++) {
		const struct cli_verb *verb = &cli_verbs[i];
		buf_printf(out, "*%s*%s", verb->name, verb->usage[0] == '\0' ? "" : " ");
		add_plain(out, str_from(verb->usage));
		buf_add(out, STR("\n\t"));
		add_plain(out, str_from(verb->details));
		buf_add(out, STR("\n\n"));
	}
}

static void add_flags(struct buf *out)
{
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		const struct cli_flag *flag = &cli_flags[i];
		if (flag->letter != 0) {
			buf_printf(out, "*-%c*, ", flag->letter);
		}
		buf_printf(out, "*--%s*", flag->name);
		if (flag->argument != NULL) {
			buf_printf(out, " _%s_", flag->argument);
		}
		buf_add(out, STR("\n\t"));
		add_plain(out, str_from(flag->help));
		for (size_t k = 0; flag->choices != NULL && flag->choices[k] != NULL; k++) {
			buf_printf(out, "%s*%s*", k == 0 ? ": " : ", ", flag->choices[k]);
		}
		buf_add(out, STR(".\n"));
		if ((flag->in & CLI_EVERY_VERB) != CLI_EVERY_VERB) {
			buf_add(out, STR("\tFor"));
			const char *between = " ";
			for (int verb = 0; verb < VERB_COUNT; verb++) {
				if ((flag->in & CLI_IN(verb)) != 0) {
					buf_printf(out, "%s*%s*", between, cli_verbs[verb].name);
					between = ", ";
				}
			}
			buf_add(out, STR(".\n"));
		}
		buf_add_byte(out, '\n');
	}
}

static void add_statuses(struct buf *out)
{
	for (const struct cli_status *status = cli_statuses; status->means != NULL; status++) {
		buf_printf(out, "*%d*\n\t", status->status);
		add_plain(out, str_from(status->means));
		buf_add(out, STR(".\n\n"));
	}
}

static void add_codes(struct buf *out)
{
	for (const struct rule *rule = rule_table; rule->code != NULL; rule++) {
		buf_printf(out, "*%s* (%s)\n\t", rule->code, severity_name(rule->severity));
		add_plain(out, str_from(rule->summary));
		buf_add_byte(out, ' ');
		add_plain(out, str_from(rule->help));
		buf_add(out, STR("\n\n"));
	}
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_create();
	struct str text = {"", 0};
	struct diags diags = {0};
	if (argc != 2 || !os_read_file(arena, str_from(argv[1]), SOURCE_MAX_BYTES, &text, &diags)) {
		fputs("usage: manual TEMPLATE\n", stderr);
		return 2;
	}
	static const struct {
		struct str mark;
		void (*add)(struct buf *out);
	} parts[] = {
		{{"@VERBS@\n", 8}, add_verbs},
		{{"@FLAGS@\n", 8}, add_flags},
		{{"@STATUSES@\n", 11}, add_statuses},
		{{"@CODES@\n", 8}, add_codes},
	};
	struct buf out = BUF_INIT;
	while (text.len != 0) {
		size_t used = 0;
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && used == 0; i++) {
			if (str_starts(text, parts[i].mark)) {
				parts[i].add(&out);
				used = parts[i].mark.len;
			}
		}
		if (used == 0) {
			size_t end = str_find(text, STR("\n"));
			used = end == (size_t)-1 ? text.len : end + 1;
			buf_add(&out, str_slice(text, 0, used));
		}
		text = str_slice(text, used, text.len);
	}
	bool done = fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0;
	buf_finish(&out);
	arena_destroy(arena);
	return done ? 0 : 4;
}
