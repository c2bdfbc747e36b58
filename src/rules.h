/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The ids of all findings about a team's files.  They stand in brackets at the
 * end of a finding, are listed in teamctl-compose(5), and never change.
 */
#ifndef RULES_H
#define RULES_H

#include <stddef.h>

#define RULE_YAML_SYNTAX "yaml-syntax"
#define RULE_YAML_ENCODING "yaml-encoding"
#define RULE_YAML_LIMIT "yaml-limit"
#define RULE_YAML_DUPLICATE "yaml-duplicate"
#define RULE_YAML_KEY "yaml-key"
#define RULE_YAML_ALIAS "yaml-alias"
#define RULE_YAML_TAG "yaml-tag"
#define RULE_YAML_DOCUMENTS "yaml-documents"
#define RULE_FILE "file"
#define RULE_INTERPOLATION "interpolation"
#define RULE_VARIABLE_UNSET "variable-unset"
#define RULE_VARIABLE_REQUIRED "variable-required"
#define RULE_DOTENV "dotenv"
#define RULE_UNKNOWN_KEY "unknown-key"
#define RULE_OBSOLETE_KEY "obsolete-key"
#define RULE_MERGE_KEY "merge-key"
#define RULE_KEY_TYPE "key-type"
#define RULE_KEY_REQUIRED "key-required"
#define RULE_KEY_VALUE "key-value"
#define RULE_KEY_CONFLICT "key-conflict"
#define RULE_NOT_YET "not-yet"
#define RULE_VERSION "version"
#define RULE_BROKER_TYPE "broker-type"
#define RULE_SUPERVISOR_TYPE "supervisor-type"
#define RULE_SUPERVISOR_UNUSED "supervisor-unused"
#define RULE_DRAIN_TIMEOUT "drain-timeout"
#define RULE_TMUX_NAME "tmux-name"
#define RULE_NAME_CHARSET "name-charset"
#define RULE_PROJECT_DUPLICATE "project-duplicate"
#define RULE_AGENT_DUPLICATE "agent-duplicate"
#define RULE_MANIFEST_PROJECT "manifest-project"
#define RULE_MANIFEST_UNUSED "manifest-unused"
#define RULE_AGENT_LIMIT "agent-limit"
#define RULE_SESSION_COLLISION "session-collision"
#define RULE_CHANNEL_MEMBER "channel-member"
#define RULE_CHANNEL_MEMBERS "channel-members"
#define RULE_CHANNEL_DUPLICATE "channel-duplicate"
#define RULE_TELEGRAM_WORKER "telegram-worker"
#define RULE_CAN_DM "can-dm"
#define RULE_CAN_BROADCAST "can-broadcast"
#define RULE_REPORTS_TO "reports-to"
#define RULE_REPORTS_TO_CYCLE "reports-to-cycle"
#define RULE_RUNTIME_UNKNOWN "runtime-unknown"
#define RULE_ROLE_PROMPT "role-prompt"
#define RULE_ROLE_PROMPT_MISSING "role-prompt-missing"
#define RULE_CWD_MISSING "cwd-missing"
#define RULE_DISPLAY_NAME "display-name"
#define RULE_MCP_RESERVED "mcp-reserved"
#define RULE_DEPENDS_ON "depends-on"
#define RULE_DEPENDS_ON_CYCLE "depends-on-cycle"
#define RULE_LINK "link"
#define RULE_RATE_LIMIT_HOOK "rate-limit-hook"
#define RULE_SIGNAL "signal"
#define RULE_PATTERN "pattern"
#define RULE_ADDRESS "address"
#define RULE_ENV_NAME "env-name"
#define RULE_SECRET "secret"
#define RULE_RUNTIME_FILE "runtime-file"
#define RULE_RUNTIME_VARIABLE "runtime-variable"
#define RULE_RUNTIME_WRAPPER "runtime-wrapper"
#define RULE_SECRET_MISSING "secret-missing"
#define RULE_ENV_RESERVED "env-reserved"
#define RULE_MCP_TEXT "mcp-text"
#define RULE_MCP_ENV "mcp-env"
#define RULE_MCP_UNSUPPORTED "mcp-unsupported"

struct rule {
	const char *id;
	const char *text; /* one line, lower-case, no full stop */
};

extern const struct rule rules[];
extern const size_t rules_nr;

#endif
