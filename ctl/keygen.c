#include "ctl/command.h"

#include "base/id.h"
#include "trust/key_file.h"
#include "trust/keyring.h"
#include "trust/signing_key.h"
#include "wire/topics.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sysexits.h>

enum { OPT_DIR = 256, OPT_ROLE, OPT_PERSPECTIVE, OPT_PLAN_KEY };
enum { PLAN_KEY_BYTES = 32 };

struct keygen_line {
	const char *name; /* NULL: no signing key wanted */
	const char *dir;
	enum key_role role;
	const char *perspective;
	const char *plan_key; /* NULL: none wanted */
};

static const struct argp_option options[] = {
	{ .name = "dir",
	  .key = OPT_DIR,
	  .arg = "DIR",
	  .doc = "Where to put NAME.key and NAME.pub (.)" },
	{ .name = "role",
	  .key = OPT_ROLE,
	  .arg = "ROLE",
	  .doc = "What the key may sign as: coordinator, worker, auditor, "
	         "pipeline or gateway (worker, with --perspective)" },
	{ .name = "perspective",
	  .key = OPT_PERSPECTIVE,
	  .arg = "CODE",
	  .doc = "A worker's perspective: the only one it may speak for" },
	{ .name = "plan-key",
	  .key = OPT_PLAN_KEY,
	  .arg = "FILE",
	  .doc = "Write random bytes for the coordinators' plan_key to FILE, "
	         "the same file for all of them" },
	{ 0 },
};

static const char doc[] =
	"Makes an Ed25519 signing key: DIR/NAME.key, mode 0600, which stays "
	"on the machine that signs with it, and DIR/NAME.pub. Prints the "
	"section that pins the public key, to be pasted into the settings "
	"file of each program that must trust it."
	"\v"
	"What exists already is never touched.\n"
	"\n"
	"Examples:\n"
	"  mpicctl keygen coordinator-1 --role coordinator --dir "
	"/etc/mpic/keys\n"
	"  mpicctl keygen ams-1 --perspective ams --dir /etc/mpic/keys\n"
	"  mpicctl keygen --plan-key /etc/mpic/keys/plan.key\n";

/* A file's name and a settings title at once. */
static bool is_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strlen(name);

	return len > 0 && len <= KEY_NAME_MAX && name[0] != '.' &&
	       name[0] != '-' && strspn(name, letters) == len;
}

static bool is_code(const char *code)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = strlen(code);

	return len > 0 && len <= TOPIC_CODE_MAX && strspn(code, letters) == len;
}

/* Between the options, once all are there. */
static void check_line(struct argp_state *state, struct keygen_line *line)
{
	if (line->name == NULL && line->plan_key == NULL)
		argp_error(state, "name the key, or use --plan-key");
	if (line->name == NULL)
		return;
	if (line->role == KEY_ROLE_NONE && line->perspective != NULL)
		line->role = KEY_ROLE_WORKER;
	if (line->role == KEY_ROLE_NONE)
		argp_error(state, "--role is missing: coordinator, worker, "
		                  "auditor, pipeline or gateway");
	if ((line->role == KEY_ROLE_WORKER) != (line->perspective != NULL))
		argp_error(state, "--perspective goes with a worker's key, "
		                  "and only with it");
}

static error_t on_option(int key, char *arg, struct argp_state *state)
{
	struct keygen_line *line = state->input;

	switch (key) {
	case OPT_DIR: line->dir = arg; return 0;
	case OPT_ROLE:
		if (!key_role_parse(span_str(arg), &line->role))
			argp_error(state,
			           "--role: '%s' is none of coordinator, "
			           "worker, auditor, pipeline, gateway",
			           arg);
		return 0;
	case OPT_PERSPECTIVE:
		if (!is_code(arg))
			argp_error(state,
			           "--perspective: '%s' is not a code: 1 to %d "
			           "of a-z 0-9 -",
			           arg, TOPIC_CODE_MAX);
		line->perspective = arg;
		return 0;
	case OPT_PLAN_KEY: line->plan_key = arg; return 0;
	case ARGP_KEY_ARG:
		if (line->name != NULL)
			argp_error(state, "one key at a time: '%s'", arg);
		if (!is_name(arg))
			argp_error(state,
			           "'%s' is not a name: 1 to %d letters, "
			           "digits and . _ -",
			           arg, KEY_NAME_MAX);
		line->name = arg;
		return 0;
	case ARGP_KEY_END: check_line(state, line); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

static void print_section(const struct keygen_line *line,
                          const struct signing_key *key)
{
	struct buf public = { 0 };

	signing_key_public_base64(key, &public);
	(void)printf("key \"%s\" {\n\trole = %s\n", line->name,
	             key_role_name(line->role));
	if (line->perspective != NULL)
		(void)printf("\tperspective = \"%s\"\n", line->perspective);
	(void)printf("\tpublic_key = \"%s\"\n}\n", buf_cstr(&public));
	buf_clear(&public);
}

static int make_signing_key(const struct keygen_line *line, struct err *why)
{
	struct signing_key *key = signing_key_generate();
	struct buf private = { 0 };
	struct buf public = { 0 };
	int rc;

	buf_printf(&private, "%s/%s.key", line->dir, line->name);
	buf_printf(&public, "%s/%s.pub", line->dir, line->name);
	rc = signing_key_write(key, buf_cstr(&private), buf_cstr(&public), why);
	if (rc == 0) {
		print_section(line, key);
		(void)fprintf(stderr,
		              "mpicctl keygen: wrote %s (keep it where it is) "
		              "and %s\n",
		              buf_cstr(&private), buf_cstr(&public));
	}
	buf_clear(&private);
	buf_clear(&public);
	signing_key_free(&key);
	return rc;
}

static int make_plan_key(const char *path, struct err *why)
{
	uint8_t bytes[PLAN_KEY_BYTES];
	int rc;

	random_bytes(bytes, sizeof(bytes));
	rc = key_file_create(path, 0600, span_of(bytes, sizeof(bytes)), why);
	secret_wipe(bytes, sizeof(bytes));
	if (rc == 0)
		(void)fprintf(stderr,
		              "mpicctl keygen: wrote %s; give the same file to "
		              "all coordinators\n",
		              path);
	return rc;
}

static int make(const struct keygen_line *line, struct err *why)
{
	if (line->plan_key != NULL && make_plan_key(line->plan_key, why) != 0)
		return -1;
	return line->name != NULL ? make_signing_key(line, why) : 0;
}

int keygen_run(int argc, char **argv)
{
	const struct argp argp = { options, on_option, "[NAME]", doc,
		                   NULL,    NULL,      NULL };
	struct keygen_line line = { .dir = "." };
	struct err why;

	if (!ctl_parse(&argp, argc, argv, &line))
		return EX_USAGE;
	(void)prctl(PR_SET_DUMPABLE, 0);
	int rc = make(&line, &why);

	/* wiped; and who looks for leaks has to look into the process */
	(void)prctl(PR_SET_DUMPABLE, 1);
	if (rc != 0)
		return ctl_fail(argv[0], EX_CANTCREAT, why.text);
	return ctl_flushed(argv[0], EX_OK);
}
