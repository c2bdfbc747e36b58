/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Writes to a journal as teamctl does, for tests and measurements.
 *
 *	journal-writer ROOT FLUSHES EVENTS [nosync] [max_bytes]
 *
 * So many flushes of so many events each, and then on stdout, separated by
 * tabs: events a second; the median, the 99th of a hundred and the longest of
 * the flushes, in microseconds.  FLUSHES 0: for ever, and nothing is printed.
 */
/* objs: jstring util strbuf strvec event chain digest jtree strmap when fs */
/* objs: journal journal-end journal-read os */
#include "journal.h"
#include "os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
cmp(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* The time that one flush of some events took, in ns. */
static int64_t
write_some(struct journal *journal, int events)
{
	struct strbuf err = STRBUF_INIT;
	struct mono begin;
	int i;

	for (i = 0; i < events; i++)
		journal_add(journal, EVENT_STARTED, "p:agent", i + 1, NULL,
		    json_pack("{s:i}", "pid", i));
	begin = os_now();
	if (journal_flush(journal, &err) < 0) {
		fprintf(stderr, "journal-writer: %s\n", err.buf);
		exit(1);
	}
	strbuf_release(&err);
	return os_now().ns - begin.ns;
}

static void
print(int64_t *ns, int flushes, int events, struct mono begin)
{
	double seconds = (double)(os_now().ns - begin.ns) / 1e9;

	qsort(ns, (size_t)flushes, sizeof(*ns), cmp);
	printf("%.0f\t%.1f\t%.1f\t%.1f\n", flushes * events / seconds,
	    (double)ns[flushes / 2] / 1000,
	    (double)ns[flushes * 99 / 100] / 1000,
	    (double)ns[flushes - 1] / 1000);
}

int
main(int argc, char **argv)
{
	struct journal_settings how = JOURNAL_SETTINGS_INIT;
	struct journal journal;
	struct mono begin = os_now();
	int flushes, events, i;
	int64_t *ns;

	if (argc < 4)
		return 2;
	flushes = (int)strtol(argv[2], NULL, 10);
	events = (int)strtol(argv[3], NULL, 10);
	how.sync = argc < 5 || strcmp(argv[4], "nosync") != 0;
	if (argc > 5)
		how.max_bytes = strtol(argv[5], NULL, 10);
	journal_open(&journal, argv[1]);
	journal_set(&journal, &how);
	while (!flushes)
		write_some(&journal, events);
	ns = xcalloc((size_t)flushes, sizeof(*ns));
	for (i = 0; i < flushes; i++)
		ns[i] = write_some(&journal, events);
	journal_close(&journal);
	print(ns, flushes, events, begin);
	free(ns);
	return 0;
}
