/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A team as its compose files describe it: every key typed, defaults applied,
 * variables interpolated, each agent knowing the place it came from.
 *
 * Strings are owned by the team and live as long as it does; vectors are to be
 * read, not changed.  A number or string that was not given is what its
 * comment says; "0: not given" where nothing else is said.
 */
#ifndef COMPOSE_H
#define COMPOSE_H

#include "diag.h"
#include "hookword.h"
#include "runtime.h"
#include "source.h"
#include "strmap.h"
#include "strvec.h"

enum restart_mode { RESTART_ALWAYS, RESTART_ON_FAILURE, RESTART_NEVER };
enum condition {
	CONDITION_STARTED,
	CONDITION_READY,
	CONDITION_HEALTHY,
	CONDITION_COMPLETED,
};
enum strategy { ONE_FOR_ONE, ONE_FOR_ALL, REST_FOR_ONE };
enum probe_kind { PROBE_NONE, PROBE_COMMAND, PROBE_TCP, PROBE_FILE,
	PROBE_PANE,
	PROBE_WORD }; /* of readiness: nothing is asked, the agent tells */
enum on_fail { ON_FAIL_RESTART, ON_FAIL_QUARANTINE, ON_FAIL_NOTIFY };
enum on_exceed { ON_EXCEED_WARN, ON_EXCEED_STOP, ON_EXCEED_RESTART,
	ON_EXCEED_QUARANTINE };

/* NAME=value of `environment`; secret_ref instead of value for a secret. */
struct env_item {
	char *name;
	char *value;      /* or NULL */
	char *secret_ref; /* name of one of the agent's secrets, or NULL */
	bool from_file;   /* of an env_file */
	bool inherited;   /* only named: value is that of our environment */
	struct pos pos;
};

struct secret {
	char *name;
	char *key;  /* as in a child manifest, or NULL */
	char *from; /* "env:NAME", "file:PATH", "cmd:COMMAND LINE", or NULL */
	bool required; /* default true */
	struct pos pos;
};

struct dependency {
	char *agent; /* full id "project:agent" */
	enum condition condition;
	int64_t timeout_ms; /* 0: none */
	struct pos pos;
};

/* Of `links` and `monitors`. */
struct link {
	char *agent;        /* full id; NULL: hook is meant */
	struct strvec hook; /* argv, only of monitors */
	bool on_any;        /* whatever the end was, else a failure only */
	struct pos pos;
};

struct restart_policy {
	enum restart_mode mode;
	int max_restarts;
	int64_t within_ms;
	int64_t backoff_initial_ms, backoff_max_ms;
	double backoff_factor, backoff_jitter;
	int64_t reset_after_ms;
	int *success_exit_codes; /* none: only 0 */
	size_t nr_success;
};

/* What holds where the text says nothing. */
extern const struct restart_policy restart_usual;

struct probe {
	enum probe_kind kind;
	struct strvec command; /* argv; a string is { "sh", "-c", text } */
	char *target;          /* tcp "host:port", file path, pane regex */
	int64_t interval_ms;   /* check_interval_secs, 10 s */
	int64_t timeout_ms;    /* timeout_secs, 5 s */
	int max_retries;       /* 3 */
	enum on_fail on_fail;
	struct pos pos;
};

/*
 * How an agent is asked to stop.  See drain.h for what is done with it.  In a
 * struct agent only what its text says is set; render fills in the runtime's
 * and then these defaults.
 */
struct drain_recipe {
	struct strvec keys;    /* tmux key names, { "C-c" }; none: not given */
	int repeat;            /* how often they are sent at most, 1 */
	int64_t gap_ms;        /* between two of them, 300 ms */
	int64_t timeout_ms;    /* from supervisor.drain_timeout_secs, 10 s;
	                        * -1: not given */
	int signal;            /* sent by the shim after that, SIGTERM */
	int64_t kill_after_ms; /* from then to SIGKILL, 500 ms */
};

struct resource_limits { /* 0: unlimited */
	int64_t max_memory_mb;
	int64_t max_cpu_percent;
	int64_t max_file_descriptors;
	int64_t max_cpu_secs;
	int64_t max_wall_secs;
	double warn_at; /* 0.8 */
	enum on_exceed on_exceed;
};

struct command_permissions {
	bool allow_restart;
	bool allow_shutdown;
	struct strvec allowed_signals;
};

/* What is kept of what an agent printed. */
struct log_policy {
	int keep;           /* runs, with the present one; 0: nothing */
	int64_t max_size;   /* bytes of a file, 10 MiB */
	int64_t max_age_ms; /* of a run since its last output; 0: any */
};

/* Of `on`, for one word: argvs that are all run. */
struct hook_list {
	struct strvec *argv;
	size_t nr;
};

struct mcp_server {
	char *name;
	char *command;
	struct strvec args;
	struct strvec env; /* "K=V" */
};

struct manifest;
struct project;
struct yaml_node;

enum idle_mode { IDLE_OFF, IDLE_REPORT, IDLE_ENACT };

/* What follows from what an agent is seen to do; off unless said. */
struct care {
	bool resume;           /* when a rate limit is over */
	int64_t idle_ms;       /* then idle_mode */
	enum idle_mode idle_mode;
	int64_t nudge_ms;      /* idle for so long: nudge_text is typed */
	char *nudge_text;
	int nudge_max;         /* so often in a run */
};

struct agent {
	char *id;      /* "project:agent" */
	char *name;    /* the part after the colon */
	char *session; /* name of its tmux session */
	char *stem;    /* "project-agent", of its files under state/ */
	struct project *project;
	struct pos pos;
	bool is_manager;
	bool is_dynamic; /* added with `teamctl add`, not in a compose file */
	const struct runtime *runtime; /* NULL only with command */
	char *runtime_name;            /* NULL only with command */
	char *model;                   /* NULL: not given */
	struct strvec role_prompts;    /* as given, relative to the root */
	char *permission_mode, *reports_to, *effort, *display_name;
	struct strvec can_dm, can_broadcast, on_rate_limit;
	struct strvec command; /* argv; a string is { "sh", "-c", text } */
	char *cwd;             /* as in the text; project's when not given */
	char *cwd_path;        /* the same, absolute */
	struct pos cwd_pos;
	struct strvec env_files; /* as given, relative to the root */
	struct env_item *env; /* env_file first, then environment */
	size_t nr_env;
	struct secret *secrets;
	size_t nr_secret;
	struct restart_policy restart;
	struct dependency *depends_on; /* order of the text */
	size_t nr_depends_on;
	struct probe readiness, health_check;
	struct care care;
	struct drain_recipe drain;
	struct resource_limits limits;
	struct command_permissions permissions;
	struct log_policy logs;
	struct hook_list on[HOOK_NR];
	bool critical;
	int replicas; /* 1; of what the text says */
	/*
	 * One of several of the same text: the id that the text gives it, and
	 * its number, which ends its name.  NULL and 0 for others.
	 */
	char *replica_of;
	int slot;
	struct link *links;    /* who ends together with it */
	size_t nr_link;
	struct link *monitors; /* who is told when it ends */
	size_t nr_monitor;
	struct mcp_server *mcps;
	size_t nr_mcp;
	/*
	 * Canonical JSON of all that is registered about the agent and does
	 * not need a restart: "acl" (channels, can_dm, can_broadcast,
	 * reports_to) and "meta" (everything else that no other input holds).
	 */
	char *acl, *meta;
	const struct yaml_node *node; /* its mapping; may be an empty scalar */
};

struct channel {
	char *name;
	struct strvec members; /* { "*" }: all */
	struct pos pos;
};

struct project {
	char *id, *name, *cwd;
	struct pos cwd_pos;
	bool create_cwd;
	enum strategy strategy;
	struct channel *channels;
	size_t nr_channel;
	struct agent **agents; /* managers sorted by id, then workers */
	size_t nr_agent;
	const struct yaml_node *node; /* its mapping */
};

/* How the journal is kept: `journal` and `audit`. */
struct journal_settings {
	int64_t max_bytes;  /* of a segment, 2 MiB */
	int64_t max_age_ms; /* the same, 7 days */
	bool sync;          /* to the disk before what it announces, true */
	char *key_file;     /* that signs its head, absolute, or NULL */
};

#define JOURNAL_SETTINGS_INIT { .max_bytes = 2 << 20,                         \
	.max_age_ms = INT64_C(7) * 24 * 3600 * 1000, .sync = true }

struct team {
	char *root; /* absolute */
	char *version;
	char *broker_path; /* absolute */
	char *supervisor_type, *tmux_prefix;
	char *tmux_socket; /* NULL: the user's default server */
	int64_t drain_timeout_ms;
	bool autostart;       /* of the supervisor, true */
	bool cgroups;         /* agents get them, true */
	int max_parallel_starts;
	int64_t reconcile_ms; /* 30 s */
	int64_t observe_ms;   /* 1 s; 0: never */
	bool trust_workspace;
	struct strvec require_reason; /* control: commands, borrowed */
	struct hook_list on[HOOK_NR]; /* of any agent */
	bool stop_on_critical; /* escalation: { critical: stop_team } */
	struct journal_settings journal;
	struct project **projects; /* order of the file */
	size_t nr_project;
	struct agent **agents; /* all, by project, then as in the project */
	size_t nr_agent;
	struct strmap by_id;   /* "project:agent" to struct agent */
	struct strvec files;   /* absolute paths of all files read */
	struct strvec dotenv;  /* "K=V" of .env; the environment won */
	struct strvec later;   /* keys in use that have no effect yet */
	struct strvec compat;  /* and those that are only accepted */
	/* Ids of added agents that are not used: the compose file has them. */
	struct strvec shadowed;
	/* source->candidate as it was read, and where to; or NULL. */
	const struct manifest *added;
	const struct project *added_to;
	struct runtimes *runtimes;
	const struct yaml_node *node;     /* the team file's mapping */
	const struct yaml_node *defaults; /* its `defaults`, or NULL */
	struct compose_arena *arena; /* owner of what hangs below */
};

/* Size and number limits of what a team may hold (nesting: yaml.h). */
enum {
	COMPOSE_MAX_FILE = 16 << 20,
	COMPOSE_MAX_ENV_FILE = 1 << 20, /* .env and env_file */
	COMPOSE_MAX_AGENTS = 20000,
};

/*
 * Reads and types the team below source->root.  All findings go to diags; the
 * team is returned also when there were errors, with the faulty agents left
 * out as far as that is needed to go on, so that `status` and `down` can use
 * what is good.  NULL when not even the team file could be read as a mapping.
 * The team keeps no pointer to source.
 */
struct team *compose_load(const struct source *source, struct diags *diags);
/* Rules over a whole team: judges the text, not the machine. */
void validate(const struct team *team, const struct source *source,
    struct diags *diags);
/* Folders to work in that are not there; a start looks for its own. */
void validate_folders(const struct team *team, const struct source *source,
    struct diags *diags);
/* NULL is allowed. */
void compose_free(struct team *team);

/*
 * Whether there is anything that only a supervisor does for it: starting it
 * again, checks, limits, hooks, links.
 */
bool compose_needs_supervisor(const struct team *team,
    const struct agent *agent);

const char *restart_mode_name(enum restart_mode mode);
const char *condition_name(enum condition condition);
const char *strategy_name(enum strategy strategy);

/*
 * path as the loader opens it: absolute, below the root unless it was so
 * before, "." and ".." resolved as text.  The caller frees.
 */
char *compose_path(const char *root, const char *path);
/* The id that the text has: that of which it is a replica, or its own. */
const char *compose_text_id(const struct agent *agent);
/*
 * The mapping that a key of an agent comes from: its own, the team's
 * `defaults`, or NULL when it was not given.
 */
const struct yaml_node *compose_agent_key(const struct team *team,
    const struct agent *agent, const char *key);

#endif
