/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * See rules.h.
 */
#include "rules.h"

const struct rule rules[] = {
	{ RULE_YAML_SYNTAX, "the file is not YAML" },
	{ RULE_YAML_ENCODING,
	    "the file is not clean UTF-8 text: other encodings, NUL, "
	    "control characters" },
	{ RULE_YAML_LIMIT,
	    "too large, nested too deep, too many values, or too much "
	    "by aliases, variables, defaults or replicas" },
	{ RULE_YAML_DUPLICATE,
	    "a key stands twice in one mapping, or a variable or secret in "
	    "one list" },
	{ RULE_YAML_KEY, "a key is not text" },
	{ RULE_YAML_ALIAS,
	    "an alias without its anchor or inside of what it names, or "
	    "an anchor that is given anew" },
	{ RULE_YAML_TAG, "a YAML tag that has no meaning here" },
	{ RULE_YAML_DOCUMENTS, "more than one document in a file" },
	{ RULE_FILE, "a file that is named cannot be read" },
	{ RULE_INTERPOLATION,
	    "a $ that begins no variable, or a broken ${...}" },
	{ RULE_VARIABLE_UNSET,
	    "a variable without a value and without a default" },
	{ RULE_VARIABLE_REQUIRED, "a ${NAME:?text} variable without a value" },
	{ RULE_DOTENV, "a line of .env or an env_file that is not NAME=value" },
	{ RULE_UNKNOWN_KEY,
	    "a key that does not exist at this level; it is ignored" },
	{ RULE_OBSOLETE_KEY,
	    "a key that the original teamctl has dropped; it is ignored" },
	{ RULE_MERGE_KEY, "a YAML merge key; merge keys are not applied" },
	{ RULE_KEY_TYPE, "a value of the wrong kind" },
	{ RULE_KEY_REQUIRED, "a key that must be there is not" },
	{ RULE_KEY_VALUE,
	    "a value that is not one of the allowed words or out of its "
	    "range" },
	{ RULE_KEY_CONFLICT,
	    "keys that exclude each other, or none of several where "
	    "one is needed" },
	{ RULE_NOT_YET, "keys that are accepted but have no effect yet" },
	{ RULE_VERSION, "the version is neither 2 nor \"2.x.y\"" },
	{ RULE_BROKER_TYPE, "broker.type is not sqlite" },
	{ RULE_SUPERVISOR_TYPE,
	    "supervisor.type is not tmux, systemd or launchd" },
	{ RULE_SUPERVISOR_UNUSED,
	    "supervisor.type is accepted, but tmux is used" },
	{ RULE_DRAIN_TIMEOUT,
	    "supervisor.drain_timeout_secs is not within 0 to 600" },
	{ RULE_TMUX_NAME,
	    "supervisor.tmux_prefix or tmux_socket has characters that "
	    "tmux rewrites or refuses" },
	{ RULE_NAME_CHARSET,
	    "a project or agent id with characters that sessions, "
	    "files or addresses cannot carry" },
	{ RULE_PROJECT_DUPLICATE, "two projects with one id" },
	{ RULE_AGENT_DUPLICATE, "two agents of one project with one id" },
	{ RULE_MANIFEST_PROJECT,
	    "an agent to be added, or added, to a project that is not there" },
	{ RULE_MANIFEST_UNUSED,
	    "an added agent that the compose file has, too" },
	{ RULE_AGENT_LIMIT, "more agents than a team may have" },
	{ RULE_SESSION_COLLISION,
	    "two agents that would share a tmux session and files" },
	{ RULE_CHANNEL_MEMBER,
	    "a channel member that is no agent of the project" },
	{ RULE_CHANNEL_MEMBERS,
	    "channel members given as text other than \"*\"" },
	{ RULE_CHANNEL_DUPLICATE, "two channels of one project with one name" },
	{ RULE_TELEGRAM_WORKER,
	    "a telegram interface on an agent that is not a manager" },
	{ RULE_CAN_DM, "can_dm names no agent of the project" },
	{ RULE_CAN_BROADCAST, "can_broadcast names no channel of the project" },
	{ RULE_REPORTS_TO, "reports_to names no manager of the project" },
	{ RULE_REPORTS_TO_CYCLE,
	    "agents that report to each other in a circle, or to themselves" },
	{ RULE_RUNTIME_UNKNOWN, "a runtime without a descriptor" },
	{ RULE_ROLE_PROMPT, "a blank role_prompt" },
	{ RULE_ROLE_PROMPT_MISSING, "a role_prompt file that is not there" },
	{ RULE_CWD_MISSING, "a working directory that is not there" },
	{ RULE_DISPLAY_NAME, "a display_name that is blank or too long" },
	{ RULE_MCP_RESERVED, "an MCP server with the reserved name team" },
	{ RULE_DEPENDS_ON, "depends_on names no agent" },
	{ RULE_DEPENDS_ON_CYCLE,
	    "agents that wait for each other in a circle" },
	{ RULE_LINK, "links or monitors name no agent" },
	{ RULE_RATE_LIMIT_HOOK,
	    "a rate limit hook that is not defined, or with an unknown "
	    "action" },
	{ RULE_SIGNAL, "not the name of a signal" },
	{ RULE_PATTERN, "not a POSIX extended regular expression" },
	{ RULE_ADDRESS, "not HOST:PORT with a numeric HOST or localhost" },
	{ RULE_ENV_NAME, "not the name of an environment variable" },
	{ RULE_SECRET,
	    "a secret without a source, with an unknown kind of "
	    "source, or a reference that is no name" },
	{ RULE_RUNTIME_FILE, "a runtime descriptor that cannot be used" },
	{ RULE_RUNTIME_VARIABLE,
	    "a descriptor uses a variable that there is not" },
	{ RULE_RUNTIME_WRAPPER, "a wrapper that is not there or not readable" },
	{ RULE_SECRET_MISSING,
	    "at the start: a required secret has no value where it should be" },
	{ RULE_ENV_RESERVED,
	    "at the start: a variable that teamctl sets itself; the value "
	    "is not used" },
	{ RULE_MCP_TEXT, "at the start: an MCP server with text not in UTF-8" },
	{ RULE_MCP_ENV,
	    "at the start: two values of one variable for MCP servers of "
	    "a runtime that knows one" },
	{ RULE_MCP_UNSUPPORTED,
	    "at the start: MCP servers for a runtime without MCP" },
};

const size_t rules_nr = sizeof(rules) / sizeof(rules[0]);
