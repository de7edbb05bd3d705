#include "base/siphash.h"

#define HASH_FUNCTION(key, len, hashv) SIPHASH_UTHASH(key, len, hashv)
#include "base/mem.h"
#include "tests/support/run.h"

#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uthash.h>

/* Of the authors' reference vectors: key 00..0f, input 00..n-1; the output as
   a number (they print it byte by byte, the lowest first). */
static const struct {
	size_t len;
	uint64_t want;
} vectors[] = {
	{ 0, 0x726fdb47dd0e0e31 },  { 1, 0x74f839c593dc67fd },
	{ 2, 0x0d6c8009d9a94f5a },  { 3, 0x85676696d7fb7e2d },
	{ 7, 0xab0200f58b01d137 },  { 8, 0x93f5f5799a932462 },
	{ 9, 0x9e0082df0ba9e4b0 },  { 15, 0xa129ca6149be45e5 },
	{ 16, 0x3f2acc7f57c29bdb }, { 63, 0x958a324ceb064572 },
};

START_TEST(equals_the_reference)
{
	uint8_t key[SIPHASH_KEY_LEN], in[64];

	for (uint8_t i = 0; i < 64; i++)
		in[i] = i;
	memcpy(key, in, sizeof(key));
	uint64_t got = siphash24(key, span_of(in, vectors[_i].len));

	ck_assert_msg(got == vectors[_i].want, "length %zu: got %016lx",
	              vectors[_i].len, (unsigned long)got);
}
END_TEST

START_TEST(is_stable_within_a_process)
{
	ck_assert_uint_eq(siphash_process(SPAN("a")),
	                  siphash_process(SPAN("a")));
	ck_assert_uint_ne(siphash_process(SPAN("a")),
	                  siphash_process(SPAN("b")));
}
END_TEST

static uint64_t hash_in_a_child(void)
{
	int ends[2];
	uint64_t got = 0;

	ck_assert_int_eq(pipe(ends), 0);
	pid_t child = fork();

	if (child == 0) {
		got = siphash_process(SPAN("the same"));
		_exit(write(ends[1], &got, sizeof(got)) == sizeof(got) ? 0 : 1);
	}
	ck_assert_int_eq(read(ends[0], &got, sizeof(got)), sizeof(got));
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
	(void)close(ends[0]);
	(void)close(ends[1]);
	return got;
}

/* Runs before anything else here has drawn the key. */
START_TEST(another_process_has_another_key)
{
	ck_assert_uint_ne(hash_in_a_child(), hash_in_a_child());
}
END_TEST

struct entry {
	char name[16];
	UT_hash_handle hh;
};

START_TEST(serves_uthash)
{
	struct entry *table = NULL, *found, *next;
	unsigned direct;

	for (int i = 0; i < 1000; i++) {
		struct entry *e = xzalloc(sizeof(*e));

		(void)snprintf(e->name, sizeof(e->name), "name-%d", i);
		HASH_ADD_STR(table, name, e);
	}
	HASH_FIND_STR(table, "name-777", found);
	ck_assert_ptr_nonnull(found);
	SIPHASH_UTHASH("name-777", 8, direct);
	ck_assert_uint_eq(found->hh.hashv, direct);
	HASH_FIND_STR(table, "name-1000", found);
	ck_assert_ptr_null(found);
	HASH_ITER(hh, table, found, next)
	{
		HASH_DEL(table, found);
		free(found);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("siphash");

	tcase_add_test(tc, another_process_has_another_key);
	tcase_add_loop_test(tc, equals_the_reference, 0, COUNT(vectors));
	tcase_add_test(tc, is_stable_within_a_process);
	tcase_add_test(tc, serves_uthash);
	return run_case(tc);
}
