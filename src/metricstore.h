/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The counts of a team's metrics, kept up with its journal: each look reads
 * only the lines that are new.  state/metrics.json holds the counts of the
 * segments that are closed, so that nobody has to read those again; it may be
 * removed as long as they are there.
 */
#ifndef METRICSTORE_H
#define METRICSTORE_H

#include "journal.h"
#include "metrics.h"

struct metricstore {
	char *root;
	struct metrics metrics;
	struct journal_place place;
	int64_t journal_bytes;
	bool is_loaded;
};

void metricstore_init(struct metricstore *store, const char *root);
void metricstore_release(struct metricstore *store);
/*
 * Counts what is new in the journal.  -1 and err when a segment cannot be
 * read; the counts are then those of before.
 */
int metricstore_update(struct metricstore *store, struct strbuf *err);

#endif
