#include "kafka/kafka_spread.h"

#include "tests/support/run.h"

enum { PARTITIONS = 12, NOW = 1000 };

/* A row shares a request; then it is another partition's turn. */
START_TEST(a_few_in_a_row)
{
	struct kafka_spread s = { 0 };
	int32_t first = kafka_spread_next(&s, NOW, PARTITIONS);

	for (int i = 1; i < KAFKA_SPREAD_RECORDS; i++)
		ck_assert_int_eq(kafka_spread_next(&s, NOW, PARTITIONS), first);
	ck_assert_int_ne(kafka_spread_next(&s, NOW, PARTITIONS), first);
}
END_TEST

/* What was sent before has left by then. */
START_TEST(no_row_lasts)
{
	struct kafka_spread s = { 0 };
	int32_t first = kafka_spread_next(&s, NOW, PARTITIONS);

	ck_assert_int_eq(
		kafka_spread_next(&s, NOW + KAFKA_SPREAD_MS - 1, PARTITIONS),
		first);
	ck_assert_int_ne(
		kafka_spread_next(&s, NOW + KAFKA_SPREAD_MS, PARTITIONS),
		first);
}
END_TEST

/* Each partition has its share, to within one row in a hundred, and so has each
   half: two workers have six neighbours each. */
START_TEST(shares_are_equal)
{
	int32_t partitions = _i;
	int rows[PARTITIONS] = { 0 };
	int low = 0, total = 100 * partitions;
	struct kafka_spread s = { 0 };

	for (int i = 0; i < total; i++) {
		int32_t p = kafka_spread_next(
			&s, NOW + (int64_t)i * KAFKA_SPREAD_MS, partitions);

		ck_assert_int_ge(p, 0);
		ck_assert_int_lt(p, partitions);
		rows[p]++;
		low += p < partitions / 2;
		if (i % 10 == 9 && partitions % 2 == 0)
			ck_assert_int_le(abs(2 * low - (i + 1)), 4);
	}
	for (int32_t p = 0; p < partitions; p++)
		ck_assert_int_le(abs(rows[p] - 100), 2);
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("spread");

	tcase_add_test(tc, a_few_in_a_row);
	tcase_add_test(tc, no_row_lasts);
	tcase_add_loop_test(tc, shares_are_equal, 1, PARTITIONS + 1);
	return run_case(tc);
}
