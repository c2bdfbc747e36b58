/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A whole team: load, validate, render.  The input is team-compose.yaml; a
 * line "%%% NAME" begins another file below the root.
 */
/* objs: jstring util strbuf strvec strmap arena diag units signame envfile */
/* objs: digest yaml yaml-node interp dotenv keys keys-agent check compose */
/* objs: rules compose-read compose-project compose-agent compose-parts */
/* objs: hookword event compose-replicas key-json compose-dynamic manifest */
/* objs: yaml-write meta validate validate-agent validate-graph runtime */
/* objs: runtime-read runtime-screens envref render render-env render-mcp */
/* objs: secret uuid fingerprint spec ere */
#include "compose.h"

#include "render.h"

#include "fake-source.h"
#include "fuzz.h"

#include <stdlib.h>

enum { MAX_FILES = 8 };

static const struct fake_pair vars[] = {
	{ "HOME", "/home/u" },
	{ "SET", "value" },
	{ NULL, NULL },
};

/* Cuts text into files, whose names are made absolute. */
static void
split(char *text, struct fake_pair files[MAX_FILES + 1], struct strvec *names)
{
	size_t nr = 0;
	char *eol;

	strvec_push(names, "/team/team-compose.yaml");
	files[nr++] = (struct fake_pair){ NULL, text };
	while (nr < MAX_FILES && (text = strstr(text, "\n%%% "))) {
		eol = strchr(text + 1, '\n');
		if (!eol)
			break;
		*eol = text[1] = '\0';
		strvec_pushf(names, "/team/%s", text + 5);
		files[nr++] = (struct fake_pair){ NULL, eol + 1 };
		text = eol + 1;
	}
	while (nr-- > 0)
		files[nr].name = names->v[nr];
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fake_pair files[MAX_FILES + 1] = { { NULL, NULL } };
	char *text = xstrndup((const char *)data, size);
	struct diags diags = DIAGS_INIT;
	struct specs specs = { .nr = 0 };
	struct strvec names = STRVEC_INIT;
	struct strbuf out = STRBUF_INIT;
	struct fake_source fake;
	struct team *team;

	split(text, files, &names);
	fake_init(&fake, files);
	fake.vars = vars;
	team = compose_load(&fake.source, &diags);
	MUST(team || diags.nr_error);
	if (team) {
		validate(team, &fake.source, &diags);
		if (!diags.nr_error)
			render(team, &fake.source, NULL, NULL, &specs, &diags);
	}
	diags_print(&diags, &out);
	specs_release(&specs);
	compose_free(team);
	diags_release(&diags);
	strbuf_release(&out);
	strvec_release(&names);
	free(text);
	return 0;
}
