/* SPDX-License-Identifier: ISC */
/* replay: run one fuzz target over its seed corpus without libFuzzer: each file as it is, cut
 * short, and with some bytes changed, the same in every run. With arguments: only those files (a
 * fuzzer's findings), as they are. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/random.h"

#ifndef VARIANTS
#define VARIANTS 300 /* of each seed */
#endif

enum { FILE_MOST = 1 << 20, HARD_ERROR = 99 };

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static unsigned char file[FILE_MOST];

/* The target gets exactly its bytes on the heap, so that a sanitizer sees one more. */
static void
target_run(const unsigned char *data, size_t size)
{
	unsigned char *exact = malloc(size + (size == 0));

	if (exact == NULL)
		exit(HARD_ERROR);
	memcpy(exact, data, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
}

static size_t
file_read(const char *path)
{
	FILE *stream = fopen(path, "rb");
	size_t size;

	if (stream == NULL) {
		perror(path);
		exit(HARD_ERROR);
	}
	size = fread(file, 1, sizeof file, stream);
	fclose(stream);
	return size;
}

static void
file_vary(size_t size)
{
	struct random random = { 0x9e3779b97f4a7c15 };
	unsigned char *variant = malloc(size);

	if (variant == NULL)
		exit(HARD_ERROR);
	for (int i = 0; i < VARIANTS; i++) {
		uint32_t cut = random_below(&random, 4) == 0 ? random_below(&random, (uint32_t)size)
							     : 0;

		memcpy(variant, file, size);
		for (uint32_t n = random_below(&random, 8); n > 0; n--)
			variant[random_below(&random, (uint32_t)size)] = (unsigned char)
			    random_below(&random, 256);
		target_run(variant, size - cut);
	}
	free(variant);
}

/* All files of SOURCE_DIR/tests/fuzz/corpus/NAME for the program fuzz_NAME. */
static int
corpus_replay(const char *program)
{
	const char *name = strstr(program, "fuzz_"), *source = getenv("SOURCE_DIR");
	char folder[4096], path[8192];
	struct dirent *entry;
	int count = 0;
	DIR *dir;

	for (const char *next = name; next != NULL; next = strstr(next + 1, "fuzz_"))
		name = next;
	if (name == NULL)
		return 0;
	snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", source != NULL ? source : ".",
	    name + 5);
	dir = opendir(folder);
	if (dir == NULL) {
		perror(folder);
		return 0;
	}
	while ((entry = readdir(dir)) != NULL) {
		size_t size;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		size = file_read(path);
		target_run(file, size);
		if (size > 0)
			file_vary(size);
		count++;
	}
	closedir(dir);
	return count;
}

int
main(int argc, char **argv)
{
	int count = argc - 1;

	for (int i = 1; i < argc; i++)
		target_run(file, file_read(argv[i]));
	if (argc == 1) {
		target_run(file, 0);
		count = corpus_replay(argv[0]);
	}
	printf("%s: %d inputs\n", argv[0], count);
	return count > 0 ? 0 : HARD_ERROR; /* an empty corpus tests nothing */
}
