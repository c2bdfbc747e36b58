/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The shim's record: written, read back, and read from what others wrote.
 */
/* objs: signame jstring record jtree strmap strbuf strvec util */
#include "record.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static int
parse(const char *text, struct record *record, struct strbuf *err)
{
	return record_parse(text, strlen(text), record, err);
}

static void
is_described(const struct record *record, const char *want)
{
	struct strbuf out = STRBUF_INIT;

	record_describe(record, &out);
	is_str(out.buf, want, "description");
	strbuf_release(&out);
}

/* Text of a record that the reader must refuse, and why. */
static void
is_refused(const char *text, const char *why)
{
	struct strbuf err = STRBUF_INIT;
	struct record record;

	is_int(parse(text, &record, &err), -1, text);
	ok(strstr(err.buf, why), "'%s' is about '%s'", err.buf, why);
	is_int(record.state, RECORD_NONE, "nothing is left of it");
	strbuf_release(&err);
}

static void
test_record__comes_back_as_it_was_written(void)
{
	struct record in = { .state = RECORD_SIGNALED,
		.generation = INT64_C(1) << 40, .attempt = 3,
		.shim_pid = 4194304, .shim_start = UINT64_C(1) << 50,
		.pid = 7, .start = 8, .boot = "a4c798b2-8bc5-412b",
		.started_ms = 1795185954546, .ended_ms = 1795185954999,
		.signal = 9, .core = true, .oom = true, .asked = true,
		.utime_ms = 1, .stime_ms = 2, .maxrss_kb = 3 }, out;
	struct strbuf text = STRBUF_INIT, again = STRBUF_INIT,
	    err = STRBUF_INIT;

	in.token = xstrdup("p:a/0123");
	strvec_push(&in.survivors, "123");
	strvec_push(&in.fp, "env=sha256:12");
	strvec_push(&in.fp, "argv=none");
	record_format(&in, 7, &text);
	ok(text.len && strchr(text.buf, '\n') == text.buf + text.len - 1,
	    "one line");
	is_int((int)(text.len % RECORD_ROUND), 0, "round");
	is_int(parse(text.buf, &out, &err), 0, err.buf);
	record_format(&out, 7, &again);
	is_str(again.buf, text.buf, "text");
	is_int(out.state, RECORD_SIGNALED, "state");
	is_int(out.generation, in.generation, "generation");
	is_int(out.attempt, 3, "attempt");
	is_int(out.shim_pid, in.shim_pid, "shim_pid");
	ok(out.shim_start == in.shim_start, "shim_start");
	is_int(out.pid, 7, "pid");
	ok(out.start == 8, "start");
	is_str(out.boot, in.boot, "boot");
	is_int(out.started_ms, in.started_ms, "started_ms");
	is_int(out.ended_ms, in.ended_ms, "ended_ms");
	is_int(out.signal, 9, "signal");
	ok(out.core && out.asked && out.oom, "core, asked, oom");
	is_int(out.maxrss_kb, 3, "maxrss_kb");
	ok(strvec_eq(&out.survivors, &in.survivors), "survivors");
	is_str(out.token, in.token, "token");
	ok(strvec_eq(&out.fp, &in.fp), "fp");
	ok(!out.error, "no error");
	record_release(&in);
	record_release(&out);
	strbuf_release(&text);
	strbuf_release(&again);
}

static void
test_record__of_two_writes_at_once_is_none(void)
{
	struct record first = { .state = RECORD_RUNNING, .pid = 7 },
	    second = { .state = RECORD_EXITED, .pid = 7 }, out;
	struct strbuf old = STRBUF_INIT, new = STRBUF_INIT, err = STRBUF_INIT;
	size_t i;
	int nr = 0;

	record_format(&first, 1, &old);
	record_format(&second, 2, &new);
	is_int((int)new.len, (int)old.len, "as long as the other");
	for (i = 1; i < new.len; i++) { /* what came before i is new */
		old.buf[i - 1] = new.buf[i - 1];
		if (record_parse(old.buf, old.len, &out, &err) == 0 &&
		    out.state == RECORD_RUNNING)
			nr++;
		if (out.state != RECORD_NONE)
			record_release(&out);
	}
	/* Up to where the first of the two numbers begins it is the old one. */
	is_int(nr, (int)strlen("{\"v\":1,\"write\":"), "old ones");
	strbuf_release(&old);
	strbuf_release(&new);
	strbuf_release(&err);
}

static void
test_record__carries_any_error_text(void)
{
	struct record in = { .state = RECORD_EXEC_FAILED, .exit_code = 127 },
	    out;
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;

	in.error = xstrdup("cannot run '\"\n\xff': \xc3\xa9");
	record_format(&in, 7, &text);
	is_int(parse(text.buf, &out, &err), 0, err.buf);
	is_str(out.error, "cannot run '\"\\n\\xff': \\xc3\\xa9", "error");
	record_release(&in);
	record_release(&out);
	strbuf_release(&text);
}

static void
test_record__ignores_unknown_members(void)
{
	struct strbuf err = STRBUF_INIT;
	struct record record;

	is_int(parse("{\"state\":\"exited\",\"exit_code\":3,\"v\":9,"
	    "\"shape\":{\"path\":[\"/x\"]}}", &record, &err), 0, err.buf);
	is_int(record.exit_code, 3, "exit_code");
	is_int(record.pid, 0, "a member that is not there");
	record_release(&record);
}

static void
test_record__refuses_what_it_cannot_mean(void)
{
	is_refused("", "line 1");
	is_refused("{\"state\":\"exited\"", "line 1");
	is_refused("[]", "state");
	is_refused("{}", "state");
	is_refused("{\"state\":\"asleep\"}", "state");
	is_refused("{\"state\":1}", "state");
	is_refused("{\"state\":\"exited\",\"pid\":\"7\"}", "'pid'");
	is_refused("{\"state\":\"exited\",\"pid\":1e3}", "'pid'");
	is_refused("{\"state\":\"exited\",\"start\":-1}", "'start'");
	is_refused("{\"state\":\"exited\",\"signal\":4294967297}", "'signal'");
	is_refused("{\"state\":\"exited\",\"core\":1}", "'core'");
	is_refused("{\"state\":\"exited\",\"error\":null}", "'error'");
	is_refused("{\"state\":\"exited\",\"fp\":[\"a\",1]}", "'fp'");
	is_refused("{\"state\":\"exited\",\"fp\":\"a\"}", "'fp'");
	is_refused("{\"state\":\"exited\",\"boot\":\"0123456789012345678901234"
	    "567890123456789\"}", "'boot'");
}

static void
test_record__release_may_be_called_twice(void)
{
	struct record record = { .state = RECORD_EXEC_FAILED };

	record.error = xstrdup("x");
	record_release(&record);
	record_release(&record);
	is_int(record.state, RECORD_NONE, "state");
}

static void
test_record__describes_every_end(void)
{
	char why[] = "cannot run '\033[2J'";
	struct record record = { .state = RECORD_NONE };

	is_described(&record, "no record");
	record.state = RECORD_RUNNING;
	is_described(&record, "running");
	record = (struct record){ .state = RECORD_EXITED, .exit_code = 3 };
	is_described(&record, "exit 3");
	record = (struct record){ .state = RECORD_SIGNALED, .signal = 9 };
	is_described(&record, "signal 9 (KILL)");
	record.signal = 11;
	record.core = true;
	is_described(&record, "signal 11 (SEGV), core dumped");
	record.core = false;
	record.oom = true;
	is_described(&record, "signal 11 (SEGV), out of memory");
	record.oom = false;
	record = (struct record){ .state = RECORD_SIGNALED, .signal = 40 };
	is_described(&record, "signal 40");
	record = (struct record){ .state = RECORD_EXEC_FAILED };
	is_described(&record, "not started: no reason recorded");
	record.error = why;
	is_described(&record, "not started: cannot run '\\x1b[2J'");
}
