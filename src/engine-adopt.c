/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See engine.h: what runs and is not recorded, because the state folder was
 * deleted, or a part of it, is recorded anew by what tmux and /proc tell of it.
 * With what it was started they do not tell.
 */
#include "engine.h"

#include "os.h"
#include "record-file.h"
#include "shim.h"

#include <stdlib.h>
#include <string.h>

/* The first that the shim has started; orphans came to it later. */
static const struct os_process *
agent_of(const struct os_processes *list, pid_t shim)
{
	const struct os_process *p, *first = NULL;
	size_t i;

	for (i = 0; i < list->nr; i++) {
		p = &list->p[i];
		if (p->ppid == shim && p->pgrp == p->pid && p->state != 'Z' &&
		    (!first || p->start < first->start))
			first = p;
	}
	return first;
}

/* As its shim would have it. */
static int
write_record(const struct engine *engine, struct run *run,
    const struct os_process *agent, struct strbuf *err)
{
	struct record *record = &run->record;
	char *path = engine_record_path(engine, run->id);
	struct strbuf text = STRBUF_INIT;
	int rc;

	record_release(record);
	record->state = RECORD_RUNNING;
	record->generation = run->generation;
	record->attempt = 1;
	record->shim_pid = run->shim;
	record->shim_start = os_start_time(run->shim);
	record->pid = agent->pid;
	record->start = agent->start;
	os_boot_id(record->boot, sizeof(record->boot));
	record->started_ms = os_wall_ms() - os_age_ms(agent->start);
	if (os_process_env(agent->pid, SHIM_TOKEN, &text))
		record->token = xstrdup(text.buf);
	strbuf_release(&text);
	rc = record_save(record, path, err);
	free(path);
	return rc;
}

/* As if it had been started with what the spec says, but for that. */
static int
apply(struct engine *engine, struct run *run, struct strbuf *err)
{
	int i;

	if (engine_write_files(engine, run, err) < 0)
		return -1;
	run->applied = state_agent(&engine->state, run->id);
	applied_from_spec(run->applied, run->spec);
	for (i = 0; i < FP_NR; i++) { /* those of the record count */
		free(run->applied->fp[i]);
		run->applied->fp[i] = NULL;
	}
	run->applied->generation = run->generation;
	return 0;
}

static int
adopt(struct engine *engine, struct run *run, const struct os_processes *list,
    struct strbuf *err)
{
	const struct os_process *agent = agent_of(list, run->shim);

	if (!agent) /* it is about to end */
		return 0;
	if (!run->applied && apply(engine, run, err) < 0)
		return -1;
	if (run->record.generation != run->generation &&
	    write_record(engine, run, agent, err) < 0)
		return -1;
	engine_note(engine, EVENT_ADOPTED, run, "nothing was recorded of it");
	return 0;
}

bool
engine_can_adopt(const struct run *run)
{
	return run->spec && !run->spec->error && run->alive &&
	    !run_is_starting(run) &&
	    (!run->applied || (run->forgotten && !run->damage));
}

int
engine_adopt(struct engine *engine, struct run **runs, size_t nr,
    struct strbuf *err)
{
	struct os_processes list = { 0 };
	size_t i;
	int rc = 0;

	os_list_processes(&list);
	for (i = 0; i < nr && rc == 0; i++)
		if (engine_can_adopt(runs[i]))
			rc = adopt(engine, runs[i], &list, err);
	os_processes_release(&list);
	return rc;
}
