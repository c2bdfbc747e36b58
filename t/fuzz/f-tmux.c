/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What tmux prints of its panes: names, titles and options may hold anything.
 */
/* objs: util strbuf strvec units os fs proc tmux */
#include "tmux.h"

#include "fuzz.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xstrndup((const char *)data, size);
	struct tmux_panes panes = { .nr = 0 };
	struct strbuf script = STRBUF_INIT;
	struct tmux tmux;
	size_t i;

	tmux_init(&tmux, "fuzz", NULL);
	tmux_parse_panes(&tmux, text, &panes);
	for (i = 0; i < panes.nr; i++) {
		MUST(panes.p[i].pane && panes.p[i].session && panes.p[i].name);
		MUST(panes.p[i].id && panes.p[i].root);
	}
	tmux_quote(&script, text);
	tmux_quote_format(&script, text);
	tmux_panes_release(&panes);
	tmux_release(&tmux);
	strbuf_release(&script);
	free(text);
	return 0;
}
