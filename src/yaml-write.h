/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A tree of nodes as YAML in block style, as it was written: plain text stays
 * plain, variables are not filled in.  Comments, anchors and the style of
 * quotes are not kept.
 */
#ifndef YAML_WRITE_H
#define YAML_WRITE_H

#include "strbuf.h"
#include "yaml.h"

enum { YAML_WRITE_MAX = 4 << 20 }; /* bytes: aliases are written out */

/*
 * Appends the pairs of a mapping, each line indented by so many blanks.  -1
 * when that would be too long; then out holds the beginning.
 */
int yaml_write_map(struct strbuf *out, const struct yaml_node *map,
    int indent);
/* Appends well-formed UTF-8 in double quotes. */
void yaml_add_quoted(struct strbuf *out, const char *s);
/* JSON in UTF-8, with what YAML would not read as it stands escaped. */
void yaml_add_json(struct strbuf *out, const char *json);

#endif
