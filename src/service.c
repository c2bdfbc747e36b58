/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See service.h.
 */
#include "service.h"

#include <stdlib.h>
#include <string.h>

enum unit_flag {
	UNIT_VARIABLES = 1u << 0, /* $NAME is replaced: arguments of Exec= */
};

/* systemd.syntax(7), "Quoting"; systemd.unit(5), "Specifiers". */
static void
add_unit_chars(struct strbuf *out, const char *s, unsigned flags)
{
	for (; *s; s++) {
		if (*s == '%' || (*s == '$' && (flags & UNIT_VARIABLES)))
			strbuf_addch(out, *s);
		else if (*s == '"' || *s == '\\')
			strbuf_addch(out, '\\');
		strbuf_addch(out, *s);
	}
}

static void
add_unit_quoted(struct strbuf *out, const char *s, unsigned flags)
{
	strbuf_addch(out, '"');
	add_unit_chars(out, s, flags);
	strbuf_addch(out, '"');
}

static void
add_unit_word(struct strbuf *out, const char *s, unsigned flags)
{
	if (*s && !strpbrk(s, " \"'\\;"))
		add_unit_chars(out, s, flags);
	else
		add_unit_quoted(out, s, flags);
}

/*
 * The path of the program is not subject to $, and systemd refuses quotes and
 * backslashes in it (252: "Executable name contains special characters").
 */
static void
add_exec_start(struct strbuf *out, const struct strvec *argv)
{
	unsigned flags = 0;
	size_t i;

	strbuf_addstr(out, "ExecStart=");
	if (strpbrk(argv->v[0], "\"'\\")) {
		strbuf_addstr(out, "/usr/bin/env ");
		flags = UNIT_VARIABLES;
	}
	for (i = 0; i < argv->nr; i++) {
		if (i > 0)
			strbuf_addch(out, ' ');
		add_unit_word(out, argv->v[i], flags);
		flags = UNIT_VARIABLES;
	}
	strbuf_addch(out, '\n');
}

void
service_systemd(const struct service *service, struct strbuf *out)
{
	size_t i;

	strbuf_addf(out, "# %s\n[Unit]\nDescription=", service->mark);
	strbuf_addstr(out, "teamctl supervisor of ");
	add_unit_chars(out, service->name, 0);
	strbuf_addstr(out, "\n\n[Service]\n"
	    "Type=notify\n"
	    "NotifyAccess=main\n"
	    "WatchdogSec=60\n");
	for (i = 0; i < service->env.nr; i++) {
		strbuf_addstr(out, "Environment=");
		add_unit_quoted(out, service->env.v[i], 0);
		strbuf_addch(out, '\n');
	}
	add_exec_start(out, &service->argv);
	strbuf_addstr(out, "ExecReload=/bin/kill -HUP $MAINPID\n"
	    "Restart=on-failure\n"
	    "RestartSec=2\n"
	    "# Wrong usage, or somebody else supervises: no use trying again.\n"
	    "RestartPreventExitStatus=2 6\n"
	    "# The tmux server and its agents outlive the supervisor.\n"
	    "KillMode=process\n"
	    "# They get cgroups of their own below that of the service.\n"
	    "Delegate=yes\n"
	    "\n[Install]\n"
	    "WantedBy=default.target\n");
}

static void
add_xml(struct strbuf *out, const char *s)
{
	static const struct {
		char c;
		const char *entity;
	} entities[] = {
		{ '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" },
	};
	size_t i;

	for (; *s; s++) {
		for (i = 0; i < nitems(entities); i++) {
			if (entities[i].c == *s)
				break;
		}
		if (i < nitems(entities))
			strbuf_addstr(out, entities[i].entity);
		else
			strbuf_addch(out, *s);
	}
}

static void
add_element(struct strbuf *out, int depth, const char *element,
    const char *text)
{
	strbuf_addf(out, "%.*s<%s>", depth, "\t\t\t", element);
	add_xml(out, text);
	strbuf_addf(out, "</%s>\n", element);
}

static void
add_launchd_environment(struct strbuf *out, const struct strvec *env)
{
	char *name;
	size_t i, len;

	strbuf_addstr(out, "\t<key>EnvironmentVariables</key>\n\t<dict>\n");
	for (i = 0; i < env->nr; i++) {
		len = strcspn(env->v[i], "=");
		name = xstrndup(env->v[i], len);
		add_element(out, 2, "key", name);
		add_element(out, 2, "string", env->v[i] + len + 1);
		free(name);
	}
	strbuf_addstr(out, "\t</dict>\n");
}

/* launchd.plist(5) */
void
service_launchd(const struct service *service, struct strbuf *out)
{
	char *label = xasprintf("com.teamctl.%s", service->name);
	size_t i;

	strbuf_addf(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\"\n"
	    "    \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
	    "<!-- %s -->\n<plist version=\"1.0\">\n<dict>\n", service->mark);
	add_element(out, 1, "key", "Label");
	add_element(out, 1, "string", label);
	strbuf_addstr(out, "\t<key>ProgramArguments</key>\n\t<array>\n");
	for (i = 0; i < service->argv.nr; i++)
		add_element(out, 2, "string", service->argv.v[i]);
	strbuf_addstr(out, "\t</array>\n");
	add_launchd_environment(out, &service->env);
	add_element(out, 1, "key", "WorkingDirectory");
	add_element(out, 1, "string", service->root);
	add_element(out, 1, "key", "StandardOutPath");
	add_element(out, 1, "string", service->log);
	add_element(out, 1, "key", "StandardErrorPath");
	add_element(out, 1, "string", service->log);
	strbuf_addstr(out, "\t<key>RunAtLoad</key>\n\t<true/>\n"
	    "\t<key>KeepAlive</key>\n\t<dict>\n"
	    "\t\t<key>SuccessfulExit</key>\n\t\t<false/>\n\t</dict>\n"
	    "\t<!-- The tmux server and its agents outlive the "
	    "supervisor. -->\n"
	    "\t<key>AbandonProcessGroup</key>\n\t<true/>\n"
	    "\t<key>Umask</key>\n\t<integer>63</integer>\n"
	    "</dict>\n</plist>\n");
	free(label);
}
