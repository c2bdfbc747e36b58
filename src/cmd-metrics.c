/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl metrics: figures for Prometheus and the like, with or without a
 * supervisor.
 */
#include "fs.h"
#include "look.h"
#include "metricstore.h"
#include "os.h"
#include "output.h"

#include <stdlib.h>

enum { MAX_BYTES = 64 << 20 };

static struct metrics_options {
	const char *format, *textfile;
} options;

static const struct opt opts[] = {
	{ 0, "format", OPT_CHOICE, offsetof(struct metrics_options, format),
	    "text|openmetrics", "Prometheus' text format, or OpenMetrics 1.0" },
	{ 0, "textfile", OPT_STRING,
	    offsetof(struct metrics_options, textfile), "FILE",
	    "replace FILE with them instead of printing" },
	{ 0 },
};

/* NULL: there is none, or it is broken. */
static json_t *
read_snapshot(const char *root)
{
	char *path = state_path(root, "supervisor.json");
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	json_t *document = NULL;

	if (fs_read(path, MAX_BYTES, &text, &err) == 0)
		document = json_loadb(text.buf, text.len, 0, NULL);
	strbuf_release(&text);
	strbuf_release(&err);
	free(path);
	return document;
}

static int
collect(const struct look *look, struct strbuf *out)
{
	struct metricstore store;
	struct strbuf err = STRBUF_INIT;
	json_t *status = look_json(look);
	json_t *snapshot = read_snapshot(look->source.root);
	struct metrics_look what = {
		.status = status,
		.supervisor = snapshot,
		.is_supervised = look->is.supervised,
		.now_ms = os_wall_ms(),
		.version = TEAMCTL_VERSION,
	};
	int code = EXIT_DONE;

	metricstore_init(&store, look->source.root);
	if (metricstore_update(&store, &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	} else {
		what.journal_bytes = store.journal_bytes;
		metrics_print(&store.metrics, &what,
		    str_eq(options.format, "openmetrics") ?
		    METRICS_OPENMETRICS : METRICS_TEXT, out);
	}
	metricstore_release(&store);
	json_decref(status);
	json_decref(snapshot);
	strbuf_release(&err);
	return code;
}

/* A collector may run as somebody else: all may read it, as stdout's file. */
static int
write_textfile(const struct strbuf *text)
{
	struct strbuf err = STRBUF_INIT;
	int code = EXIT_DONE;

	if (fs_write(options.textfile, text->buf, text->len, 0644, 0,
	    &err) < 0) {
		cmd_error("%s", err.buf);
		code = EXIT_FAILED;
	}
	strbuf_release(&err);
	return code;
}

static int
run(int argc, char **argv)
{
	struct strbuf text = STRBUF_INIT;
	struct look look;
	int code;

	(void)argv;
	if (argc)
		return cmd_usage(&cmd_metrics, "takes no operands");
	code = look_at(&look, 0, NULL);
	if (code == EXIT_DONE)
		code = collect(&look, &text);
	if (code == EXIT_DONE && options.textfile)
		code = write_textfile(&text);
	else if (code == EXIT_DONE)
		output_text(&text);
	look_release(&look);
	strbuf_release(&text);
	return code;
}

const struct cmd cmd_metrics = {
	.name = "metrics",
	.group = GROUP_LOOK,
	.summary = "print figures for Prometheus and the like",
	.opts = opts,
	.values = &options,
	.run = run,
};
