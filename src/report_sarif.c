/*
 * SARIF 2.1.0, the interchange format of static analysis: one run, with all our rules. Findings
 * about a file are results; those about the run as a whole are notifications of its invocation,
 * because readers of SARIF take no result without a place.
 */
#include "config.h"
#include "findings_list.h"
#include "hash.h"
#include "report_json.h"
#include "rules.h"

#define SCHEMA \
	"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

static struct str level_name(enum severity severity)
{
	switch (severity) {
	case SEVERITY_ERROR:
	case SEVERITY_REFUSAL:
		return STR("error");
	case SEVERITY_WARNING:
		return STR("warning");
	case SEVERITY_NOTE:
		break;
	}
	return STR("note");
}

static void add_message(struct arena *arena, cJSON *parent, const char *key, struct str text)
{
	json_add_text(arena, json_add_object(parent, key), "text", text);
}

static void add_rules(struct arena *arena, cJSON *driver)
{
	cJSON *list = json_add_array(driver, "rules");
	for (const struct rule *rule = rule_table; rule->code != NULL; rule++) {
		cJSON *item = json_append_object(list);
		json_add_text(arena, item, "id", str_from(rule->code));
		add_message(arena, item, "shortDescription", str_from(rule->summary));
		add_message(arena, item, "fullDescription", str_from(rule->help));
		add_message(arena, item, "help", str_from(rule->help));
		cJSON *standard = json_add_object(item, "defaultConfiguration");
		json_add_text(arena, standard, "level", level_name(rule->severity));
		/* what a reader shows as the kind of a finding; a refusal is not a mere error */
		cJSON *properties = json_add_object(item, "properties");
		json_add_text(arena, properties, "kind", str_from(severity_name(rule->severity)));
	}
}

/* A path as a relative reference of RFC 3986, or as a file: URI if it is absolute. */
static struct str uri_of(struct arena *arena, struct str path)
{
	static const char hex[] = "0123456789ABCDEF";
	struct buf out = BUF_INIT;
	if (str_starts(path, STR("/"))) {
		buf_add(&out, STR("file://"));
	}
	for (size_t i = 0; i < path.len; i++) {
		unsigned char byte = (unsigned char)path.data[i];
		bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
		             (byte >= '0' && byte <= '9') ||
		             (byte != '\0' && strchr("-._~/!$&'()*+,;=@", byte) != NULL);
		if (plain) {
			buf_add_byte(&out, (char)byte);
		} else {
			buf_add_byte(&out, '%');
			buf_add_byte(&out, hex[byte >> 4]);
			buf_add_byte(&out, hex[byte & 15]);
		}
	}
	struct str uri = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return uri;
}

static void add_location(
	struct arena *arena, cJSON *parent, const struct finding *finding, struct str folder)
{
	struct str path = findings_path(finding->path, folder);
	cJSON *location = json_append_object(json_add_array(parent, "locations"));
	cJSON *physical = json_add_object(location, "physicalLocation");
	cJSON *artifact = json_add_object(physical, "artifactLocation");
	json_add_text(arena, artifact, "uri", uri_of(arena, path));
	if (!str_starts(path, STR("/")) && !str_starts(path, STR("../"))) {
		json_add_text(arena, artifact, "uriBaseId", STR("%SRCROOT%"));
	}
	if (finding->placed) {
		cJSON *region = json_add_object(physical, "region");
		json_add_number(region, "startLine", finding->position.line);
		json_add_number(region, "startColumn", finding->column_utf16);
	}
}

/* The source from the place on, or the message if there is no place. */
static struct str text_at(const struct finding *finding)
{
	const struct excerpt *excerpt = &finding->excerpt;
	if (!finding->placed) {
		return finding->text;
	}
	size_t at = finding->position.column - excerpt->column;
	at = at < excerpt->text.len ? at : excerpt->text.len;
	return str_slice(excerpt->text, at, excerpt->text.len);
}

/*
 * What stays the same when lines are added elsewhere: the code, the text of the source from the
 * place on, and how many alike came before in the file.
 */
static struct str fingerprint(
	struct arena *arena, const struct finding *finding, const struct findings *findings)
{
	struct str text = text_at(finding);
	uint32_t before = 0;
	for (const struct finding *other = finding; other > findings->items;) {
		other--;
		if (!str_equal(other->path, finding->path)) {
			break; /* those of a file stand together */
		}
		before += strcmp(other->code, finding->code) == 0 && str_equal(text_at(other), text);
	}
	struct str hash =
		sha256_hex(arena, arena_printf(arena, "%s %.*s", finding->code, STR_ARGS(text)));
	return arena_printf(arena, "%.*s:%u", 16, hash.data, before);
}

static void add_result(struct arena *arena, cJSON *results, const struct finding *finding,
	const struct findings *findings, struct str folder)
{
	cJSON *item = json_append_object(results);
	json_add_text(arena, item, "ruleId", str_from(finding->code));
	const struct rule *rule = rule_find(str_from(finding->code));
	if (rule != NULL) {
		json_add_number(item, "ruleIndex", (size_t)(rule - rule_table));
	}
	json_add_text(arena, item, "level", level_name(finding->severity));
	add_message(arena, item, "message", finding->text);
	add_location(arena, item, finding, folder);
	cJSON *prints = json_add_object(item, "partialFingerprints");
	json_add_text(arena, prints, "reglueFinding/v1", fingerprint(arena, finding, findings));
}

static void add_notification(struct arena *arena, cJSON *list, const struct finding *finding)
{
	cJSON *item = json_append_object(list);
	json_add_text(arena, json_add_object(item, "associatedRule"), "id", str_from(finding->code));
	json_add_text(arena, item, "level", level_name(finding->severity));
	add_message(arena, item, "message", finding->text);
}

struct str findings_sarif(
	const struct findings *findings, const struct findings_run *run, struct arena *arena)
{
	cJSON *head = json_need(cJSON_CreateObject());
	json_add_text(arena, head, "$schema", STR(SCHEMA));
	json_add_text(arena, head, "version", STR("2.1.0"));
	cJSON *item = json_append_object(json_add_array(head, "runs"));

	cJSON *driver = json_add_object(json_add_object(item, "tool"), "driver");
	json_add_text(arena, driver, "name", STR("reglue"));
	json_add_text(arena, driver, "version", STR(REGLUE_VERSION));
	json_add_text(arena, driver, "semanticVersion", STR(REGLUE_VERSION));
	add_rules(arena, driver);

	cJSON *invocation = json_append_object(json_add_array(item, "invocations"));
	json_add_bool(invocation, "executionSuccessful", run->successful);
	json_add_number(invocation, "exitCode", (size_t)run->status);
	cJSON *notifications = json_add_array(invocation, "toolExecutionNotifications");

	cJSON *bases = json_add_object(item, "originalUriBaseIds");
	add_message(arena, json_add_object(bases, "%SRCROOT%"), "description",
		STR("The folder in which reglue ran."));
	json_add_text(arena, item, "columnKind", STR("utf16CodeUnits"));
	cJSON *results = json_add_array(item, "results");
	for (uint32_t i = 0; i < findings->count; i++) {
		const struct finding *finding = &findings->items[i];
		if (finding->path.len != 0) {
			add_result(arena, results, finding, findings, run->folder);
		} else {
			add_notification(arena, notifications, finding);
		}
	}
	struct buf out = BUF_INIT;
	json_print_and_delete(head, &out);
	buf_add_byte(&out, '\n');
	struct str text = arena_copy(arena, buf_str(&out));
	buf_finish(&out);
	return text;
}
