/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * The source of the model's text that reads the real file system, environment
 * and commands of the user's.
 */
#ifndef SYSOURCE_H
#define SYSOURCE_H

#include "source.h"

/* Sets the functions; root, file and share are up to the caller. */
void sysource_init(struct source *source);

#endif
