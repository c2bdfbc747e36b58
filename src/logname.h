/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Files of the logs of an agent, state/logs/PROJECT-AGENT/, by the generation
 * of the run:
 *
 *   12.log      what the run printed, byte for byte
 *   12.old.log  that of the time before 12.log had its largest size
 *   12.times    when: see struct logtimes
 *   11.log.gz   of a run before, by gzip
 *   id          "PROJECT:AGENT"
 *
 * Whoever writes a .log holds its flock.
 */
#ifndef LOGNAME_H
#define LOGNAME_H

#include "strbuf.h"

enum log_part { LOG_OLD, LOG_NOW, LOG_TIMES };

struct logname {
	int64_t generation;
	enum log_part part;
	bool is_packed;
};

/* False: it is not the name of such a file. */
bool logname_parse(const char *name, struct logname *out);
char *logname_format(int64_t generation, enum log_part part, bool is_packed);

/*
 * Lines of a times file: "MS OFFSET", what is behind OFFSET was printed at MS
 * of the wall clock or up to LOG_TIME_MS later if more lines follow; and
 * "B OFFSET", from there on it stands in a new file.  Offsets are of the whole
 * run.
 */
enum { LOG_TIME_MS = 1000 };

struct logtimes {
	int64_t old_base, base; /* where the two files begin */
	int64_t since;          /* what was asked for: an offset */
};

/* since_ms 0: from the beginning. */
void logtimes_parse(const char *text, int64_t since_ms,
    struct logtimes *out);

#endif
