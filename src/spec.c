/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See spec.h.
 */
#include "spec.h"

#include <stdlib.h>
#include <string.h>

const char *
fingerprint_name(enum fingerprint fp)
{
	static const char *const names[] = {
		[FP_ENV] = "env",
		[FP_MCP] = "mcp",
		[FP_ROLE_PROMPT] = "role_prompt",
		[FP_COMMAND] = "command",
		[FP_WRAPPER] = "wrapper",
		[FP_LIMITS] = "limits",
		[FP_DRAIN] = "drain",
		[FP_ACL] = "acl",
		[FP_META] = "meta",
	};

	_Static_assert(nitems(names) == FP_NR, "a name for each fingerprint");
	return names[fp];
}

static void
spec_release(struct spec *spec)
{
	int fp;

	free(spec->id);
	free(spec->project);
	free(spec->agent);
	free(spec->session);
	free(spec->env_file);
	free(spec->mcp_file);
	free(spec->launch_file);
	free(spec->record_file);
	free(spec->prompt_file);
	free(spec->prompt_text);
	free(spec->cwd);
	strvec_release(&spec->argv);
	free(spec->env_text);
	free(spec->mcp_text);
	for (fp = 0; fp < FP_NR; fp++)
		free(spec->fp[fp]);
	strvec_release(&spec->drain.keys);
	strvec_release(&spec->depends_on);
	free(spec->error);
}

void
specs_release(struct specs *specs)
{
	size_t i;

	for (i = 0; i < specs->nr; i++)
		spec_release(&specs->s[i]);
	free(specs->s);
	memset(specs, 0, sizeof(*specs));
}
