/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 */
/* objs: util strbuf strmap event metrics metrics-print */
#include "metrics.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

static void
count(struct metrics *metrics, const char *text)
{
	json_t *event = json_loads(text, 0, NULL);

	if (!event)
		BUG("no JSON: %s", text);
	metrics_count(metrics, event);
	json_decref(event);
}

/* The line that begins so, without its newline; the caller frees. */
static char *
find_line(const struct strbuf *text, const char *begin)
{
	const char *p = text->buf;

	for (; p && *p; p = strchr(p, '\n'), p = p ? p + 1 : p)
		if (str_starts(p, begin))
			return xstrndup(p, strcspn(p, "\n"));
	return xstrdup("");
}

static void
has_line(const struct strbuf *text, const char *begin, const char *want)
{
	char *line = find_line(text, begin);

	is_str(line, want, begin);
	free(line);
}

static void
print(const struct metrics *metrics, const char *status,
    const char *supervisor, enum metrics_format format, struct strbuf *out)
{
	json_t *agents = status ? json_loads(status, 0, NULL) : NULL;
	json_t *snapshot = supervisor ? json_loads(supervisor, 0, NULL) :
	    NULL;
	struct metrics_look look = { agents, snapshot, supervisor != NULL,
		100000, 4096, "1" };

	strbuf_reset(out);
	metrics_print(metrics, &look, format, out);
	json_decref(agents);
	json_decref(snapshot);
}

static void
add_some(struct metrics *metrics)
{
	count(metrics, "{\"seq\":1,\"event\":\"journal.opened\"}");
	count(metrics, "{\"seq\":2,\"event\":\"agent.exited\","
	    "\"agent\":\"p:a\",\"reason\":\"exit 0\"}");
	count(metrics, "{\"seq\":3,\"event\":\"agent.exited\","
	    "\"agent\":\"p:a\",\"fields\":{\"exit_code\":3}}");
	count(metrics, "{\"seq\":4,\"event\":\"agent.exited\","
	    "\"agent\":\"p:a\",\"reason\":\"signal 9 (KILL)\"}");
	count(metrics, "{\"seq\":5,\"event\":\"agent.restart_scheduled\","
	    "\"agent\":\"p:a\",\"fields\":{\"class\":\"signal\"}}");
	count(metrics, "{\"seq\":6,\"event\":\"of.tomorrow\"}");
}

static void
test_metrics__what_is_counted(void)
{
	struct metrics metrics = { 0 };
	struct strbuf out = STRBUF_INIT;

	add_some(&metrics);
	/* A line that was counted is not counted again. */
	add_some(&metrics);
	is_int(metrics.seq, 6, "the last line");
	print(&metrics, NULL, NULL, METRICS_TEXT, &out);
	has_line(&out, "teamctl_agent_exits_total{agent=\"p:a\",class=\"cle",
	    "teamctl_agent_exits_total{agent=\"p:a\",class=\"clean\"} 1");
	has_line(&out, "teamctl_agent_exits_total{agent=\"p:a\",class=\"cod",
	    "teamctl_agent_exits_total{agent=\"p:a\",class=\"code\"} 1");
	has_line(&out, "teamctl_agent_exits_total{agent=\"p:a\",class=\"sig",
	    "teamctl_agent_exits_total{agent=\"p:a\",class=\"signal\"} 1");
	has_line(&out, "teamctl_agent_restarts_total",
	    "teamctl_agent_restarts_total{agent=\"p:a\",cause=\"signal\"} 1");
	has_line(&out, "teamctl_events_total{event=\"ot",
	    "teamctl_events_total{event=\"other\"} 1");
	has_line(&out, "teamctl_supervisor_up", "teamctl_supervisor_up 0");
	ok(str_ends(out.buf, "# EOF\n"), "the end is told");
	metrics_release(&metrics);
	strbuf_release(&out);
}

static void
test_metrics__survives_a_file(void)
{
	struct metrics metrics = { 0 }, other = { 0 };
	struct strbuf before = STRBUF_INIT, after = STRBUF_INIT;
	json_t *document;

	add_some(&metrics);
	document = metrics_save(&metrics);
	is_int(metrics_load(&other, document), 0, "it loads");
	json_decref(document);
	print(&metrics, NULL, NULL, METRICS_TEXT, &before);
	print(&other, NULL, NULL, METRICS_TEXT, &after);
	is_str(after.buf, before.buf, "the same figures");
	count(&other, "{\"seq\":7,\"event\":\"of.tomorrow\"}");
	print(&other, NULL, NULL, METRICS_TEXT, &after);
	has_line(&after, "teamctl_events_total{event=\"ot",
	    "teamctl_events_total{event=\"other\"} 2");
	document = json_pack("{s:i, s:i}", "schema", 2, "seq", 9);
	is_int(metrics_load(&other, document), -1, "another schema");
	is_int(other.seq, 7, "changes nothing");
	json_decref(document);
	document = json_loads("{\"schema\":1,\"seq\":8,\"events\":"
	    "{\"nojoint\":1,\"\":2,\"a\\u001fb\":-4,\"c\\u001fd\":\"x\"}}", 0,
	    NULL);
	is_int(metrics_load(&other, document), 0, "nonsense is left out");
	json_decref(document);
	print(&other, NULL, NULL, METRICS_TEXT, &before);
	has_line(&before, "teamctl_events_total{event=\"ot",
	    "teamctl_events_total{event=\"other\"} 2");
	metrics_release(&metrics);
	metrics_release(&other);
	strbuf_release(&before);
	strbuf_release(&after);
}

static void
test_metrics__labels_are_escaped(void)
{
	struct metrics metrics = { 0 };
	struct strbuf out = STRBUF_INIT;

	count(&metrics, "{\"seq\":1,\"event\":\"agent.started\","
	    "\"agent\":\"a\\\"b\\\\c\\nd\"}");
	print(&metrics, NULL, NULL, METRICS_TEXT, &out);
	has_line(&out, "teamctl_agent_starts_total",
	    "teamctl_agent_starts_total{agent=\"a\\\"b\\\\c\\nd\"} 1");
	metrics_release(&metrics);
	strbuf_release(&out);
}

static void
test_metrics__gauges(void)
{
	static const char status[] = "{\"agents\":["
	    "{\"id\":\"p:a\",\"state\":\"running\",\"since\":90,\"pid\":7,"
	    "\"activity\":{\"activity\":\"waiting\",\"kind\":\"choice\"},"
	    "\"ready\":true,\"memory_bytes\":1024,\"cpu_percent\":150,"
	    "\"health\":\"ok\",\"budget_left\":0},"
	    "{\"id\":\"p:b\",\"state\":\"failed\",\"since\":95,\"pid\":null,"
	    "\"ready\":null,\"cpu_percent\":-1,\"health\":null,"
	    "\"activity\":null},{\"id\":\"p:c\",\"state\":\"new\"}]}";
	static const char snapshot[] = "{\"started_at\":40000,"
	    "\"heartbeat_at\":99500,\"auto_resume\":false,\"cpu_ms\":1500,"
	    "\"ticks\":{\"nr\":4,\"sum_us\":2500,\"longest_us\":1000}}";
	struct metrics metrics = { 0 };
	struct strbuf out = STRBUF_INIT;

	print(&metrics, status, snapshot, METRICS_TEXT, &out);
	has_line(&out, "teamctl_agents{state=\"running",
	    "teamctl_agents{state=\"running\"} 1");
	has_line(&out, "teamctl_agents{state=\"stopped",
	    "teamctl_agents{state=\"stopped\"} 0");
	has_line(&out, "teamctl_agent_state{agent=\"p:b",
	    "teamctl_agent_state{agent=\"p:b\",state=\"failed\"} 1");
	has_line(&out, "teamctl_agents{state=\"other",
	    "teamctl_agents{state=\"other\"} 1");
	has_line(&out, "teamctl_agent_activity",
	    "teamctl_agent_activity{agent=\"p:a\",activity=\"waiting\"} 1");
	has_line(&out, "teamctl_agent_uptime_seconds",
	    "teamctl_agent_uptime_seconds{agent=\"p:a\"} 10");
	has_line(&out, "teamctl_agent_cpu_ratio{agent=\"p:a",
	    "teamctl_agent_cpu_ratio{agent=\"p:a\"} 1.5");
	has_line(&out, "teamctl_agent_cpu_ratio{agent=\"p:b", "");
	has_line(&out, "teamctl_agent_health",
	    "teamctl_agent_health{agent=\"p:a\",health=\"ok\"} 1");
	has_line(&out, "teamctl_agent_restart_budget_left",
	    "teamctl_agent_restart_budget_left{agent=\"p:a\"} 0");
	has_line(&out, "teamctl_supervisor_uptime_seconds",
	    "teamctl_supervisor_uptime_seconds 60");
	has_line(&out, "teamctl_supervisor_heartbeat_timestamp_seconds",
	    "teamctl_supervisor_heartbeat_timestamp_seconds 99.5");
	has_line(&out, "teamctl_supervisor_auto_resume",
	    "teamctl_supervisor_auto_resume 0");
	has_line(&out, "teamctl_supervisor_cpu_seconds_total",
	    "teamctl_supervisor_cpu_seconds_total 1.5");
	has_line(&out, "teamctl_supervisor_tick_seconds_sum",
	    "teamctl_supervisor_tick_seconds_sum 0.0025");
	strbuf_release(&out);
	metrics_release(&metrics);
}

static void
test_metrics__formats(void)
{
	struct metrics metrics = { 0 };
	struct strbuf out = STRBUF_INIT;

	print(&metrics, NULL, NULL, METRICS_TEXT, &out);
	has_line(&out, "# TYPE teamctl_supervisor_starts",
	    "# TYPE teamctl_supervisor_starts_total counter");
	has_line(&out, "teamctl_supervisor_starts",
	    "teamctl_supervisor_starts_total 0");
	print(&metrics, NULL, NULL, METRICS_OPENMETRICS, &out);
	has_line(&out, "# TYPE teamctl_supervisor_starts",
	    "# TYPE teamctl_supervisor_starts counter");
	has_line(&out, "teamctl_supervisor_starts",
	    "teamctl_supervisor_starts_total 0");
	strbuf_release(&out);
}

/* What never ends is counted together. */
static void
test_metrics__bounded(void)
{
	struct metrics metrics = { 0 };
	char text[128];
	int i;

	for (i = 1; i <= METRICS_MAX_SERIES + 100; i++) {
		snprintf(text, sizeof(text), "{\"seq\":%d,"
		    "\"event\":\"agent.started\",\"agent\":\"p:a%d\"}", i, i);
		count(&metrics, text);
	}
	is_int(metrics.counts[COUNT_STARTS].nr, METRICS_MAX_SERIES + 1,
	    "others are one");
	snprintf(text, sizeof(text), "other%c", METRICS_JOINT);
	is_int(*(int64_t *)strmap_get(&metrics.counts[COUNT_STARTS], text),
	    100, "none is lost");
	metrics_release(&metrics);
}
