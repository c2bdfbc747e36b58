/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * Name-based UUIDs (version 5, RFC 9562).
 */
#ifndef UUID_H
#define UUID_H

enum { UUID_TEXT = 37 };

/*
 * The session id that the original gives to a name ("teamctl:PROJECT:AGENT"),
 * so that a conversation begun there can go on here.
 */
void uuid_of_session(const char *name, char out[UUID_TEXT]);

#endif
