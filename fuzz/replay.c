/* Feeds every file of the corpus folders named on the command line to a fuzz target, so that what
 * the fuzzer knows is also an ordinary test, with any compiler. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_BYTES = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The copy is exactly as long as the file, so that a sanitizer sees a read past its end. */
static int replay_file(const char *path)
{
    static uint8_t whole[FILE_MAX_BYTES];
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        return -1;
    }
    size_t size = fread(whole, 1, sizeof whole, f);
    fclose(f);
    uint8_t *exact = malloc(size ? size : 1);
    if (!exact)
        return -1;
    memcpy(exact, whole, size);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

/* How many files were fed; -1 when one could not be read. */
static int replay_folder(const char *folder)
{
    char path[4096];
    int count = 0;
    DIR *d = opendir(folder);
    if (!d) {
        perror(folder);
        return -1;
    }
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        if (e->d_name[0] == '.')
            continue;
        int len = snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (len < 0 || (size_t)len >= sizeof path || replay_file(path) != 0) {
            count = -1;
            break;
        }
        count++;
    }
    closedir(d);
    return count;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        int count = replay_folder(argv[i]);
        if (count <= 0) {
            fprintf(stderr, "%s: no seed could be read\n", argv[i]);
            return 1;
        }
        printf("%s: %d seeds\n", argv[i], count);
    }
    return argc > 1 ? 0 : 1;
}
