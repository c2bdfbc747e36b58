/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See supervise.h.  Here: what a supervisor tells of the team by HTTP and in a
 * textfile: the same as `status --json` and `metrics`, of what it knows
 * without asking tmux.
 */
#include "supervise.h"

#include "agentview.h"
#include "fs.h"
#include "http.h"
#include "metricstore.h"
#include "os.h"
#include "superview.h"

#include <stdlib.h>
#include <string.h>

enum { TEXTFILE_MS = 1000 }; /* between two writings, at least */

struct figures {
	struct metricstore store;
	struct http *http;
	json_t *status;       /* of before the engine was closed, or NULL */
	bool is_due;          /* the textfile */
	bool is_bad;          /* it could not be written, and that was told */
	struct mono write_at; /* not before */
};

/* ---- status ---- */

/* An agent that was never applied has no run. */
static json_t *
describe(struct supervisor *sup, const struct agentview *view, char *id)
{
	const struct run *run = engine_find(&sup->engine, id);
	struct run none = { .id = id, .engine = &sup->engine, .pidfd = -1 };

	return agentview_json(view, run ? run : &none);
}

static json_t *
make_status(struct supervisor *sup)
{
	struct superview words;
	struct agentview view = { .engine = &sup->engine, .words = &words,
		.asked = !sup->is_blind, .supervised = true };
	json_t *document = json_object(), *agents = json_array();
	const struct team *team = sup->team;
	size_t i;

	superview_load(&words, sup->options->root);
	for (i = 0; team && i < team->nr_agent; i++)
		json_array_append_new(agents, describe(sup, &view,
		    team->agents[i]->id));
	for (i = 0; i < sup->nr; i++)
		if (!team || !strmap_has(&team->by_id, sup->members[i]->id))
			json_array_append_new(agents, describe(sup, &view,
			    sup->members[i]->id));
	superview_release(&words);
	json_object_set_new(document, "schema", json_integer(1));
	json_object_set_new(document, "agents", agents);
	return document;
}

/* What is known now; while a command has the team, what was known then. */
static json_t *
get_status(struct supervisor *sup)
{
	if (!sup->is_open)
		return json_incref(sup->figures->status);
	if (sup->is_dirty) {
		engine_flush_journal(&sup->engine);
		sup_save(sup, "running");
	}
	return make_status(sup);
}

/* ---- metrics ---- */

static void
add_metrics(struct supervisor *sup, enum metrics_format format,
    bool is_supervised, struct strbuf *out)
{
	struct figures *figures = sup->figures;
	json_t *status = get_status(sup);
	json_t *snapshot = sup_snapshot(sup, "running");
	struct metrics_look look = {
		.status = status,
		.supervisor = snapshot,
		.is_supervised = is_supervised,
		.now_ms = os_wall_ms(),
		.version = sup->options->version,
	};
	struct strbuf err = STRBUF_INIT;

	if (metricstore_update(&figures->store, &err) < 0)
		sup->options->log("%s", err.buf);
	look.journal_bytes = figures->store.journal_bytes;
	metrics_print(&figures->store.metrics, &look, format, out);
	json_decref(snapshot);
	json_decref(status);
	strbuf_release(&err);
}

/* ---- health ---- */

PRINTF_LIKE(2, 3)
static void
add_reason(json_t *reasons, const char *fmt, ...)
{
	struct strbuf text = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddsafef(&text, fmt, ap);
	va_end(ap);
	json_array_append_new(reasons, json_string(text.buf));
	strbuf_release(&text);
}

/* Why somebody should look at the team. */
static json_t *
find_reasons(const struct supervisor *sup)
{
	json_t *reasons = json_array();
	const struct member *member;
	size_t i;

	if (sup->is_blind)
		add_reason(reasons, "tmux cannot be asked");
	if (sup->is_compose_bad)
		add_reason(reasons, "the compose file is invalid");
	for (i = 0; i < sup->nr; i++) {
		member = sup->members[i];
		if (member->state == MEMBER_FAILED ||
		    member->state == MEMBER_QUARANTINED)
			add_reason(reasons, "%s: %s: %s", member->id,
			    member_state_name(member->state),
			    member->reason);
		else if (member->health.state == HEALTH_UNHEALTHY)
			add_reason(reasons, "%s: unhealthy", member->id);
	}
	return reasons;
}

static void
add_health(struct supervisor *sup, struct http_reply *reply)
{
	json_t *reasons = find_reasons(sup);
	bool is_well = json_array_size(reasons) == 0;
	json_t *document = json_pack("{s:i, s:b, s:o}", "schema", 1,
	    "healthy", is_well, "reasons", reasons);
	char *text = json_dumps(document, JSON_INDENT(2) |
	    JSON_REAL_PRECISION(15));

	reply->code = is_well ? 200 : 503;
	reply->type = "application/json";
	strbuf_addf(&reply->body, "%s\n", text);
	free(text);
	json_decref(document);
}

/* ---- who asks ---- */

static void
add_status(struct supervisor *sup, struct http_reply *reply)
{
	json_t *status = get_status(sup);
	char *text = status ? json_dumps(status, JSON_INDENT(2) |
	    JSON_REAL_PRECISION(15)) : NULL;

	reply->type = "application/json";
	if (text)
		strbuf_addf(&reply->body, "%s\n", text);
	else
		reply->code = 503; /* a command has the team since we began */
	free(text);
	json_decref(status);
}

static void
on_request(void *ctx, const char *path, const char *accept,
    struct http_reply *reply)
{
	struct supervisor *sup = ctx;
	bool is_open = strstr(accept, "application/openmetrics-text");

	if (strcmp(path, "/metrics") == 0) {
		reply->type = is_open ? "application/openmetrics-text; "
		    "version=1.0.0; charset=utf-8" :
		    "text/plain; version=0.0.4; charset=utf-8";
		add_metrics(sup, is_open ? METRICS_OPENMETRICS :
		    METRICS_TEXT, true, &reply->body);
	} else if (strcmp(path, "/status") == 0) {
		add_status(sup, reply);
	} else if (strcmp(path, "/health") == 0) {
		add_health(sup, reply);
	} else {
		reply->code = 404;
		strbuf_addstr(&reply->body,
		    "there are /metrics, /health and /status\n");
	}
}

int
sup_figures_begin(struct supervisor *sup, struct strbuf *err)
{
	const char *address = sup->options->listen;
	struct figures *figures;

	if (!address && !sup->options->textfile)
		return 0;
	figures = sup->figures = xcalloc(1, sizeof(*figures));
	metricstore_init(&figures->store, sup->options->root);
	if (!address)
		return 0;
	figures->http = http_listen(sup->loop, address, on_request, sup, err);
	if (!figures->http)
		return -1;
	sup->options->log("listening on http://%s%s",
	    http_address(figures->http), http_is_loopback(figures->http) ?
	    "" : ": other machines can read it");
	return 0;
}

const char *
sup_figures_address(const struct supervisor *sup)
{
	return sup->figures && sup->figures->http ?
	    http_address(sup->figures->http) : NULL;
}

void
sup_figures_close(struct supervisor *sup)
{
	if (!sup->figures || !sup->is_open)
		return;
	json_decref(sup->figures->status);
	sup->figures->status = make_status(sup);
}

void
sup_figures_changed(struct supervisor *sup)
{
	if (sup->figures && sup->options->textfile)
		sup->figures->is_due = true;
}

struct mono
sup_figures_next(const struct supervisor *sup)
{
	return sup->figures && sup->figures->is_due ?
	    sup->figures->write_at : MONO_NEVER;
}

/* A collector may run as somebody else: all may read it. */
void
sup_figures_write(struct supervisor *sup, bool is_last)
{
	struct figures *figures = sup->figures;
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	bool is_bad;

	if (!figures || !sup->options->textfile)
		return;
	add_metrics(sup, METRICS_TEXT, !is_last, &text);
	is_bad = fs_write(sup->options->textfile, text.buf, text.len, 0644, 0,
	    &err) < 0;
	if (is_bad && !figures->is_bad)
		sup->options->log("%s", err.buf);
	figures->is_bad = is_bad;
	figures->is_due = false;
	figures->write_at = mono_add_ms(os_now(), TEXTFILE_MS);
	strbuf_release(&text);
	strbuf_release(&err);
}

void
sup_figures_end(struct supervisor *sup)
{
	if (!sup->figures)
		return;
	http_close(sup->figures->http);
	metricstore_release(&sup->figures->store);
	json_decref(sup->figures->status);
	free(sup->figures);
	sup->figures = NULL;
}
