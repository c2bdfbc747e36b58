/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See envscan.h.
 */
#include "envscan.h"

#include "util.h"

#include <string.h>
#include <unistd.h>

enum { STEP = 128 }; /* about 2 ms */

void
envscan_begin(struct envscan *scan)
{
	os_list_processes(&scan->list);
	scan->at = 0;
	scan->is_on = true;
}

bool
envscan_step(struct envscan *scan, const char *name, envscan_fn *fn,
    void *ctx)
{
	size_t end = scan->at + STEP < scan->list.nr ? scan->at + STEP :
	    scan->list.nr;
	struct strbuf value = STRBUF_INIT;
	const struct os_process *process;

	for (; scan->at < end; scan->at++) {
		process = &scan->list.p[scan->at];
		if (process->state == 'Z' || process->pid == getpid())
			continue;
		strbuf_reset(&value);
		if (os_process_env(process->pid, name, &value))
			fn(ctx, process, value.buf);
	}
	strbuf_release(&value);
	scan->is_on = scan->at < scan->list.nr;
	return scan->is_on;
}

void
envscan_release(struct envscan *scan)
{
	os_processes_release(&scan->list);
	memset(scan, 0, sizeof(*scan));
}
