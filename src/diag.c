#include "diag.h"

void diag_add(struct arena *arena, struct diags *diags, enum severity severity, const char *code,
	uint32_t offset, const char *format, ...)
{
	struct diag *diag = arena_new(arena, struct diag);
	va_list args;
	va_start(args, format);
	diag->text = arena_vprintf(arena, format, args);
	va_end(args);
	diag->severity = severity;
	diag->code = code;
	diag->offset = offset;
	if (diags->last == NULL) {
		diags->first = diag;
	} else {
		diags->last->next = diag;
	}
	diags->last = diag;
	if (severity <= SEVERITY_REFUSAL) {
		diags->errors++;
	} else if (severity == SEVERITY_WARNING) {
		diags->warnings++;
	}
}

const char *severity_name(enum severity severity)
{
	static const char *const names[] = {
		[SEVERITY_ERROR] = "error",
		[SEVERITY_REFUSAL] = "refusal",
		[SEVERITY_WARNING] = "warning",
		[SEVERITY_NOTE] = "note",
	};
	return names[severity];
}
