/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See logs-pane.h.
 */
#include "logs-pane.h"

#include "cmd.h"
#include "follow.h"

#include <stdlib.h>
#include <string.h>

/*
 * One command list asks for both, so that the text of a dead pane is its last.
 * A pane id is never used twice by a server; of one that is gone,
 * display-message fills in nothing.
 */
static void
script_look(const char *pane, int64_t lines, struct strbuf *script)
{
	strbuf_addf(script, "display-message -p -t %s ", pane);
	tmux_quote(script, "\001#{pane_id} #{pane_dead}");
	strbuf_addf(script, " ; capture-pane -pJ -t %s -S -%lld\n", pane,
	    (long long)lines);
}

/* Its part of what was printed, where no screen has a control character. */
static void
take(struct pane_look *look, const char *answer)
{
	char *mark = xasprintf("\001%s ", look->run->pane);
	const char *from = strstr(answer, mark);

	strbuf_reset(&look->text);
	look->gone = !from;
	if (from) {
		from += strlen(mark);
		look->dead = *from == '1';
		from += strcspn(from, "\n");
		from += *from == '\n';
		strbuf_add(&look->text, from, strcspn(from, "\001"));
		if (look->dead)
			follow_cut_epitaph(&look->text);
	}
	free(mark);
}

int
pane_look_all(struct tmux *tmux, struct pane_look **looks, size_t nr,
    int64_t lines)
{
	struct strbuf script = STRBUF_INIT, out = STRBUF_INIT;
	struct strbuf err = STRBUF_INIT;
	enum tmux_status status;
	int code = EXIT_DONE;
	size_t i;

	for (i = 0; i < nr; i++)
		script_look(looks[i]->run->pane, lines, &script);
	status = tmux_run(tmux, &script, false, &out, &err);
	switch (status) {
	case TMUX_OK:
	case TMUX_NO_SERVER:
	case TMUX_PARTIAL:
	case TMUX_DIED:
		for (i = 0; i < nr; i++)
			take(looks[i], out.buf);
		break;
	case TMUX_MISSING:
	case TMUX_TOO_OLD:
	case TMUX_ERROR:
	default:
		cmd_error("tmux could not be asked: %s", err.buf);
		code = EXIT_FAILED;
	}
	strbuf_release(&script);
	strbuf_release(&out);
	strbuf_release(&err);
	return code;
}
