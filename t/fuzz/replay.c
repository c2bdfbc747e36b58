/* SPDX-License-Identifier: ISC
 * Copyright (c) 2026 The teamctl authors
 *
 * A main for compilers without libFuzzer: gives each file to the fuzzer once.
 */
#include "fuzz.h"

#include <stdio.h>

int
main(int argc, char **argv)
{
	char buf[65536];
	FILE *file;
	size_t n;
	int i;

	for (i = 1; i < argc; i++) {
		file = fopen(argv[i], "rb");
		if (!file) {
			perror(argv[i]);
			return 1;
		}
		n = fread(buf, 1, sizeof(buf), file);
		fclose(file);
		LLVMFuzzerTestOneInput((const uint8_t *)buf, n);
	}
	printf("%d inputs\n", argc - 1);
	return 0;
}
