/* Who goes on and who waits when targets hang (promise 7). */
#include "perspective-worker/turnstile.h"
#include "tests/support/run.h"

#include <stdio.h>

enum {
	PLACE_MAX = 3,
	ZONE_MAX = 5,
	ADDRESS_MAX = 8,
	WAITING_MAX = 4,
	WAITING_MOST = 12,
	MANY = 64,
	LATER_MS = 1000000
};

static const struct turnstile_limits limits = {
	.place_max = PLACE_MAX,
	.zone_max = ZONE_MAX,
	.address_max = ADDRESS_MAX,
	.waiting_max = WAITING_MAX,
	.waiting_most = WAITING_MOST,
};

static struct turnstile *t;
static struct turnstile_pass passes[MANY];
static size_t used;
static char names[MANY][32];

static void setup(void)
{
	memset(passes, 0, sizeof(passes));
	used = 0;
	t = turnstile_new(&limits);
}

static void teardown(void)
{
	struct turnstile_figures f;

	for (size_t i = 0; i < used; i++)
		turnstile_end(t, &passes[i]);
	for (size_t i = 0; i < used; i++) {
		struct turnstile_pass *next = turnstile_next(t);

		if (next != NULL)
			turnstile_end(t, next);
	}
	f = turnstile_figures(t);
	ck_assert_uint_eq(f.hanging, 0);
	ck_assert_uint_eq(f.waiting, 0);
	ck_assert_uint_eq(f.zones, 0);
	ck_assert_uint_eq(f.addresses, 0);
	turnstile_free(&t);
	ck_assert_ptr_null(t);
}

static struct addr at(const char *text)
{
	struct addr a;

	ck_assert(addr_parse(span_str(text), &a));
	return a;
}

static struct turnstile_pass *a_check(const char *zone)
{
	struct turnstile_pass *p = &passes[used++];

	ck_assert_uint_lt(used, MANY);
	p->zone = span_str(zone);
	p->deadline_ms = LATER_MS;
	return p;
}

/* A check of the zone begins, and hangs there. */
static enum turnstile_word hang(const char *zone, const char *address)
{
	struct turnstile_pass *p = a_check(zone);
	struct addr a;

	ck_assert_int_eq(turnstile_begin(t, p), TURNSTILE_GO_ON);
	if (address == NULL)
		return turnstile_hangs(t, p, NULL);
	a = at(address);
	return turnstile_hangs(t, p, &a);
}

static void hang_many(size_t n, const char *zone, const char *address)
{
	while (n-- > 0)
		ck_assert_int_eq(hang(zone, address), TURNSTILE_GO_ON);
}

static size_t hanging(void)
{
	return turnstile_figures(t).hanging;
}

static size_t waiting(void)
{
	return turnstile_figures(t).waiting;
}

START_TEST(what_does_not_hang_is_not_counted)
{
	for (size_t i = 0; i < (size_t)2 * (WAITING_MOST + ADDRESS_MAX); i++)
		ck_assert_int_eq(turnstile_begin(t, a_check("a.example")),
		                 TURNSTILE_GO_ON);
	ck_assert_uint_eq(turnstile_figures(t).zones, 0);
}
END_TEST

START_TEST(over_the_ceiling_waits_and_past_the_list_is_refused)
{
	hang_many(PLACE_MAX, "a.example", "192.0.2.1");
	for (size_t i = 0; i < WAITING_MAX; i++)
		ck_assert_int_eq(hang("A.EXAMPLE", "192.0.2.1"),
		                 TURNSTILE_WAIT);
	ck_assert_int_eq(hang("a.example", "192.0.2.1"), TURNSTILE_REFUSE);
	ck_assert_int_eq(passes[used - 1].state, TURNSTILE_THROUGH);
	ck_assert_uint_eq(hanging(), PLACE_MAX);
	ck_assert_uint_eq(waiting(), WAITING_MAX);
	ck_assert_uint_eq(turnstile_waiting_of(t, SPAN("a.example")),
	                  WAITING_MAX);
}
END_TEST

/* A CDN's address: one bad tenant there is that tenant's business. */
START_TEST(neighbours_at_an_address_go_on)
{
	hang_many(PLACE_MAX, "bad.example", "192.0.2.1");
	ck_assert_int_eq(hang("bad.example", "192.0.2.1"), TURNSTILE_WAIT);
	hang_many(PLACE_MAX, "slow.example", "192.0.2.1");
	/* and the bad one elsewhere */
	hang_many(1, "bad.example", "192.0.2.2");
	ck_assert_ptr_null(turnstile_next(t));
}
END_TEST

/* Many addresses make no way round: the zone has a ceiling too. */
START_TEST(zone_over_all_its_addresses)
{
	hang_many(2, "a.example", "192.0.2.1");
	hang_many(2, "a.example", "192.0.2.2");
	hang_many(1, "a.example", NULL);
	ck_assert_int_eq(turnstile_begin(t, a_check("a.example")),
	                 TURNSTILE_WAIT);
	ck_assert_int_eq(turnstile_begin(t, a_check("b.example")),
	                 TURNSTILE_GO_ON);
}
END_TEST

START_TEST(addresses_of_one_64_are_one)
{
	struct prefix full[TURNSTILE_FULL_MAX];
	struct addr inside = at("2001:db8:0:1::9");

	hang_many(1, "a.example", "2001:db8:0:1::1");
	hang_many(1, "a.example", "2001:db8:0:1:ffff::1");
	hang_many(1, "a.example", "2001:db8:0:1::2");
	ck_assert_int_eq(hang("a.example", "2001:db8:0:1::3"), TURNSTILE_WAIT);
	hang_many(1, "a.example", "2001:db8:0:2::1");
	ck_assert_uint_eq(turnstile_full(t, SPAN("a.example"), full), 1);
	ck_assert_uint_eq(full[0].bits, 64);
	ck_assert(prefix_contains(&full[0], &inside));
	ck_assert_uint_eq(turnstile_full(t, SPAN("b.example"), full), 0);
}
END_TEST

/* Name servers that don't answer: nothing more is even begun. */
START_TEST(name_servers_are_a_place)
{
	struct prefix full[TURNSTILE_FULL_MAX];

	hang_many(PLACE_MAX, "a.example", NULL);
	ck_assert_uint_eq(turnstile_full(t, SPAN("a.example"), full), 0);
	for (size_t i = 0; i < WAITING_MAX; i++)
		ck_assert_int_eq(turnstile_begin(t, a_check("a.example")),
		                 TURNSTILE_WAIT);
	ck_assert_int_eq(turnstile_begin(t, a_check("a.example")),
	                 TURNSTILE_REFUSE);
}
END_TEST

START_TEST(first_come_first_served)
{
	struct turnstile_pass *first, *second;
	struct prefix full[TURNSTILE_FULL_MAX];

	hang_many(PLACE_MAX, "a.example", "192.0.2.1");
	ck_assert_int_eq(hang("a.example", "192.0.2.1"), TURNSTILE_WAIT);
	first = &passes[used - 1];
	ck_assert_int_eq(hang("a.example", "192.0.2.1"), TURNSTILE_WAIT);
	second = &passes[used - 1];
	ck_assert_ptr_null(turnstile_next(t));

	turnstile_end(t, &passes[0]);
	ck_assert_ptr_eq(turnstile_next(t), first);
	ck_assert_ptr_null(turnstile_next(t));
	/* it counts already, so that nobody overtakes the second */
	ck_assert_uint_eq(hanging(), PLACE_MAX);
	ck_assert_uint_eq(turnstile_full(t, SPAN("a.example"), full), 1);
	ck_assert_int_eq(turnstile_hangs(t, first, NULL), TURNSTILE_GO_ON);

	turnstile_end(t, first);
	turnstile_end(t, &passes[1]);
	ck_assert_ptr_eq(turnstile_next(t), second);
	ck_assert_ptr_null(turnstile_next(t));
	ck_assert_uint_eq(hanging(), 2);
}
END_TEST

/* Who waits for one place does not hold up who waits for another. */
START_TEST(places_of_a_zone_are_apart)
{
	hang_many(PLACE_MAX, "a.example", "192.0.2.1");
	ck_assert_int_eq(hang("a.example", "192.0.2.1"), TURNSTILE_WAIT);
	hang_many(ZONE_MAX - PLACE_MAX, "a.example", "192.0.2.2");
	ck_assert_int_eq(turnstile_begin(t, a_check("a.example")),
	                 TURNSTILE_WAIT);
	turnstile_end(t, &passes[PLACE_MAX + 1]); /* at the second address */
	ck_assert_ptr_eq(turnstile_next(t), &passes[used - 1]);
	ck_assert_ptr_null(turnstile_next(t));
}
END_TEST

static const char *numbered(size_t n)
{
	(void)snprintf(names[n], sizeof(names[n]), "z%zu.example", n);
	return names[n];
}

/* Over the address's ceiling everybody queues and nobody is refused; what finds
   no room in the list hangs on, counted. */
START_TEST(address_queues_and_never_refuses)
{
	size_t n = 0;

	while (n < ADDRESS_MAX)
		hang_many(1, numbered(n++), "192.0.2.1");
	while (n < ADDRESS_MAX + WAITING_MOST)
		ck_assert_int_eq(hang(numbered(n++), "192.0.2.1"),
		                 TURNSTILE_WAIT);
	hang_many(1, numbered(n), "192.0.2.1");
	ck_assert_uint_eq(hanging(), ADDRESS_MAX + 1);

	turnstile_end(t, &passes[0]); /* still as many as may */
	ck_assert_ptr_null(turnstile_next(t));
	turnstile_end(t, &passes[1]);
	ck_assert_ptr_eq(turnstile_next(t), &passes[ADDRESS_MAX]);
	ck_assert_ptr_null(turnstile_next(t));
}
END_TEST

/* Those that wait for an address's sake leave their zone its list. */
START_TEST(waiting_for_the_address_is_not_the_zones_doing)
{
	for (size_t n = 0; n < ADDRESS_MAX; n++)
		hang_many(1, numbered(n), "192.0.2.1");
	for (size_t i = 0; i < WAITING_MAX; i++)
		ck_assert_int_eq(hang("a.example", "192.0.2.1"),
		                 TURNSTILE_WAIT);
	hang_many(PLACE_MAX, "a.example", "192.0.2.2");
	ck_assert_int_eq(hang("a.example", "192.0.2.2"), TURNSTILE_WAIT);
}
END_TEST

/* ... but not all others theirs: past as many as may wait for its own sake
   they go on, counted, until it is over its own ceiling there. */
START_TEST(one_zone_does_not_fill_the_lists_of_all)
{
	for (size_t n = 0; n < ADDRESS_MAX; n++)
		hang_many(1, numbered(n), "192.0.2.1");
	for (size_t i = 0; i < WAITING_MAX; i++)
		ck_assert_int_eq(hang("a.example", "192.0.2.1"),
		                 TURNSTILE_WAIT);
	turnstile_end(t, &passes[used - 1]); /* who leaves leaves room */
	ck_assert_int_eq(hang("a.example", "192.0.2.1"), TURNSTILE_WAIT);
	hang_many(PLACE_MAX, "a.example", "192.0.2.1");
	for (size_t i = 0; i < WAITING_MAX; i++)
		ck_assert_int_eq(hang("a.example", "192.0.2.1"),
		                 TURNSTILE_WAIT);
	ck_assert_int_eq(hang("a.example", "192.0.2.1"), TURNSTILE_REFUSE);
	ck_assert_uint_eq(waiting(), (size_t)2 * WAITING_MAX);
	/* the neighbour still has a place to wait */
	hang_many(PLACE_MAX, "b.example", NULL);
	ck_assert_int_eq(turnstile_begin(t, a_check("b.example")),
	                 TURNSTILE_WAIT);
}
END_TEST

START_TEST(the_lists_of_all_zones_are_bounded)
{
	for (size_t n = 0; n < WAITING_MOST / WAITING_MAX; n++) {
		hang_many(PLACE_MAX, numbered(n), NULL);
		for (size_t i = 0; i < WAITING_MAX; i++)
			ck_assert_int_eq(
				turnstile_begin(t, a_check(numbered(n))),
				TURNSTILE_WAIT);
	}
	hang_many(PLACE_MAX, "a.example", NULL);
	ck_assert_int_eq(turnstile_begin(t, a_check("a.example")),
	                 TURNSTILE_REFUSE);
	ck_assert_uint_eq(waiting(), WAITING_MOST);
}
END_TEST

START_TEST(waiting_ends_with_its_time)
{
	struct turnstile_pass *over;

	hang_many(PLACE_MAX, "a.example", NULL);
	for (int i = 0; i < WAITING_MAX; i++) {
		struct turnstile_pass *p = a_check("a.example");

		p->deadline_ms = i % 2 == 0 ? 100 : 200;
		ck_assert_int_eq(turnstile_begin(t, p), TURNSTILE_WAIT);
	}
	ck_assert_ptr_null(turnstile_expire(t, 99));
	over = turnstile_expire(t, 100);
	ck_assert_ptr_eq(over, &passes[PLACE_MAX]);
	ck_assert_ptr_eq(over->next, &passes[PLACE_MAX + 2]);
	ck_assert_ptr_null(over->next->next);
	ck_assert_int_eq(over->state, TURNSTILE_THROUGH);
	ck_assert_ptr_null(turnstile_expire(t, 199));
	ck_assert_uint_eq(waiting(), 2);
	turnstile_end(t, over); /* as it is, and nothing more */
	turnstile_end(t, &passes[0]);
	ck_assert_ptr_eq(turnstile_next(t), &passes[PLACE_MAX + 1]);
	over = turnstile_expire(t, 200);
	ck_assert_ptr_eq(over, &passes[PLACE_MAX + 3]);
	ck_assert_ptr_null(over->next);
	ck_assert_ptr_null(turnstile_next(t));
	ck_assert_uint_eq(waiting(), 0);
}
END_TEST

/* Who is over while it waits leaves no gap and frees nobody's place. */
START_TEST(ended_while_it_waits)
{
	hang_many(PLACE_MAX, "a.example", NULL);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(turnstile_begin(t, a_check("a.example")),
		                 TURNSTILE_WAIT);
	turnstile_end(t, &passes[PLACE_MAX]);
	ck_assert_ptr_null(turnstile_next(t));
	turnstile_end(t, &passes[0]);
	turnstile_end(t, &passes[1]);
	ck_assert_ptr_eq(turnstile_next(t), &passes[PLACE_MAX + 1]);
	ck_assert_ptr_eq(turnstile_next(t), &passes[PLACE_MAX + 2]);
	ck_assert_ptr_null(turnstile_next(t));
}
END_TEST

/* Whatever happens in whatever order: no ceiling is passed, nobody is lost. */
START_TEST(no_order_breaks_the_ceilings)
{
	static const char *const zones[] = { "a.example", "b.example",
		                             "c.example" };
	static const char *const places[] = { "192.0.2.1", "192.0.2.2", NULL };
	uint32_t seed = 12345 + (uint32_t)_i;

	used = MANY;
	for (int step = 0; step < 4000; step++) {
		seed = seed * 1103515245 + 12345;
		struct turnstile_pass *p = &passes[(seed >> 16) % MANY];
		const char *place = places[(seed >> 8) % COUNT(places)];
		struct turnstile_pass *next;
		struct addr a = place != NULL ? at(place) : (struct addr){ 0 };

		if (p->state != TURNSTILE_THROUGH) {
			turnstile_end(t, p);
		} else {
			*p = (struct turnstile_pass){
				.zone = span_str(zones[(seed >> 24) % 3]),
				.deadline_ms = LATER_MS,
			};
			if (turnstile_begin(t, p) == TURNSTILE_GO_ON)
				(void)!turnstile_hangs(
					t, p, place != NULL ? &a : NULL);
		}
		while ((next = turnstile_next(t)) != NULL)
			ck_assert_int_eq(next->state, TURNSTILE_HANGING);

		size_t hang_count = 0, wait_count = 0;

		for (int i = 0; i < MANY; i++) {
			hang_count += passes[i].state == TURNSTILE_HANGING;
			wait_count += passes[i].state == TURNSTILE_WAITING;
		}
		ck_assert_uint_eq(hanging(), hang_count);
		ck_assert_uint_eq(waiting(), wait_count);
		ck_assert_uint_le(hanging(), (size_t)3 * ZONE_MAX);
		ck_assert_uint_le(waiting(), WAITING_MOST);
	}
}
END_TEST

int main(void)
{
	TCase *tc = tcase_create("turnstile");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_does_not_hang_is_not_counted);
	tcase_add_test(tc, over_the_ceiling_waits_and_past_the_list_is_refused);
	tcase_add_test(tc, neighbours_at_an_address_go_on);
	tcase_add_test(tc, zone_over_all_its_addresses);
	tcase_add_test(tc, addresses_of_one_64_are_one);
	tcase_add_test(tc, name_servers_are_a_place);
	tcase_add_test(tc, first_come_first_served);
	tcase_add_test(tc, places_of_a_zone_are_apart);
	tcase_add_test(tc, address_queues_and_never_refuses);
	tcase_add_test(tc, waiting_for_the_address_is_not_the_zones_doing);
	tcase_add_test(tc, one_zone_does_not_fill_the_lists_of_all);
	tcase_add_test(tc, the_lists_of_all_zones_are_bounded);
	tcase_add_test(tc, waiting_ends_with_its_time);
	tcase_add_test(tc, ended_while_it_waits);
	tcase_add_loop_test(tc, no_order_breaks_the_ceilings, 0, 5);
	return run_case(tc);
}
