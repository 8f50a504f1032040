#include "help.h"

#include <stdio.h>

#include "buf.h"

enum {
	WIDTH = 80, /* of the terminal that the texts are for */
	FLAGS_AT = 30,
	VERBS_AT = 24,
	STATUSES_AT = 6,
};

/* Columns that UTF-8 text takes, all of it being narrow. */
static size_t columns(struct str text)
{
	size_t count = 0;
	for (size_t i = 0; i < text.len; i++) {
		count += ((unsigned char)text.data[i] & 0xC0) != 0x80;
	}
	return count;
}

/* `left`, and `text` in the column beside it, broken at blanks. */
static void add_row(struct buf *out, struct str left, size_t at, struct str text)
{
	size_t column = columns(left);
	buf_add(out, left);
	if (column >= at && column != 0) {
		buf_add_byte(out, '\n');
		column = 0;
	}
	buf_printf(out, "%*s", (int)(at - column), "");
	column = at;
	while (text.len != 0) {
		size_t blank = str_find(text, STR(" "));
		size_t end = blank == (size_t)-1 ? text.len : blank;
		struct str word = str_slice(text, 0, end);
		if (column > at && column + 1 + columns(word) > WIDTH) {
			buf_printf(out, "\n%*s", (int)at, "");
			column = at;
		} else if (column > at) {
			buf_add_byte(out, ' ');
			column++;
		}
		buf_add(out, word);
		column += columns(word);
		text = str_slice(text, end < text.len ? end + 1 : end, text.len);
	}
	buf_add_byte(out, '\n');
}

static void add_flag(struct buf *out, const struct cli_flag *flag)
{
	struct buf left = BUF_INIT, right = BUF_INIT;
	if (flag->letter != 0) {
		buf_printf(&left, "  -%c, ", flag->letter);
	} else {
		buf_printf(&left, "      ");
	}
	buf_printf(&left, "--%s", flag->name);
	if (flag->argument != NULL) {
		buf_printf(&left, " %s", flag->argument);
	}
	buf_printf(&right, "%s", flag->help);
	for (size_t i = 0; flag->choices != NULL && flag->choices[i] != NULL; i++) {
		/* the first is what happens without the flag */
		buf_printf(&right, i == 0 ? ": [%s]" : ", %s", flag->choices[i]);
	}
	add_row(out, buf_str(&left), FLAGS_AT, buf_str(&right));
	buf_finish(&left);
	buf_finish(&right);
}

static void add_program(struct buf *out)
{
	buf_add(out, STR("reglue patches the JS glue of wasm-bindgen so that programs survive wasm "
					 "traps.\n\n"
					 "  reglue patch pkg                    in a build, after wasm-bindgen\n"
					 "  reglue check --diff pkg             in CI: what would change\n"
					 "  reglue patch -r bindings --report report.json\n\n"
					 "Verbs:\n"));
	for (int i = 0; i < VERB_COUNT; i++) {
		struct buf left = BUF_INIT;
		buf_printf(&left, "  %s %s", cli_verbs[i].name, cli_verbs[i].usage);
		add_row(out, buf_str(&left), VERBS_AT, str_from(cli_verbs[i].summary));
		buf_finish(&left);
	}
	buf_add(out,
		STR("\nreglue help VERB tells a verb's flags; reglue help CODE what a finding means.\n"));
}

struct str help_text(struct arena *arena, enum verb verb)
{
	struct buf out = BUF_INIT;
	if (verb >= VERB_COUNT) {
		add_program(&out);
	} else {
		struct str usage = str_from(cli_verbs[verb].usage);
		buf_printf(&out, "reglue %s [FLAG…]%s%.*s\n\n", cli_verbs[verb].name,
			usage.len == 0 ? "" : " ", STR_ARGS(usage));
		add_row(&out, STR(""), 0, str_from(cli_verbs[verb].details));
		buf_add_byte(&out, '\n');
		for (size_t i = 0; i < FLAG_COUNT; i++) {
			if ((cli_flags[i].in & CLI_IN(verb)) != 0) {
				add_flag(&out, &cli_flags[i]);
			}
		}
	}
	buf_add(&out, STR("\nExit status:\n"));
	for (const struct cli_status *status = cli_statuses; status->means != NULL; status++) {
		char left[16];
		snprintf(left, sizeof(left), "  %d", status->status);
		add_row(&out, str_from(left), STATUSES_AT, str_from(status->means));
	}
	struct str text = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return text;
}

struct str help_rule_text(struct arena *arena, const struct rule *rule)
{
	struct buf out = BUF_INIT;
	buf_printf(&out, "%s (%s)\n\n", rule->code, severity_name(rule->severity));
	add_row(&out, STR(""), 0, str_from(rule->summary));
	buf_add_byte(&out, '\n');
	add_row(&out, STR(""), 0, str_from(rule->help));
	struct str text = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return text;
}
