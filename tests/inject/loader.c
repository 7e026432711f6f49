/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loader PATH: loads the shared object PATH for an "o" on stdin, unloads it for a "c", and for any other character calls
 * late() of it once. Each is answered with a line: the character, and what was returned.
 */
#include <dlfcn.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	int (*late)(int) = NULL;
	void *lib = NULL;
	int c;

	setlinebuf(stdout);
	puts("ready");
	while (argc > 1 && (c = getchar()) != EOF) {
		int got = 0;

		if (c == '\n')
			continue;
		if (c == 'o') {
			lib = dlopen(argv[1], RTLD_NOW);
			late = lib ? (int (*)(int))dlsym(lib, "late") : NULL;
		} else if (c == 'c') {
			got = lib ? dlclose(lib) : -1;
		} else {
			got = late ? late(c) : -1;
		}
		printf("%c %d\n", c, got);
	}
	return 0;
}
