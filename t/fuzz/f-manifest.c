/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A child manifest as a candidate of a small team; what would be kept of it
 * is read as the same agent, and kept the same again.
 */
/* objs: jstring util strbuf strvec strmap arena diag units signame envfile */
/* objs: digest yaml yaml-node yaml-write manifest interp dotenv keys */
/* objs: keys-agent check compose rules compose-read compose-project */
/* objs: compose-agent compose-parts hookword event compose-replicas */
/* objs: compose-dynamic key-json meta validate validate-agent validate-graph */
/* objs: runtime runtime-read runtime-screens ere */
#include "compose.h"

#include "manifest.h"

#include "fake-source.h"
#include "fuzz.h"

static const struct fake_pair files[] = {
	{ "/team/team-compose.yaml", "version: 2\nprojects:\n"
	    "- id: p\n  workers: {cache: , other: {replicas: 2}}\n"
	    "  managers: {boss: }\n" },
	{ "/share/runtimes/claude-code.yaml", "binary: claude\n" },
	{ "/share/wrappers/command", "#!/bin/sh\n" },
	{ NULL, NULL },
};

/* Reads a text; -1: not an agent.  out gets what would be kept of it. */
static int
keep(const char *text, size_t len, struct strbuf *out)
{
	const struct candidate candidate = { .file = "m", .text = text,
		.len = len, .project = "p" };
	struct diags diags = DIAGS_INIT;
	struct strbuf findings = STRBUF_INIT;
	struct fake_source fake;
	struct team *team;
	int rc = -1;

	fake_init(&fake, files);
	fake.source.candidate = &candidate;
	team = compose_load(&fake.source, &diags);
	MUST(team);
	validate(team, &fake.source, &diags);
	diags_print(&diags, &findings);
	MUST(team->added || diags.nr_error);
	if (team->added && !diags.nr_error)
		rc = manifest_write(team->added, team->added_to->id, out);
	compose_free(team);
	diags_release(&diags);
	strbuf_release(&findings);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf once = STRBUF_INIT, twice = STRBUF_INIT;

	if (size <= MANIFEST_MAX &&
	    keep((const char *)data, size, &once) == 0) {
		MUST(keep(once.buf, once.len, &twice) == 0);
		MUST(strcmp(once.buf, twice.buf) == 0);
	}
	strbuf_release(&once);
	strbuf_release(&twice);
	return 0;
}
