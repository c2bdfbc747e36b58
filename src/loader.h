/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * What the files that implement compose.h share; for compose*.c only.
 *
 * The tree was compared with the key table (check.h) and all that is wrong
 * with a single value was reported, so reading is silent: a value of the wrong
 * kind is as good as absent.
 */
#ifndef LOADER_H
#define LOADER_H

#include "check.h"
#include "compose.h"
#include "manifest.h"

struct compose_arena {
	struct arena mem;
	struct strmap strings; /* each string of the team once */
	struct yaml_doc **docs;
	size_t nr_doc, alloc_doc;
};

/* An agent that was added, or may be, and its project. */
struct addition {
	struct manifest manifest;
	struct project *project;
	bool is_candidate;
};

struct loader {
	const struct source *source;
	struct diags *diags;
	struct team *team;
	struct interp interp;
	struct check check;
	struct strmap env_files; /* path to struct env_file, read once */
	struct strmap names;     /* ids of the projects so far */
	struct strmap scales;    /* id of the text to struct scale */
	struct strmap replicas;  /* id of the text to struct replicas */
	size_t nr_agent;
	size_t cost;             /* of the files so far (load_costs) */
	size_t nr_default;       /* values of defaults in all agents so far */
	bool is_full;            /* load_is_full has told so */
};

/*
 * compose.c: the mapping of a file below the root, or of a text of that name;
 * NULL after an error.
 */
struct yaml_node *load_file(struct loader *loader, const char *path,
    struct pos pos);
struct yaml_node *load_text(struct loader *loader, const char *path,
    const char *text, size_t len);

/* Adds what a file has cost: its length and the values in it. */
void load_costs(struct loader *loader, size_t len, size_t values);
/* Whether no more files may be read, with a finding at first. */
bool load_is_too_much(struct loader *loader, struct pos pos);
/*
 * Whether agents have taken all they may, with a finding at first: of a few
 * lines, defaults, env_files and replicas can make any number of values.
 */
bool load_is_full(struct loader *loader, struct pos pos);

/* compose-project.c: team->projects and by_id. */
void load_projects(struct loader *loader);
/* More agents for a project: those of manifests that have their place in it. */
void load_more_agents(struct loader *loader, struct project *project,
    struct addition *const *additions, size_t nr);

/* compose-dynamic.c: agents that were added with `teamctl add`. */
void load_dynamic(struct loader *loader);

/* compose-read.c: values of nodes into members of structs. */

enum field_kind {
	FIELD_STRING,   /* char *, any scalar as written */
	FIELD_OPTIONAL, /* char *, NULL for null */
	FIELD_BOOL,
	FIELD_INT,
	FIELD_INT64,
	FIELD_SECS,     /* seconds into int64_t milliseconds */
	FIELD_DURATION, /* int64_t milliseconds */
	FIELD_SIZE,     /* int64_t bytes */
	FIELD_NUMBER,   /* double */
	FIELD_WORD,     /* an enum: the index in words */
	FIELD_STRINGS,  /* struct strvec of one text or a list */
	FIELD_ARGV,     /* struct strvec of a list, or sh -c TEXT */
};

struct field {
	const char *key;
	enum field_kind kind;
	size_t offset;
	const char *const *words; /* ends with NULL */
};

/* Reads what map has of fields, which end with a NULL key, into base. */
void load_fields(struct loader *loader, const struct yaml_node *map,
    const struct field *fields, void *base);
/* What FIELD_ARGV reads. */
void load_argv(struct loader *loader, const struct yaml_node *node,
    struct strvec *argv);
/* The team's copy of a text, good as long as the team. */
char *load_share(struct loader *loader, const char *text);
/* A copy of nr items of size in the team's memory. */
void *load_copy(struct loader *loader, const void *items, size_t nr,
    size_t size);
/* path, below the root unless absolute, "." and ".." resolved as text. */
char *load_path(struct loader *loader, const char *path);
/* The value of a key that is neither absent nor null, or NULL. */
struct yaml_node *load_get(const struct yaml_node *map, const char *key);

extern const char *const condition_words[], *const strategy_words[],
    *const on_fail_words[], *const on_exceed_words[];

/* compose-agent.c: one agent of a project, from defaults and its own map. */
struct agent *load_agent(struct loader *loader, struct project *project,
    const char *name, const struct yaml_node *node);

/* compose-parts.c: parts of agents that are more than a value. */
void load_environment(struct loader *loader, struct agent *agent,
    const struct yaml_node *const *maps, size_t nr);
void load_secrets(struct loader *loader, struct agent *agent,
    const struct yaml_node *const *maps, size_t nr);
void load_mcps(struct loader *loader, struct agent *agent,
    const struct yaml_node *const *maps, size_t nr);
void load_depends_on(struct loader *loader, struct agent *agent,
    const struct yaml_node *map, bool is_default);
void load_links(struct loader *loader, struct agent *agent,
    const struct yaml_node *map);
/* `on`; HOOK_NR lists, those that map does not name stay as they are. */
void load_hooks(struct loader *loader, const struct yaml_node *map,
    struct hook_list *lists);
void load_release_env_files(struct loader *loader);

/* The copy of an agent that has another name. */
struct agent *load_replica(struct loader *loader, const struct agent *agent,
    int slot);

/* compose-replicas.c: agents of which there are several. */

/* Which numbers an agent's slots have; from `teamctl scale`. */
struct scale {
	int *slots;
	size_t nr;
};

/* The agents that have been made of one, in the order of their numbers. */
struct replicas {
	struct agent **agents;
	size_t nr, alloc;
};

/* What state/scale.json says. */
void load_scales(struct loader *loader);
/*
 * Calls fn with the number of each slot of an agent, until it returns false;
 * with 0 when there is one only, of the plain name.
 */
void load_slots(struct loader *loader, const struct agent *agent,
    bool (*fn)(void *ctx, int slot), void *ctx);
/* Remembers a slot for load_references. */
void load_add_replica(struct loader *loader, struct agent *replica);
/* A name that stands for several agents becomes their names. */
void load_references(struct loader *loader);
void load_release_replicas(struct loader *loader);

/* meta.c: agent->acl and agent->meta of all agents of a project. */
void load_meta(struct loader *loader, struct project *project);

#endif
