/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See validation.h: circles.  A depth-first walk with a stack of its own,
 * because a chain may be as long as there are agents.
 */
#include "rules.h"
#include "validation.h"

#include <stdlib.h>
#include <string.h>

enum { NONE = -1, UNKNOWN = -2 };
enum colour { WHITE, GREY, BLACK };

struct graph {
	/* Index of the agent that edge i leads to, UNKNOWN, or NONE. */
	long (*next)(const struct validation *v, const struct agent *agent,
	    size_t i);
	void (*report)(struct validation *v, const struct agent *agent,
	    size_t edge, const char *circle);
};

struct visit {
	long agent;
	size_t edge; /* to look at next */
};

static long
index_of(const struct validation *v, const char *id)
{
	uintptr_t number = (uintptr_t)strmap_get(&v->index, id);

	return number ? (long)number - 1 : UNKNOWN;
}

static long
next_dependency(const struct validation *v, const struct agent *agent,
    size_t i)
{
	if (i >= agent->nr_depends_on)
		return NONE;
	return index_of(v, agent->depends_on[i].agent);
}

static long
next_manager(const struct validation *v, const struct agent *agent, size_t i)
{
	const struct agent *manager;

	if (i > 0 || !agent->reports_to)
		return NONE;
	manager = validation_find(v, agent->project, agent->reports_to);
	return manager ? index_of(v, manager->id) : UNKNOWN;
}

static void
report_dependency(struct validation *v, const struct agent *agent, size_t edge,
    const char *circle)
{
	diag_error(v->diags, agent->depends_on[edge].pos,
	    RULE_DEPENDS_ON_CYCLE, "agents depend on each other: %s", circle);
}

static void
report_manager(struct validation *v, const struct agent *agent, size_t edge,
    const char *circle)
{
	diag_warning(v->diags, validation_place(v, agent, "reports_to", edge),
	    RULE_REPORTS_TO_CYCLE, "agents report to each other: %s", circle);
}

/* "p:a -> p:b -> p:a": from where target stands on the stack to its end. */
static void
add_circle(const struct validation *v, const struct visit *stack, size_t nr,
    long target, struct strbuf *out)
{
	enum { SHOWN = 10 };
	size_t i, first;

	for (first = nr - 1; stack[first].agent != target; first--)
		;
	for (i = first; i < nr && i < first + SHOWN; i++)
		strbuf_addf(out, "%s -> ",
		    v->team->agents[stack[i].agent]->id);
	if (i < nr)
		strbuf_addstr(out, "... -> ");
	strbuf_addstr(out, v->team->agents[target]->id);
}

static void
walk_from(struct validation *v, const struct graph *graph, long start,
    enum colour *colours, struct visit *stack)
{
	struct strbuf circle = STRBUF_INIT;
	const struct agent *agent;
	struct visit *top;
	size_t nr = 0;
	long to;

	stack[nr++] = (struct visit){ start, 0 };
	colours[start] = GREY;
	while (nr) {
		top = &stack[nr - 1];
		agent = v->team->agents[top->agent];
		to = graph->next(v, agent, top->edge++);
		if (to == NONE) {
			colours[top->agent] = BLACK;
			nr--;
		} else if (to != UNKNOWN && colours[to] == GREY) {
			strbuf_reset(&circle);
			add_circle(v, stack, nr, to, &circle);
			graph->report(v, agent, top->edge - 1, circle.buf);
		} else if (to != UNKNOWN && colours[to] == WHITE) {
			colours[to] = GREY;
			stack[nr++] = (struct visit){ to, 0 };
		}
	}
	strbuf_release(&circle);
}

void
validate_graphs(struct validation *v)
{
	static const struct graph graphs[] = {
		{ next_dependency, report_dependency },
		{ next_manager, report_manager },
	};
	size_t nr = v->team->nr_agent, i, j;
	enum colour *colours = xcalloc(nr, sizeof(*colours));
	struct visit *stack = xcalloc(nr, sizeof(*stack));

	for (i = 0; i < nitems(graphs); i++) {
		memset(colours, 0, nr * sizeof(*colours));
		for (j = 0; j < nr; j++)
			if (colours[j] == WHITE)
				walk_from(v, &graphs[i], (long)j, colours,
				    stack);
	}
	free(stack);
	free(colours);
}
