"""Fails on functions that have no safe use here, and on I/O, clocks and allocation in the rooms that have none.

  banned.py [TREE]
"""
import pathlib
import re
import sys

from csource import code_only, line_of

NEVER = """strcpy strcat sprintf vsprintf strtok atoi atol atoll atof gets strncpy strncat alloca stpcpy
    setjmp longjmp system popen tmpnam mktemp localtime gmtime ctime asctime""".split()

PURE_ROOMS = "base reply mail smtp queue policy auth dns".split()
NOT_IN_PURE_ROOMS = """malloc calloc realloc reallocarray free strdup strndup asprintf vasprintf posix_memalign
    aligned_alloc mmap munmap printf fprintf vprintf vfprintf dprintf puts fputs putchar fputc putc perror fopen
    fdopen fclose fread fwrite fgets getline fflush open openat creat close read write pread pwrite readv writev
    lseek unlink rename mkdir rmdir stat fstat lstat fsync fdatasync opendir readdir socket connect bind listen
    accept send recv sendto recvfrom sendmsg recvmsg poll select getaddrinfo gethostname time clock_gettime
    gettimeofday clock nanosleep usleep sleep getrandom random arc4random getenv setenv getpid exit _exit abort
    fork pthread_create pthread_mutex_lock pthread_mutex_unlock""".split()


def call(names):
    """A call or the address of one of the names; members (x.read, x->free) are somebody's own words."""
    return re.compile(r"(?<![\w.>])(" + "|".join(names) + r")\s*\(")


def findings(tree):
    checked = 0
    for folder in ("src", "tests", "fuzz"):
        for file in sorted((tree / folder).rglob("*.[ch]")):
            checked += 1
            code = code_only(file.read_text())
            where = file.relative_to(tree)
            for found in call(NEVER).finditer(code):
                yield f"{where}:{line_of(code, found.start())}: {found[1]} is banned"
            if folder == "src" and where.parts[1] in PURE_ROOMS:
                own = set(re.findall(r"^static [^;(]*?\b(\w+)\(", code, re.M))
                for found in call([word for word in NOT_IN_PURE_ROOMS if word not in own]).finditer(code):
                    yield (f"{where}:{line_of(code, found.start())}: {found[1]} in {where.parts[1]}/, "
                           "which does no I/O, reads no clock and allocates nothing itself")
    if checked == 0:
        yield "no C file was found: is this the right tree?"


if __name__ == "__main__":
    top = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    wrong = list(findings(top))
    print("\n".join(wrong) or "no banned function is called")
    sys.exit(1 if wrong else 0)
