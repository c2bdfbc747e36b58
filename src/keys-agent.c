/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See keys.h: the keys of an agent.
 */
#include "keys.h"

#include "signame.h"
#include "units.h"

#define STRING KEY_STRING
#define OPTIONAL (KEY_STRING | KEY_NULL)
#define EFFORTS "low|medium|high|xhigh|max"
#define MODES "always|on-failure|never|permanent|transient|temporary"

/* Patterns of what rules let through; where the rule is. */
#define NAME "^" UNITS_NAME "$"
#define AGENT "^(" UNITS_NAME ":)?" UNITS_NAME "$" /* validation_find */
#define ENV_NAME "^" UNITS_ENV_NAME "$"
#define ENV_ITEM "^" UNITS_ENV_NAME "(=|$)"
#define NOT_BLANK "[^ \t\n]"
#define SECRET_CHARS "[^${} \t\n]+" /* check_references */
#define SECRET_REF "^(" SECRET_CHARS "|\\$\\{" SECRET_CHARS "\\})$"
#define SECRET_KINDS "^(env|file|cmd):" /* kinds of validate-agent.c */
/* A part of a path that is not "..", and a path of those: is_outside. */
#define SECRET_PART "(([^/.]|\\.[^/.]|\\.\\.[^/])[^/]*|\\.)"
#define SECRET_KEY SECRET_KINDS "|^(" SECRET_PART "(/" SECRET_PART "?)*)?$"
/* check_address; a port is within 1 to 65535. */
#define PORT "0*([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|" \
	"65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
#define ADDRESS "^(localhost|[0-9.]+|\\[(.|\n)+\\]):" PORT "$"
/* signame_parse; TERM is the one that needs no bar before it. */
#define OR(name) "|" #name
#define SIGNAL "^(SIG)?(TERM" SIGNAMES(OR) ")$"

static const struct key string_values[] = {
	{ .name = "*", STRING, 0, "0.1", NULL, "a value" },
	{ 0 },
};

static const struct key speech_keys[] = {
	{ .name = "provider", STRING, KEY_REQUIRED, "0.8.0", NULL,
	    "who transcribes" },
	{ .name = "api_key_env", STRING, KEY_REQUIRED, "0.8.0", NULL,
	    "variable that holds the provider's key" },
	{ .name = "model", STRING, KEY_REQUIRED, "0.8.0", NULL,
	    "model that transcribes" },
	{ .name = "language", OPTIONAL, 0, "0.8.0", NULL, "language spoken" },
	{ 0 },
};

static const struct key telegram_keys[] = {
	{ .name = "bot_token_env", STRING, KEY_REQUIRED, "0.6.0", NULL,
	    "variable that holds the bot's token" },
	{ .name = "chat_ids_env", STRING, KEY_REQUIRED, "0.6.0", NULL,
	    "variable that holds the chats it may talk to" },
	{ .name = "speech_to_text", KEY_MAP | KEY_NULL, 0, "0.8.0", NULL,
	    "transcription of voice messages", .keys = speech_keys },
	{ 0 },
};

static const struct key interface_keys[] = {
	{ .name = "telegram", KEY_MAP | KEY_NULL, 0, "0.6.0", NULL,
	    "a Telegram bot in front of a manager", .keys = telegram_keys },
	{ 0 },
};

static const struct key hook_keys[] = {
	{ .name = "event", STRING, KEY_REQUIRED, "0.8.7", NULL,
	    "when it runs" },
	{ .name = "matcher", OPTIONAL, 0, "0.8.7", NULL, "for which tools" },
	{ .name = "command", STRING, KEY_REQUIRED, "0.8.7", NULL,
	    "what it runs" },
	{ 0 },
};

static const struct key hook_item = { .name = "[]", KEY_MAP, 0, "0.8.7", NULL,
	"a hook", .keys = hook_keys };

static const struct key mcp_keys[] = {
	{ .name = "command", STRING, KEY_REQUIRED, "0.8.7", NULL,
	    "program of the server" },
	{ .name = "args", KEY_LIST, 0, "0.8.7", NULL, "its arguments" },
	{ .name = "env", KEY_MAP, 0, "0.8.7", NULL, "its environment",
	    .keys = string_values },
	{ 0 },
};

static const struct key mcp_map[] = {
	{ .name = "*", KEY_MAP, 0, "0.8.7", NULL, "a server by its name",
	    .keys = mcp_keys, .reserved = KEY_OWN_MCP },
	{ 0 },
};

static const struct key environment_value_keys[] = {
	{ .name = "value", OPTIONAL, 0, "new", NULL, "the value" },
	{ .name = "secret_ref", STRING, KEY_RAW, "new", NULL,
	    "name of the secret that holds the value, as NAME or ${NAME}",
	    .pattern = SECRET_REF },
	{ 0 },
};

static const struct key environment_map[] = {
	{ .name = "*", OPTIONAL | KEY_MAP, 0, "new", NULL,
	    "a variable; without a value it is taken from teamctl's own",
	    .keys = environment_value_keys,
	    .names = ENV_NAME },
	{ 0 },
};

static const struct key environment_item_keys[] = {
	{ .name = "name", STRING, KEY_REQUIRED, "new", NULL,
	    "name of the variable", .pattern = ENV_NAME },
	{ .name = "value", OPTIONAL, 0, "new", NULL, "the value" },
	{ .name = "secret_ref", STRING, KEY_RAW, "new", NULL,
	    "name of the secret that holds the value, as NAME or ${NAME}",
	    .pattern = SECRET_REF },
	{ 0 },
};

static const struct key environment_item = { .name = "[]", STRING | KEY_MAP, 0,
	"new", NULL, "NAME=value, or NAME to take it from teamctl's own",
	.keys = environment_item_keys, .pattern = ENV_ITEM };

static const struct key secret_keys[] = {
	{ .name = "name", STRING, KEY_REQUIRED, "new", NULL,
	    "what secret_ref calls it" },
	{ .name = "key", OPTIONAL, 0, "new", NULL,
	    "its key where secrets are kept: a variable or a file",
	    .pattern = SECRET_KEY },
	{ .name = "from", OPTIONAL, 0, "new", NULL,
	    "env:NAME, file:PATH or cmd:COMMAND LINE that yields it",
	    .pattern = SECRET_KINDS },
	{ .name = "required", KEY_BOOL, 0, "new", "true",
	    "whether the agent is refused without it" },
	{ 0 },
};

static const struct key secret_item = { .name = "[]", KEY_MAP, 0, "new", NULL,
	"a secret", .keys = secret_keys };

static const struct key backoff_keys[] = {
	{ .name = "initial", KEY_DURATION, 0, "new", "100ms", "first wait" },
	{ .name = "max", KEY_DURATION, 0, "new", "30s", "longest wait" },
	{ .name = "factor", KEY_NUMBER, 0, "new", "2",
	    "how much longer each wait is than the last", .min = 1,
	    .max = 100 },
	{ .name = "jitter", KEY_NUMBER, 0, "new", "0.1",
	    "part of a wait that is left to chance", .min = 0, .max = 1 },
	{ 0 },
};

static const struct key exit_code_item = { .name = "[]", KEY_INT, 0, "new",
	NULL, "an exit code", .min = 0, .max = 255 };

static const struct key restart_keys[] = {
	{ .name = "policy", KEY_ENUM, 0, "new", "always", "when to restart",
	    .values = MODES },
	{ .name = "max_restarts", KEY_INT, 0, "new", "5",
	    "restarts allowed within the window", .min = 0, .max = 1000000 },
	{ .name = "within", KEY_DURATION, 0, "new", "1m", "the window" },
	{ .name = "backoff", KEY_MAP, 0, "new", NULL, "waits between restarts",
	    .keys = backoff_keys },
	{ .name = "reset_after", KEY_DURATION, 0, "new", "1m",
	    "after this long a run the waits begin anew" },
	{ .name = "success_exit_codes", KEY_LIST, 0, "new", "0",
	    "exit codes that are no failure", .item = &exit_code_item },
	{ 0 },
};

static const struct key dependency_keys[] = {
	{ .name = "condition", KEY_ENUM, 0, "new",
	    "started", "what is waited for",
	    .values = "started|ready|healthy|completed" },
	{ .name = "timeout", KEY_DURATION | KEY_NULL, 0, "new", NULL,
	    "how long is waited" },
	{ 0 },
};

static const struct key dependency_map[] = {
	{ .name = "*", KEY_MAP | KEY_NULL, 0, "new", NULL,
	    "an agent of the project, or project:agent",
	    .keys = dependency_keys, .names = AGENT },
	{ 0 },
};

static const struct key probe_keys[] = {
	{ .name = "command", STRING | KEY_LIST, KEY_NOT_EMPTY | KEY_ALONE,
	    "new", NULL, "succeeds when it exits with 0" },
	{ .name = "tcp", STRING, KEY_ALONE, "new", NULL,
	    "HOST:PORT that accepts a connection; a number or localhost",
	    .pattern = ADDRESS },
	{ .name = "file", STRING, KEY_ALONE, "new", NULL,
	    "path that exists" },
	{ .name = "pane", STRING, KEY_RAW | KEY_ALONE, "new", NULL,
	    "POSIX extended regular expression that the screen matches" },
	{ .name = "check_interval_secs", KEY_NUMBER, 0, "new", "10",
	    "seconds between two checks", .min = 0.1, .max = 86400 },
	{ .name = "timeout_secs", KEY_NUMBER, 0, "new", "5",
	    "seconds one check may take", .min = 0.1, .max = 86400 },
	{ .name = "max_retries", KEY_INT, 0, "new", "3",
	    "failures in a row until it counts", .min = 0, .max = 1000000 },
	{ .name = "on_fail", KEY_ENUM, 0, "new", "restart",
	    "what is done then", .values = "restart|quarantine|notify" },
	{ 0 },
};

static const struct key drain_keys[] = {
	{ .name = "keys", STRING | KEY_LIST, 0, "new", "C-c",
	    "tmux key names sent to ask the agent to end" },
	{ .name = "repeat", KEY_INT, 0, "new", "1", "how often at most",
	    .min = 0, .max = 100 },
	{ .name = "gap", KEY_DURATION, 0, "new", "300ms",
	    "between two times" },
	{ .name = "timeout", KEY_DURATION, 0, "new", "10s",
	    "how long the agent may take" },
	{ .name = "signal", STRING, 0, "new", "TERM", "sent after that",
	    .pattern = SIGNAL },
	{ .name = "kill_after", KEY_DURATION, 0, "new", "500ms",
	    "from that signal to KILL" },
	{ 0 },
};

static const struct key limit_keys[] = {
	{ .name = "max_memory_mb", KEY_INT, 0, "new", NULL,
	    "memory of the whole process tree in MiB", .min = 0, .max = 1e9 },
	{ .name = "max_cpu_percent", KEY_INT, 0, "new", NULL,
	    "processor time, 100 is one processor", .min = 0, .max = 1e6 },
	{ .name = "max_file_descriptors", KEY_INT, 0, "new", NULL,
	    "open files of one process", .min = 0, .max = 1e9 },
	{ .name = "max_cpu_secs", KEY_INT, 0, "new", NULL,
	    "processor seconds of one process", .min = 0, .max = 1e9 },
	{ .name = "max_wall_secs", KEY_INT, 0, "new", NULL,
	    "seconds from start to end", .min = 0, .max = 1e9 },
	{ .name = "warn_at", KEY_NUMBER, 0, "new", "0.8",
	    "part of a limit at which is warned", .min = 0, .max = 1 },
	{ .name = "on_exceed", KEY_ENUM, 0, "new", "warn",
	    "what is done above a limit",
	    .values = "warn|stop|restart|quarantine" },
	{ 0 },
};

static const struct key argv_item = { .name = "[]", STRING | KEY_LIST, 0,
	"new", NULL, "a word of an argv, or an argv" };

#define HOOK STRING | KEY_LIST, 0, "new", NULL
const struct key on_keys[] = {
	{ .name = "started", HOOK, "an agent has started",
	    .item = &argv_item },
	{ .name = "start_failed", HOOK, "it did not start, or ended at once",
	    .item = &argv_item },
	{ .name = "ready", HOOK, "it is ready", .item = &argv_item },
	{ .name = "exit", HOOK, "it ended, and nobody had asked for it",
	    .item = &argv_item },
	{ .name = "restart", HOOK, "it is going to be started again",
	    .item = &argv_item },
	{ .name = "failed", HOOK, "it has failed and is not started again",
	    .item = &argv_item },
	{ .name = "waiting", HOOK, "it waits for a person's answer",
	    .item = &argv_item },
	{ .name = "stopped", HOOK, "a person has stopped it",
	    .item = &argv_item },
	{ .name = "killed", HOOK, "it had to be killed",
	    .item = &argv_item },
	{ .name = "unhealthy", HOOK, "its health check has failed",
	    .item = &argv_item },
	{ .name = "limit", HOOK, "it is over a resource limit",
	    .item = &argv_item },
	{ .name = "quarantined", HOOK, "it is kept stopped",
	    .item = &argv_item },
	{ 0 },
};

const struct key log_keys[] = {
	{ .name = "keep", KEY_INT, 0, "new", "0",
	    "how many runs, with the present one; 0 keeps nothing", .min = 0,
	    .max = 10000 },
	{ .name = "max_size", KEY_SIZE, 0, "new", "10MiB",
	    "size at which a run goes on in a new file, 4KiB at least" },
	{ .name = "max_age", KEY_DURATION, 0, "new", NULL,
	    "runs that have ended longer ago are removed, too" },
	{ 0 },
};

static const struct key rate_limit_keys[] = {
	{ .name = "resume", KEY_BOOL, 0, "new", "false",
	    "start it again when the limit is over that it has ended at" },
	{ 0 },
};

static const struct key idle_stop_keys[] = {
	{ .name = "after", KEY_DURATION, 0, "new", "30m",
	    "how long it has to be idle" },
	{ .name = "mode", KEY_ENUM, 0, "new", "off",
	    "do nothing, say so in the journal, or stop it as well",
	    .values = "off|report|enact" },
	{ 0 },
};

static const struct key nudge_keys[] = {
	{ .name = "after", KEY_DURATION, 0, "new", NULL,
	    "how long it has to be idle; nothing or 0: never" },
	{ .name = "text", OPTIONAL, 0, "new", NULL, "what is typed" },
	{ .name = "max", KEY_INT, 0, "new", "3",
	    "how often in one run", .min = 0, .max = 1000 },
	{ 0 },
};

static const struct key link_keys[] = {
	{ .name = "agent", STRING, KEY_REQUIRED, "new", NULL,
	    "an agent of the project, or project:agent",
	    .pattern = AGENT },
	{ .name = "on", KEY_ENUM, 0, "new", "crash",
	    "after a failure only, or after any end that nobody asked for",
	    .values = "crash|any" },
	{ 0 },
};

static const struct key link_item = { .name = "[]", STRING | KEY_MAP, 0,
	"new", NULL, "an agent of the project, or project:agent",
	.keys = link_keys, .pattern = AGENT };

static const struct key monitor_keys[] = {
	{ .name = "agent", STRING, KEY_ONE_NEEDED, "new", NULL,
	    "an agent that reads it in its pane", .pattern = AGENT },
	{ .name = "hook", KEY_LIST, KEY_ONE_NEEDED, "new", NULL,
	    "argv that reads it on standard input, as JSON" },
	{ .name = "on", KEY_ENUM, 0, "new", "any",
	    "of failures only, or of any end", .values = "crash|any" },
	{ 0 },
};

static const struct key monitor_item = { .name = "[]", STRING | KEY_MAP, 0,
	"new", NULL, "an agent that reads it in its pane, or a hook",
	.keys = monitor_keys, .pattern = AGENT };

static const struct key permission_keys[] = {
	{ .name = "allow_restart", KEY_BOOL, 0, "new", "false",
	    "whether the agent may ask for its restart" },
	{ .name = "allow_shutdown", KEY_BOOL, 0, "new", "false",
	    "whether the agent may ask for its stop" },
	{ .name = "allowed_signals", KEY_LIST, 0, "new", "TERM",
	    "signals the agent may ask for", .items = SIGNAL },
	{ 0 },
};

static const struct key backend_keys[] = {
	{ .name = "type", KEY_ENUM, KEY_REQUIRED, "new", "native",
	    "the backend", .values = "native|container|wasm|remote|tee" },
	{ .name = "*", KEY_ANY, 0, "new", NULL, "an option of the backend" },
	{ 0 },
};

const struct key agent_keys[] = {
	{ .name = "runtime", STRING, 0, "0.1", "claude-code",
	    "the kind of agent: the name of a runtime descriptor",
	    .pattern = NAME },
	{ .name = "model", OPTIONAL, 0, "0.1", NULL,
	    "model, as the runtime names it" },
	{ .name = "role_prompt", OPTIONAL | KEY_LIST, KEY_NOT_EMPTY, "0.1",
	    NULL, "file with the agent's role, or several that are joined",
	    .pattern = NOT_BLANK, .items = NOT_BLANK },
	{ .name = "permission_mode", OPTIONAL, 0, "0.1", NULL,
	    "permission mode, as the runtime names it" },
	{ .name = "effort", KEY_ENUM | KEY_NULL, 0, "0.4.0", NULL,
	    "how hard the model thinks", .values = EFFORTS },
	{ .name = "command", STRING | KEY_LIST, 0, "new", NULL,
	    "run this instead of a runtime: argv, or a line for sh -c",
	    .pattern = "(.|\n)" },
	{ .name = "cwd", OPTIONAL, 0, "new", NULL,
	    "working directory instead of the project's" },
	{ .name = "environment", KEY_MAP | KEY_LIST, 0, "new", NULL,
	    "environment variables", .keys = environment_map,
	    .item = &environment_item },
	{ .name = "env_file", OPTIONAL | KEY_LIST, 0, "new", NULL,
	    "files with NAME=value lines, before environment" },
	{ .name = "secrets", KEY_LIST, 0, "new", NULL,
	    "secrets the agent gets", .item = &secret_item },
	{ .name = "mcps", KEY_MAP, 0, "0.8.7", NULL,
	    "MCP servers besides team's own", .keys = mcp_map },
	{ .name = "depends_on", KEY_MAP | KEY_LIST, 0, "new", NULL,
	    "agents that start before and stop after this one",
	    .keys = dependency_map, .items = AGENT },
	{ .name = "drain", KEY_MAP, 0, "new", NULL,
	    "how the agent is asked to end; defaults are its runtime's",
	    .keys = drain_keys },
	{ .name = "resource_limits", KEY_MAP, 0, "new", NULL,
	    "limits; 0 or nothing is unlimited", .keys = limit_keys },
	{ .name = "logs", KEY_MAP, 0, "new", NULL,
	    "what is kept of all that the agent prints", .keys = log_keys },
	{ .name = "rate_limit", KEY_MAP, 0, "new", NULL,
	    "what follows when it has ended at a rate limit",
	    .keys = rate_limit_keys },
	{ .name = "idle_stop", KEY_MAP, 0, "new", NULL,
	    "what is done when it is idle for long", .keys = idle_stop_keys },
	{ .name = "nudge", KEY_MAP, 0, "new", NULL,
	    "a text for it when it is idle", .keys = nudge_keys },
	{ .name = "on", KEY_MAP, KEY_RAW, "new", NULL,
	    "commands that the supervisor runs at events, with the team's",
	    .keys = on_keys },
	{ .name = "restart", KEY_ENUM | KEY_MAP, 0, "new", "always",
	    "what happens when the agent ends by itself", .values = MODES,
	    .keys = restart_keys },
	{ .name = "readiness", KEY_MAP | KEY_NULL, 0, "new", NULL,
	    "how is known that the agent has come up", .keys = probe_keys },
	{ .name = "health_check", KEY_MAP | KEY_NULL, 0, "new", NULL,
	    "how is known that the agent still works", .keys = probe_keys },
	{ .name = "criticality", KEY_ENUM, 0, "new", "optional",
	    "whether the team can do without the agent",
	    .values = "critical|optional" },
	{ .name = "command_permissions", KEY_MAP, 0, "new", NULL,
	    "what may be asked for from inside the agent",
	    .keys = permission_keys },
	{ .name = "backend", KEY_ENUM | KEY_MAP, KEY_LATER_UNLESS_DEFAULT,
	    "new", "native", "where the agent runs",
	    .values = "native|container|wasm|remote|tee",
	    .keys = backend_keys },
	{ .name = "host", OPTIONAL, KEY_LATER, "new", NULL,
	    "machine the agent runs on" },
	{ .name = "replicas", KEY_INT, 0, "new", "1",
	    "how many of it, named NAME-1 and so on", .min = 1, .max = 1000 },
	{ .name = "links", KEY_LIST, 0, "new", NULL,
	    "agents that end together with this one", .item = &link_item },
	{ .name = "monitors", KEY_LIST, 0, "new", NULL,
	    "who is told when this one ends", .item = &monitor_item },
	{ .name = "autonomy", STRING, KEY_COMPAT, "0.1", "low_risk_only",
	    "full, low_risk_only or proposal_only" },
	{ .name = "can_dm", KEY_LIST, KEY_COMPAT, "0.1", NULL,
	    "agents of the project it may write to; none: all",
	    .items = NAME },
	{ .name = "can_broadcast", KEY_LIST, KEY_COMPAT, "0.1", NULL,
	    "channels it may write to; none: all" },
	{ .name = "reports_to", OPTIONAL, KEY_COMPAT, "0.1", NULL,
	    "its manager in the project", .pattern = NAME },
	{ .name = "on_rate_limit", KEY_LIST | KEY_NULL, KEY_COMPAT, "0.1.1",
	    NULL, "names of rate limit hooks, instead of the team's" },
	{ .name = "interfaces", KEY_MAP | KEY_NULL, KEY_COMPAT, "0.6.0", NULL,
	    "ways to talk to a manager", .keys = interface_keys },
	{ .name = "display_name", OPTIONAL, KEY_COMPAT, "0.8.0", NULL,
	    "name for people, 1 to 64 characters", .pattern = NOT_BLANK,
	    .longest = KEY_DISPLAY_NAME_MAX },
	{ .name = "hooks", KEY_LIST, KEY_COMPAT | KEY_RAW, "0.8.7", NULL,
	    "hooks in Claude Code's settings", .item = &hook_item },
	{ .name = "subagents", KEY_LIST, KEY_COMPAT, "0.8.7", NULL,
	    "Claude Code subagent files" },
	{ .name = "skills", KEY_LIST, KEY_COMPAT, "0.11.0", NULL,
	    "Claude Code skill folders" },
	{ .name = "ultracode", KEY_BOOL, KEY_COMPAT, "0.11.0", "false",
	    "Claude Code's setting of that name" },
	{ .name = "telegram_inbox", KEY_ANY, KEY_OBSOLETE, "0.1", NULL,
	    "dropped in 0.6.0 for interfaces.telegram" },
	{ .name = "reports_to_user", KEY_ANY, KEY_OBSOLETE, "0.1", NULL,
	    "dropped in 0.6.0 for interfaces.telegram" },
	{ 0 },
};

const struct key manifest_keys[] = {
	{ .name = "name", STRING, KEY_RAW, "new", NULL,
	    "name of the agent" },
	{ .name = "project", STRING, KEY_RAW, "new", NULL,
	    "id of its project; --project says the same" },
	{ .name = "kind", KEY_ENUM, 0, "new", "async_worker",
	    "what it is",
	    .values = "async_worker|blocking_worker|supervisor" },
	{ .name = "restart_policy", KEY_ENUM, 0, "new", "permanent",
	    "what an agent's restart says", .values = MODES },
	{ .name = "dependencies", KEY_LIST, 0, "new", NULL,
	    "what an agent's depends_on says" },
	{ .keys = agent_keys }
};
