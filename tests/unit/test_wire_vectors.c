/* The golden vectors of schemas/: the good decode and come back byte for byte,
   the bad are refused in the words beside them. */
#include "tests/wire/samples.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define GOOD SOURCE_DIR "/schemas/vectors/good/"
#define BAD  SOURCE_DIR "/schemas/vectors/bad/"

static struct arena *arena;

static void setup(void)
{
	arena = arena_new();
}

static void teardown(void)
{
	arena_free(&arena);
}

static struct span read_vector(const char *directory, const char *name,
                               const char *suffix)
{
	static uint8_t bytes[1 << 17];
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s%s%s", directory, name, suffix);
	FILE *file = fopen(path, "rb");

	ck_assert_msg(file != NULL, "%s: cannot be opened", path);
	size_t n = fread(bytes, 1, sizeof(bytes), file);

	ck_assert_msg(n < sizeof(bytes), "%s: too large", path);
	ck_assert_int_eq(fclose(file), 0);
	return arena_span(arena, span_of(bytes, n));
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);

	return n > k && strcmp(name + n - k, suffix) == 0;
}

static bool is_public(const struct record_type *type)
{
	return type == &request_type || type == &decision_type;
}

static void same(const char *name, struct span got, struct span want)
{
	ck_assert_msg(span_eq(got, want), "%s: other bytes", name);
}

static void recode_to(const char *name, struct span value, enum encoding from,
                      enum encoding to, struct span want)
{
	struct buf out = { 0 };
	const char *why =
		sample_recode(sample_type(name), value, from, to, arena, &out);

	ck_assert_msg(why == NULL, "%s: %s", name, why);
	same(name, buf_span(&out), want);
	buf_clear(&out);
}

/* Of one pair of files: to itself, to its twin, and back where JSON is read. */
static void check_pair(const char *name)
{
	struct span packed = read_vector(GOOD, name, ".msgpack");
	struct span json = read_vector(GOOD, name, ".json");

	recode_to(name, packed, ENCODING_MSGPACK, ENCODING_MSGPACK, packed);
	recode_to(name, packed, ENCODING_MSGPACK, ENCODING_JSON, json);
	if (!is_public(sample_type(name)))
		return;
	recode_to(name, json, ENCODING_JSON, ENCODING_JSON, json);
	recode_to(name, json, ENCODING_JSON, ENCODING_MSGPACK, packed);
}

START_TEST(good_ones_come_back)
{
	DIR *directory = opendir(GOOD);
	int seen = 0;

	ck_assert_ptr_nonnull(directory);
	for (struct dirent *e; (e = readdir(directory)) != NULL;) {
		if (!ends_with(e->d_name, ".msgpack"))
			continue;
		char *name = arena_str(arena, e->d_name);

		name[strlen(name) - strlen(".msgpack")] = '\0';
		check_pair(name);
		seen++;
	}
	ck_assert_int_eq(closedir(directory), 0);
	ck_assert_int_ge(seen, (int)samples_count);
}
END_TEST

/* What the encoder makes today is what was committed: no silent change. */
START_TEST(samples_are_the_good_ones)
{
	const struct sample *s = &samples[_i];
	struct buf out = { 0 };
	void *record = s->make(arena);

	if (s->type == &request_type)
		request_encode(record, ENCODING_MSGPACK, &out);
	else
		record_encode(s->type, record, ENCODING_MSGPACK, &out);
	same(s->name, buf_span(&out), read_vector(GOOD, s->name, ".msgpack"));
	buf_clear(&out);
}
END_TEST

static void check_refused(const char *file)
{
	enum encoding e =
		ends_with(file, ".json") ? ENCODING_JSON : ENCODING_MSGPACK;
	struct span value = read_vector(BAD, file, "");
	struct span want = read_vector(BAD, file, ".why");
	struct buf out = { 0 };
	const char *why =
		sample_recode(sample_type(file), value, e, e, arena, &out);

	ck_assert_msg(why != NULL, "%s: accepted", file);
	ck_assert_msg(want.len > 0 &&
	                      span_is(span_sub(want, 0, want.len - 1), why),
	              "%s: refused as \"%s\"", file, why);
	buf_clear(&out);
}

START_TEST(bad_ones_are_refused)
{
	DIR *directory = opendir(BAD);
	int seen = 0;

	ck_assert_ptr_nonnull(directory);
	for (struct dirent *e; (e = readdir(directory)) != NULL;) {
		if (!ends_with(e->d_name, ".msgpack") &&
		    !ends_with(e->d_name, ".json"))
			continue;
		check_refused(e->d_name);
		seen++;
	}
	ck_assert_int_eq(closedir(directory), 0);
	ck_assert_int_ge(seen, 80);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wire_vectors");
	TCase *tc = tcase_create("vectors");
	SRunner *runner = srunner_create(suite);

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, good_ones_come_back);
	tcase_add_loop_test(tc, samples_are_the_good_ones, 0,
	                    (int)samples_count);
	tcase_add_test(tc, bad_ones_are_refused);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);

	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
