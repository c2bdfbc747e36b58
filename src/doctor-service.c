/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See doctor.h: a supervisor that systemd starts has the PATH of its unit, and
 * lives on after a logout only where the user lingers.
 */
#include "doctor.h"

#include "fs.h"
#include "os.h"
#include "servicefile.h"

#include <stdlib.h>
#include <unistd.h>

/* loginctl enable-linger makes a file of the user's name there. */
#define LINGER "/var/lib/systemd/linger"

static void
check_path(struct report *report, const struct team *team, const char *unit,
    const char *path)
{
	const struct runtime *runtime;
	char *found;
	size_t i;

	for (i = 0; team && i < team->nr_agent; i++) {
		runtime = team->agents[i]->runtime;
		if (!runtime || !runtime->binary ||
		    team->agents[i]->command.nr > 0)
			continue;
		found = fs_which(runtime->binary, path);
		if (!found) {
			doctor_add(report, WARNING, "service", "'%s' is not "
			    "on the PATH of %s", runtime->binary, unit)->mend =
			    xstrdup("teamctl service install --systemd, where "
			    "it is on PATH");
			return;
		}
		free(found);
	}
	doctor_add(report, OK, "service", "%s", unit);
}

static void
check_lingering(struct report *report)
{
	char name[256], *file;

	os_user_name(name, sizeof(name));
	file = xasprintf("%s/%s", LINGER, name);
	if (access(file, F_OK) == 0)
		doctor_add(report, OK, "lingering", "%s lingers: the service "
		    "outlives a logout", name);
	else
		doctor_add(report, WARNING, "lingering", "the service ends "
		    "when %s logs out, and does not start at boot",
		    name)->mend = xasprintf("loginctl enable-linger %s", name);
	free(file);
}

void
doctor_service(struct report *report, const struct view *view)
{
	struct strbuf text = STRBUF_INIT;
	char *unit = servicefile_find_unit(view->source.root, &text), *path;

	if (unit) {
		path = servicefile_variable(text.buf, "PATH");
		check_path(report, view->team, unit, path ? path : "");
		check_lingering(report);
		free(path);
	}
	free(unit);
	strbuf_release(&text);
}
