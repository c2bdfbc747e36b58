/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See metricstore.h.
 */
#include "metricstore.h"

#include "jfile.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 64 << 20 };

void
metricstore_init(struct metricstore *store, const char *root)
{
	memset(store, 0, sizeof(*store));
	store->root = xstrdup(root);
}

void
metricstore_release(struct metricstore *store)
{
	metrics_release(&store->metrics);
	free(store->root);
	store->root = NULL;
}

static char *
path_of(const struct metricstore *store)
{
	return xasprintf("%s/state/metrics.json", store->root);
}

/* One that is not there, or broken, is made again from the journal. */
static void
load(struct metricstore *store)
{
	char *path = path_of(store);
	struct strbuf text = STRBUF_INIT, err = STRBUF_INIT;
	json_t *document = NULL;

	store->is_loaded = true;
	if (fs_read(path, MAX_BYTES, &text, &err) == 0)
		document = json_loadb(text.buf, text.len,
		    JSON_REJECT_DUPLICATES, NULL);
	if (document && metrics_load(&store->metrics, document) == 0)
		store->place.seq = store->metrics.seq;
	json_decref(document);
	strbuf_release(&text);
	strbuf_release(&err);
	free(path);
}

/* Whoever writes it last, it is true: counts up to a line, and that line. */
static void
save(const struct metricstore *store)
{
	char *path = path_of(store);
	json_t *document = metrics_save(&store->metrics);
	struct strbuf err = STRBUF_INIT;

	/* Who may only read counts from the last one that could be written. */
	jfile_write(path, document, 0, &err);
	strbuf_release(&err);
	json_decref(document);
	free(path);
}

static int
take(void *ctx, const char *line, size_t len)
{
	struct metricstore *store = ctx;
	json_t *event = json_loadb(line, len, 0, NULL);

	if (event)
		metrics_count(&store->metrics, event);
	json_decref(event);
	return 0;
}

static int
closed(void *ctx)
{
	save(ctx);
	return 0;
}

int
metricstore_update(struct metricstore *store, struct strbuf *err)
{
	static const struct journal_reader reader = { take, closed };

	if (!store->is_loaded)
		load(store);
	if (journal_since(store->root, &store->place, &reader, store,
	    err) < 0)
		return -1;
	store->journal_bytes = journal_bytes(store->root);
	return 0;
}
