/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * teamctl score: how well agents have done, the best first.
 */
#include "agentview.h"
#include "output.h"
#include "view.h"

#include <stdlib.h>
#include <string.h>

static struct score_options {
	bool json;
} options;

static const struct opt opts[] = {
	{ 0, "json", OPT_FLAG, offsetof(struct score_options, json), NULL,
	    "print a JSON document" },
	{ 0 },
};

/* What was never counted is in the middle. */
static const struct superview_agent fresh = { .score = 500000,
	.trust = 500000, .performance = 500000, .reward = 500000,
	.reliability = 500000 };

struct row {
	const char *id;
	const struct superview_agent *word;
};

/* Ties go by name. */
static int
row_cmp(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;

	if (a->word->score != b->word->score)
		return a->word->score < b->word->score ? 1 : -1;
	return strcmp(a->id, b->id);
}

static json_t *
share(int64_t millionths)
{
	return json_real((double)millionths / 1e6);
}

static void
print_json(const struct row *rows, size_t nr)
{
	json_t *document = output_document(), *agents = json_array();
	size_t i;

	for (i = 0; i < nr; i++)
		json_array_append_new(agents, json_pack(
		    "{s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I}",
		    "id", rows[i].id, "score", share(rows[i].word->score),
		    "reliability", share(rows[i].word->reliability),
		    "trust", share(rows[i].word->trust),
		    "performance", share(rows[i].word->performance),
		    "reward", share(rows[i].word->reward),
		    "good", (json_int_t)rows[i].word->good,
		    "bad", (json_int_t)rows[i].word->bad));
	json_object_set_new(document, "agents", agents);
	output_json(document);
}

static void
print_table(const struct row *rows, size_t nr)
{
	static const char *const heads[] = { "AGENT", "SCORE", "RELIABILITY",
		"GOOD ENDS", "BAD ENDS" };
	struct table table;
	size_t i;

	table_init(&table, heads, nitems(heads));
	for (i = 0; i < nr; i++) {
		table_add(&table, rows[i].id);
		table_addf(&table, "%.4f", (double)rows[i].word->score / 1e6);
		table_addf(&table, "%.4f",
		    (double)rows[i].word->reliability / 1e6);
		table_addf(&table, "%lld", (long long)rows[i].word->good);
		table_addf(&table, "%lld", (long long)rows[i].word->bad);
	}
	output_table(&table);
	table_release(&table);
}

static void
print(const struct view *view, const struct targets *targets)
{
	struct row *rows = xcalloc(targets->ids.nr, sizeof(*rows));
	struct superview words;
	size_t i;

	superview_load(&words, view->source.root);
	for (i = 0; i < targets->ids.nr; i++) {
		rows[i].id = targets->ids.v[i];
		rows[i].word = superview_find(&words, rows[i].id);
		if (!rows[i].word || rows[i].word->score < 0)
			rows[i].word = &fresh;
	}
	if (targets->ids.nr)
		qsort(rows, targets->ids.nr, sizeof(*rows), row_cmp);
	if (options.json)
		print_json(rows, targets->ids.nr);
	else
		print_table(rows, targets->ids.nr);
	superview_release(&words);
	free(rows);
}

static int
run(int argc, char **argv)
{
	struct targets targets = { .ids = STRVEC_INIT };
	struct view view;
	int code = view_open(&view);

	if (code == EXIT_DONE)
		code = targets_pick(&targets, &view.ids, argc, argv);
	if (code == EXIT_DONE)
		print(&view, &targets);
	targets_release(&targets);
	view_close(&view);
	return code;
}

const struct cmd cmd_score = {
	.name = "score",
	.group = GROUP_LOOK,
	.flags = CMD_TARGETS,
	.operands = "[TARGET...]",
	.summary = "show how well agents have done",
	.opts = opts,
	.values = &options,
	.run = run,
	.details = "From 0 to 1, 0.5 for an agent whose end was never seen.  "
	    "The last ends count\nmost, those that were asked for do not.  "
	    "Only a supervisor sees ends.\n",
};
