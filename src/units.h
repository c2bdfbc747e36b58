/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Durations, sizes and names as people write them.
 */
#ifndef UNITS_H
#define UNITS_H

#include "strbuf.h"

/*
 * "500ms", "10s", "1.5m", "2h", "1d", or a bare number of seconds, into
 * milliseconds.  -1 when it is not a duration or does not fit.
 */
int units_parse_duration(const char *s, int64_t *ms);
/* "256MiB", "1GiB", "64KiB", "10MB", "512B" or a bare number of bytes. */
int units_parse_size(const char *s, int64_t *bytes);
/* A whole decimal number, nothing around it. */
int units_parse_int(const char *s, int64_t *n);
/* "0.4s", "12s", "3m 5s", "2h 10m", "4d 3h". */
void units_add_duration(struct strbuf *out, int64_t ms);
/*
 * The same for sentences, with gap before the unit: "400 ms", "1.2 s", "60 s",
 * from two minutes on "5m 0s".
 */
void units_add_span(struct strbuf *out, int64_t ms, const char *gap);
/* "512 B", "64.0 MiB", "1.5 GiB" */
void units_add_size(struct strbuf *out, int64_t bytes);
/* The same duration in a form that units_parse_duration reads exactly. */
void units_add_duration_exact(struct strbuf *out, int64_t ms);

/*
 * A project, agent or runtime name: [A-Za-z0-9_] first, then [A-Za-z0-9._-],
 * at most 64 bytes.  Session, file and address are all made from it.
 */
bool units_is_name(const char *s);
#define UNITS_NAME "[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}" /* as a pattern */
/* PROJECT:AGENT, both of them names. */
bool units_is_agent_id(const char *s);
/* An environment variable's name: [A-Za-z_][A-Za-z0-9_]*. */
bool units_is_env_name(const char *s);
#define UNITS_ENV_NAME "[A-Za-z_][A-Za-z0-9_]*"

#endif
