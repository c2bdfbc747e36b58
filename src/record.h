/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The record that a shim keeps of its run, in state/exits/: written when the
 * agent's exec has succeeded and replaced when it has ended.  It is the truth
 * about how an agent ended (Debian's tmux 3.3a loses exit statuses), and about
 * which configuration the run was started with.
 */
#ifndef RECORD_H
#define RECORD_H

#include "strbuf.h"
#include "strvec.h"

enum record_state {
	RECORD_NONE,        /* there is no record */
	RECORD_RUNNING,     /* exec succeeded, no end was written */
	RECORD_EXITED,      /* with exit_code */
	RECORD_SIGNALED,    /* by signal */
	RECORD_EXEC_FAILED, /* never ran: error says why */
};

struct record {
	enum record_state state;
	int64_t generation;
	int attempt;
	int64_t shim_pid, pid;     /* pid: 0 when it never ran */
	uint64_t shim_start, start; /* start times, clock ticks since boot */
	char boot[40];             /* boot id, "" when unknown */
	int64_t started_ms, ended_ms; /* wall clock, Unix milliseconds */
	int exit_code, signal;
	bool core;
	bool oom;   /* killed while the kernel killed for want of memory */
	bool asked; /* HUP or TERM to the shim: it was, or is being, ended */
	int64_t utime_ms, stime_ms, maxrss_kb;
	struct strvec survivors; /* pids the shim could not end */
	char *error;             /* or NULL */
	char *token;             /* "ID/HEX", see inside.h; or NULL */
	char *cgroup;            /* path of the run's own; or NULL */
	struct strvec fp;        /* "env=sha256:...", of the launch file */
};

/*
 * One line of JSON, with blanks up to a multiple of RECORD_ROUND bytes, so that
 * the next can be written over it (fs_overwrite).  Who reads meanwhile may get
 * parts of both: write, a number that no other write has, is in it at both
 * ends, and the reader refuses what differs there.
 */
#define RECORD_ROUND 1024
void record_format(const struct record *record, uint32_t write,
    struct strbuf *out);
/* 0, or -1 and a text in err.  Unknown members are ignored. */
int record_parse(const char *text, size_t len, struct record *record,
    struct strbuf *err);
void record_release(struct record *record);
/* "exit 3", "signal 9 (KILL)", "not started: ..." */
void record_describe(const struct record *record, struct strbuf *out);

#endif
