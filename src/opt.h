/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Options as tables.  The same table parses the command line, prints the
 * usage text, feeds shell completion and is compared with the manual page.
 */
#ifndef OPT_H
#define OPT_H

#include "strbuf.h"
#include "strvec.h"

enum opt_kind {
	OPT_FLAG,     /* bool */
	OPT_STRING,   /* const char *, borrowed from argv */
	OPT_LIST,     /* struct strvec, repeatable */
	OPT_DURATION, /* int64_t, milliseconds */
	OPT_MAYBE_DURATION, /* the same, "=DURATION"; 0 without it */
	OPT_NUMBER,   /* int64_t, not negative */
	OPT_CHOICE,   /* const char *; arg lists them: "auto|always|never" */
};

struct opt {
	char letter;      /* 0: none */
	const char *name; /* without the dashes; NULL ends the table */
	enum opt_kind kind;
	size_t offset;    /* of the value in the struct given to opt_parse */
	const char *arg;  /* what usage calls the argument; NULL for a flag */
	const char *help; /* one line, lower-case, no full stop */
};

/* A table and the struct its offsets are of. */
struct opt_set {
	const struct opt *opts;
	void *values;
};

/*
 * Parses argv[1..] against all sets (an earlier set's letter wins over a
 * later one's) and puts the operands into operands, in order.  Options and
 * operands may be mixed unless stop_at_operand; "--" ends the options.
 * Abbreviated long names are refused.  -1 with one line in err on a mistake.
 */
int opt_parse(const struct opt_set *sets, size_t nr, int argc, char **argv,
    bool stop_at_operand, struct strvec *operands, struct strbuf *err);
/* One line an option, as --help prints them. */
void opt_usage(const struct opt *opts, struct strbuf *out);

#endif
