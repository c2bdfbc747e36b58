/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * How commands print their answer on stdout: tables for people, one JSON
 * document for programs, colour where it is wanted.  Whether stdout took it is
 * checked once, at the end of main.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "jstring.h"
#include "table.h"

/*
 * Colour on that descriptor?  --color or TEAMCTL_COLOR decides; "auto" is yes
 * for a terminal that can, unless NO_COLOR is set and not empty.
 */
bool output_color(int fd);
/*
 * Columns for a line that is written over again and again; 0 where that cannot
 * be had.
 */
size_t output_live_columns(int fd);

/* On stdout, as wide as the terminal and in its colours. */
void output_table(const struct table *table);
/*
 * Over what stands on the terminal already: clears what older lines have left
 * and does not scroll.
 */
void output_table_over(const struct table *table);
void output_text(const struct strbuf *text);

/* An object that begins with "schema": 1. */
json_t *output_document(void);
/* Prints a document on stdout and frees it. */
void output_json(json_t *document);
/* One has been printed. */
bool output_has_json(void);

#endif
