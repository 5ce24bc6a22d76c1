/* Answers what glibc makes of patterns: the expected side of TestERE.
 *
 * A line of input is "FLAGS HEXPATTERN- HEXTEXT-", FLAGS of the letters i (REG_ICASE), n (REG_NEWLINE),
 * u (the locale C.UTF-8) and -. A line of output is "T" for a pattern that takes glibc more than a
 * second or 256 MiB, "E" for one that regcomp refuses, else re_nsub and, where it matches, ten spans. */
#include <locale.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void unhex(const char *in, char *out)
{
	unsigned int c;
	for (; sscanf(in, "%2x", &c) == 1; in += 2)
		*out++ = (char)c;
	*out = 0;
}

static void answer(const char *pattern, const char *text, int mode)
{
	regex_t re;
	regmatch_t m[10];
	int i, rc;
	struct rlimit memory = {256 << 20, 256 << 20};

	setrlimit(RLIMIT_AS, &memory);
	alarm(1);
	rc = regcomp(&re, pattern, mode);
	if (rc == REG_ESPACE)
		_exit(1);
	if (rc) {
		puts("E");
		return;
	}
	rc = regexec(&re, text, 10, m, 0);
	if (rc == REG_ESPACE)
		_exit(1);
	printf("%zu", re.re_nsub);
	if (rc == 0)
		for (i = 0; i < 10; i++)
			printf(" %d,%d", m[i].rm_so, m[i].rm_eo);
	puts("");
}

int main(void)
{
	static char flags[16], hex1[4096], hex2[4096], pattern[2048], text[2048];
	while (scanf("%15s %4095s %4095s", flags, hex1, hex2) == 3) {
		int status, mode = REG_EXTENDED;
		pid_t child;

		if (strchr(flags, 'i'))
			mode |= REG_ICASE;
		if (strchr(flags, 'n'))
			mode |= REG_NEWLINE;
		if (!setlocale(LC_ALL, strchr(flags, 'u') ? "C.UTF-8" : "C"))
			return 1;
		unhex(hex1, pattern);
		unhex(hex2, text);
		fflush(stdout);
		child = fork();
		if (child == 0) {
			answer(pattern, text, mode);
			fflush(stdout);
			_exit(0);
		}
		if (child < 0 || waitpid(child, &status, 0) < 0)
			return 1;
		if (status != 0)
			puts("T");
	}
	return 0;
}
