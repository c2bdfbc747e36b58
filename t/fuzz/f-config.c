/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * config: what it prints of a team without errors is a team without errors,
 * and printed again it is the same.
 */
/* objs: jstring util strbuf strvec strmap arena diag units signame yaml */
/* objs: yaml-node interp dotenv keys keys-agent check compose compose-read */
/* objs: compose-project compose-agent compose-parts hookword event */
/* objs: compose-replicas key-json meta compose-dynamic manifest yaml-write */
/* objs: runtime runtime-read runtime-screens config config-yaml ere */
#include "config.h"

#include "fake-source.h"
#include "fuzz.h"

#include <stdlib.h>

static const struct fake_pair vars[] = {
	{ "HOME", "/home/u" },
	{ "SET", "$va: lue" },
	{ NULL, NULL },
};

/* Appends the team of a text as YAML; false when it has errors. */
static bool
print(const char *text, struct strbuf *out)
{
	const struct fake_pair files[] = {
		{ "/team/team-compose.yaml", text },
		{ NULL, NULL },
	};
	struct diags diags = DIAGS_INIT;
	struct fake_source fake;
	struct team *team;
	json_t *config;
	bool good;
	size_t i;

	fake_init(&fake, files);
	fake.vars = vars;
	team = compose_load(&fake.source, &diags);
	/* There are no runtimes, which is not what this is about. */
	good = team != NULL;
	for (i = 0; i < diags.nr; i++)
		if (diags.d[i].level == DIAG_ERROR && diags.d[i].pos.file)
			good = false;
	if (good) {
		config = config_json(team, NULL, NULL);
		config_yaml(config, out);
		json_decref(config);
	}
	compose_free(team);
	diags_release(&diags);
	return good;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
	char *text = xstrndup((const char *)data, size);

	if (print(text, &first)) {
		MUST(print(first.buf, &second));
		MUST(strcmp(first.buf, second.buf) == 0);
	}
	free(text);
	strbuf_release(&first);
	strbuf_release(&second);
	return 0;
}
