/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl supervise: keeps the team alive, in the foreground.
 */
#include "cmd.h"
#include "linelog.h"
#include "os.h"
#include "output.h"
#include "supervise.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static struct supervise_values {
	bool once, no_auto_resume, observe, replace, json;
	int64_t interval_ms;
	const char *listen, *textfile, *on_wait;
} options = { .interval_ms = -1 };

static const struct opt opts[] = {
	{ 0, "once", OPT_FLAG, offsetof(struct supervise_values, once), NULL,
	    "do one sweep, print its report, and end" },
	{ 0, "interval", OPT_DURATION,
	    offsetof(struct supervise_values, interval_ms), "DURATION",
	    "between two looks at everything (reconcile_secs)" },
	{ 0, "no-auto-resume", OPT_FLAG,
	    offsetof(struct supervise_values, no_auto_resume), NULL,
	    "start nothing again, unless told to by auto-resume" },
	{ 0, "observe", OPT_FLAG, offsetof(struct supervise_values, observe),
	    NULL, "look and tell, but do nothing" },
	{ 0, "replace", OPT_FLAG, offsetof(struct supervise_values, replace),
	    NULL, "take over from the supervisor that runs" },
	{ 0, "listen", OPT_STRING, offsetof(struct supervise_values, listen),
	    "ADDRESS", "serve /metrics, /health and /status by HTTP" },
	{ 0, "textfile", OPT_STRING,
	    offsetof(struct supervise_values, textfile), "FILE",
	    "keep FILE filled with metrics" },
	{ 0, "on-wait", OPT_STRING, offsetof(struct supervise_values,
	    on_wait), "COMMAND", "run it for each question of an agent's" },
	{ 0, "json", OPT_FLAG, offsetof(struct supervise_values, json), NULL,
	    "print the report of --once as JSON" },
	{ 0 },
};

static struct linelog lines;

/* A line on stderr, with the time; control characters are not let through. */
static void
say(const char *fmt, ...)
{
	time_t now = (time_t)(os_wall_ms() / 1000);
	struct strbuf text = STRBUF_INIT;
	char stamp[32];
	struct tm tm;
	va_list ap;

	if (globals.quiet)
		return;
	localtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%H:%M:%S ", &tm);
	strbuf_addstr(&text, stamp);
	va_start(ap, fmt);
	strbuf_vaddsafef(&text, fmt, ap);
	va_end(ap);
	linelog_write(&lines, text.buf);
	strbuf_release(&text);
}

static const char *
get(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

static void
print_report(const struct supervise_report *report)
{
	json_t *document, *one;
	size_t i;

	if (!options.json) {
		printf("supervise: %zu agents: %zu running, %zu restarted, "
		    "%zu failed\n", report->observed, report->running,
		    report->restarted, report->failed);
		json_array_foreach(report->skipped, i, one)
			printf("%s \xc2\xb7 %s: %s\n", get(one, "state"),
			    get(one, "id"), get(one, "reason"));
		return;
	}
	document = output_document();
	json_object_set_new(document, "observed",
	    json_integer((json_int_t)report->observed));
	json_object_set_new(document, "running",
	    json_integer((json_int_t)report->running));
	json_object_set_new(document, "restarted",
	    json_integer((json_int_t)report->restarted));
	json_object_set_new(document, "failed",
	    json_integer((json_int_t)report->failed));
	json_object_set(document, "resumed", report->resumed);
	json_object_set(document, "skipped", report->skipped);
	json_object_set_new(document, "duration_ms",
	    json_integer(report->duration_ms));
	json_object_set_new(document, "longest_tick_us",
	    json_integer((json_int_t)report->ticks.longest_us));
	json_object_set_new(document, "slow_ticks",
	    json_integer((json_int_t)report->ticks.nr_slow));
	output_json(document);
}

static int
run(int argc, char **argv)
{
	struct supervise_report report = { 0 };
	struct supervise_options how = { .log = say, .report = &report };
	struct strbuf err = STRBUF_INIT;
	struct source source;
	int code;

	(void)argv;
	if (argc)
		return cmd_usage(&cmd_supervise, "takes no operands");
	if (options.interval_ms == 0)
		return cmd_usage(&cmd_supervise,
		    "--interval has to be longer than 0");
	code = cmd_find_root(&source);
	if (code != EXIT_DONE)
		return code;
	how.root = source.root;
	how.source = &source;
	how.interval_ms = options.interval_ms < 0 ? 0 : options.interval_ms;
	how.no_auto_resume = options.no_auto_resume;
	how.observe = options.observe;
	how.once = options.once;
	how.listen = options.listen;
	how.textfile = options.textfile;
	how.on_wait = options.on_wait;
	how.version = TEAMCTL_VERSION;
	how.replace = options.replace;
	linelog_open(&lines, STDERR_FILENO);
	if (supervise(&how, &err) < 0) {
		code = errno == EAGAIN ? EXIT_REFUSED : EXIT_FAILED;
		cmd_error("%s", err.buf);
	} else if (options.once) {
		print_report(&report);
		code = report.failed ? EXIT_FAILED : EXIT_DONE;
	}
	linelog_close(&lines);
	json_decref(report.resumed);
	json_decref(report.skipped);
	strbuf_release(&err);
	return code;
}

const struct cmd cmd_supervise = {
	.name = "supervise",
	.group = GROUP_LIFE,
	.flags = CMD_CHANGES,
	.summary = "keep the team alive, in the foreground",
	.opts = opts,
	.values = &options,
	.run = run,
};
