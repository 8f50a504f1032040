/* Reports read back, for joining and for showing them. Only report code uses it. */
#ifndef REGLUE_REPORT_READ_H
#define REGLUE_REPORT_READ_H

#include "report_json.h"

/*
 * A report's text as a tree, to be deleted with cJSON_Delete; it has an object "totals" and an array
 * "files" of objects that have a "path" and a "verdict", and the schema version is ours. NULL if it
 * is anything else, with one line about it.
 */
cJSON *report_read(struct arena *arena, struct str text, struct str *error);

/* Members of an object, whatever is there: "" where no text is, 0 where no number is. */
struct str json_text(const cJSON *object, const char *key);
double json_number(const cJSON *object, const char *key);
bool json_true(const cJSON *object, const char *key);

/* Elements of the array that a member is; 0 if it is none. */
size_t json_length(const cJSON *object, const char *key);

#endif
